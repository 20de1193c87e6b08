import {Pair, Scalar, YAMLMap, isMap, isScalar, isSeq} from 'yaml'
import {formatRepository} from '../../oci/reference.js'
import {valuesPlace} from './helm-values.js'
import type {ChangeOptions, ImagePlace} from './image-change.js'
import {isNamedBy} from './image-fields.js'
import {formatImage, splitImage, wantedValue} from './image-value.js'
import type {KeyStep} from './manifest-entry.js'
import {isOf, scalarChange} from './place-writing.js'
import {imagesOf} from './target-choice.js'
import {type YamlFile, pairIn, unfit, writtenText} from './yaml-text.js'

/** A map of a document, and the way to it. */
interface Found {
  readonly document: number
  readonly path: readonly KeyStep[]
  readonly map: YAMLMap
}

/**
 * Finds what the sources of Argo CD's Applications and ApplicationSets put over their manifests: the texts of
 * `kustomize.images`, each `[OLD=]NAME[:TAG][@DIGEST]`; with a key the `helm.parameters` of that name and what is there
 * in `helm.valuesObject` (argo-cd.readthedocs.io, "Kustomize" and "Helm").
 */
export function argocdPlaces(yaml: YamlFile, wish: ChangeOptions): ImagePlace[] {
  const {key} = wish.entry
  if (key.length === 0) return mapsAt(yaml, 'kustomize').flatMap(source => overridePlaces(yaml, source, wish))
  const sources = mapsAt(yaml, 'helm')
  const places = sources.flatMap(source => [
    ...parameterPlaces(yaml, source, wish),
    ...objectPlaces(yaml, source, wish)
  ])
  if (places.length > 0) return places
  const way = key.map(String).join('.')
  const hasText = sources.some(({map}) => pairIn(map, 'values') !== undefined)
  throw unfit(yaml.file, `no source has ${way} in helm.parameters or helm.valuesObject`, {
    ...(hasText ? {hint: 'helm.values is a block of text; write it as helm.valuesObject.'} : {})
  })
}

/** Every map that stands behind a key of this name. */
function mapsAt({documents}: YamlFile, name: string): Found[] {
  const mapsIn = (node: unknown, document: number, path: readonly KeyStep[]): Found[] => {
    if (isSeq(node)) return node.items.flatMap((item, row) => mapsIn(item, document, [...path, row]))
    if (!isMap(node)) return []
    return node.items.flatMap(({key, value}) => {
      const step = isScalar(key) ? String(key.value) : ''
      const here = step === name && isMap(value) ? [{document, path: [...path, step], map: value}] : []
      return [...here, ...mapsIn(value, document, [...path, step])]
    })
  }
  return documents.flatMap(({contents}, document) => mapsIn(contents, document, []))
}

function overridePlaces(
  yaml: YamlFile,
  {document, path, map}: Found,
  {entry, images}: ChangeOptions
): ImagePlace[] {
  const list = pairIn(map, 'images')?.value
  if (!isSeq(list)) return []
  return list.items.flatMap((node, row) => {
    const text = writtenText(node)?.trim() ?? ''
    const [, old = '', rest = text] = /^([^=]*=)(.*)$/s.exec(text) ?? []
    const standing = splitImage(rest)
    const names = [standing.name, old.slice(0, -1)]
    const isNamed = entry.name !== undefined && names.some(one => isNamedBy(one, entry.name ?? ''))
    if (!isNamed && imagesOf(standing.name, images).length === 0) return []
    const place: ImagePlace = {
      place: `kustomize.images ${old.slice(0, -1) || standing.name}`,
      ...{standing, isNamed},
      write: wanted => {
        const {image} = wanted
        const isThere = isOf(standing.name, image)
        const name = isThere ? standing.name : formatRepository(image.repository)
        const to = wantedValue(standing, {...wanted, name}, {tag: 'free', fillsDigest: false})
        // Without the old name a new one would be looked for in the manifests, and not found.
        const before = isThere || old !== '' ? old : `${standing.name}=`
        const at = {document, path: [...path, 'images', row]}
        return {to, changes: scalarChange(yaml, node, at, before + formatImage(to))}
      }
    }
    return [place]
  })
}

/** Parameters whose names begin alike are one image: image.repository, image.tag. */
function parameterPlaces(yaml: YamlFile, {document, path, map}: Found, wish: ChangeOptions): ImagePlace[] {
  const list = pairIn(map, 'parameters')?.value
  if (!isSeq(list)) return []
  const way = wish.entry.key.map(String).join('.')
  const rows = new Map<string, number>()
  list.items.forEach((item, row) => {
    if (isMap(item)) rows.set(writtenText(pairIn(item, 'name')?.value) ?? '', row)
  })
  const isLeaf = rows.has(way)
  const start = isLeaf ? way.slice(0, way.lastIndexOf('.') + 1) : `${way}.`
  const group = new YAMLMap()
  const found = new Map<string, number>()
  for (const [name, row] of rows) {
    const key = name.slice(start.length)
    const item = list.items[row]
    if (!name.startsWith(start) || key.includes('.') || !isMap(item)) continue
    found.set(key, row)
    group.items.push(new Pair(new Scalar(key), pairIn(item, 'value')?.value))
  }
  if (found.size === 0) return []
  const at = {
    ...{document, map: group, path: [...path, 'parameters']},
    leaf: isLeaf ? way.slice(start.length) : undefined,
    pathOf: (key: string) => [...path, 'parameters', found.get(key) ?? 0, 'value']
  }
  return [{...valuesPlace(yaml, at, wish), place: `helm.parameters ${way}`}]
}

function objectPlaces(yaml: YamlFile, {document, path, map}: Found, wish: ChangeOptions): ImagePlace[] {
  const {key} = wish.entry
  let node: unknown = pairIn(map, 'valuesObject')?.value
  for (const step of key.slice(0, -1)) node = stepInto(node, step)
  const last = stepInto(node, key.at(-1) ?? '')
  const before = [...path, 'valuesObject']
  if (isMap(last)) {
    const at = {document, map: last, path: [...before, ...key], leaf: undefined}
    return [valuesPlace(yaml, at, wish)]
  }
  const leaf = key.at(-1)
  if (!isMap(node) || last === undefined || typeof leaf !== 'string') return []
  return [valuesPlace(yaml, {document, map: node, path: [...before, ...key.slice(0, -1)], leaf}, wish)]
}

function stepInto(node: unknown, step: KeyStep): unknown {
  if (isSeq(node) && typeof step === 'number') return node.items[step]
  return isMap(node) ? pairIn(node, String(step))?.value : undefined
}
