import {type Node, type YAMLMap, isAlias, isMap, isSeq} from 'yaml'
import {formatRepository} from '../../oci/reference.js'
import type {ChangeOptions, ImagePlace, PlaceChange, PlacedImage} from './image-change.js'
import {isNamedBy} from './image-fields.js'
import {imageKeys, partOfKey} from './helm-keys.js'
import {
  type ImageValue,
  type KeyNeeds,
  splitImage,
  valueOf,
  wantedValue,
  writtenParts
} from './image-value.js'
import type {KeyStep} from './manifest-entry.js'
import {type PartKeys, isOf, partsIn, scalarChange, writeParts} from './place-writing.js'
import {isNameOf, imagesOf} from './target-choice.js'
import {type YamlFile, onlyDocument, onlyMap, pairIn, unfit, writtenText} from './yaml-text.js'

/** What the key of an entry leads to in values. */
export interface ValuesPlace {
  readonly document: number
  /** The way to the map, and the name of the key in it; no name where the map itself is meant. */
  readonly path: readonly KeyStep[]
  readonly map: YAMLMap
  readonly leaf: string | undefined
  /** The way to the value of a key, where that is not the key behind the way to the map. */
  readonly pathOf?: ((key: string) => readonly KeyStep[]) | undefined
}

/**
 * Finds what the key of an entry leads to: one value, whose name says what it is, or a map with repository, tag, digest
 * and registry. Keys beside it that hold other parts of the same image belong to it.
 */
export function helmPlaces(yaml: YamlFile, wish: ChangeOptions): ImagePlace[] {
  const {key} = wish.entry
  const root = onlyMap(yaml)
  const document = onlyDocument(yaml)
  const node = nodeAt(yaml, root, key)
  if (isMap(node)) return [valuesPlace(yaml, {document, path: key, map: node, leaf: undefined}, wish)]
  const position = key.findLastIndex(step => typeof step === 'string')
  const leaf = String(key[position] ?? '')
  if (position < key.length - 1) return [itemPlace(yaml, {document, node, leaf}, wish)]
  const path = key.slice(0, -1)
  const map = nodeAt(yaml, root, path) as YAMLMap
  return [valuesPlace(yaml, {document, path, map, leaf}, wish)]
}

/** The way must be there: a key with a slip of the pen would be added and do nothing. */
export function nodeAt(yaml: YamlFile, root: YAMLMap, steps: readonly KeyStep[]): Node {
  let node: unknown = root
  steps.forEach((step, position) => {
    const pair = isMap(node) ? pairIn(node, String(step)) : undefined
    const item: unknown = isSeq(node) && typeof step === 'number' ? node.items[step] : pair?.value
    if ((pair === undefined && item === undefined) || isAlias(item)) {
      const way = steps
        .slice(0, position + 1)
        .map(String)
        .join('.')
      throw unfit(
        yaml.file,
        isAlias(item) ? `${way} is an alias; name the key of its anchor` : `it has no key ${way}`
      )
    }
    node = item
  })
  return node as Node
}

/** The image at a key of values, with all keys that hold parts of it. */
export function valuesPlace(yaml: YamlFile, at: ValuesPlace, wish: ChangeOptions): ImagePlace {
  const {images, entry} = wish
  const {leaf, map, path, document, pathOf} = at
  const place = [...path, ...(leaf === undefined ? [] : [leaf])].map(String).join('.')
  const isOurs = (text: string): boolean => imagesOf(splitImage(text).name, images).length > 0
  const keys = imageKeys(map, leaf, isOurs)
  if (leaf !== undefined && !Object.values(keys).includes(leaf)) throw unclear(yaml, place)
  const isMeant = leaf === undefined
  const all: PartKeys = {
    ...{document, map, path, keys, pathOf},
    additions: isMeant
      ? [
          ['tag', 'tag'],
          ['digest', 'digest']
        ]
      : [],
    siblings: ['tag', 'repository', 'registry', 'name', 'image']
  }
  const standing = valueOf(partsIn(yaml, all))
  const isMirror = entry.name !== undefined && isNamedBy(standing.name, entry.name)
  return {
    place,
    standing,
    isNamed: true,
    write: wanted => writeValues(yaml, all, {wanted, standing, leaf, isMirror})
  }
}

interface Writing {
  readonly wanted: PlacedImage
  readonly standing: ImageValue
  readonly leaf: string | undefined
  readonly isMirror: boolean
}

/** A key for the repository, or the map around it, moves all; a key for the tag moves no image to another repository. */
function writeValues(yaml: YamlFile, at: PartKeys, {wanted, standing, leaf, isMirror}: Writing): PlaceChange {
  const {reference, registry, repository, path} = at.keys
  const movesName = leaf === undefined || [reference, registry, repository, path].includes(leaf)
  const isElsewhere = standing.name === '' || isNameOf(standing.name, wanted.image)
  const isFixed = isMirror || (isElsewhere && (!movesName || hasGlobalRegistry(yaml, wanted)))
  const isOther = imagesOf(standing.name, [wanted.image]).length === 0
  if (!movesName && isOther && !isFixed) throw halfMoved(yaml, {at, leaf, standing, wanted})
  const isNameless = standing.name === '' && !movesName
  const name = {standing: standing.name, isFixed: isFixed || isNameless}
  return writeParts(yaml, at, wanted, {name, needs: needsOf(at, leaf)})
}

/** Charts that know no key for a digest take it behind the tag. */
function needsOf({keys}: PartKeys, leaf: string | undefined): KeyNeeds {
  const hasDigestKey = keys.digest !== undefined || keys.hash !== undefined
  const isMap = leaf === undefined
  const isPinKey = leaf !== undefined && (leaf === keys.digest || leaf === keys.hash)
  const isTagAlone = keys.tag !== undefined && !hasDigestKey && !isMap
  return {tag: isTagAlone ? 'needed' : 'kept', fillsDigest: (isMap && hasDigestKey) || isPinKey}
}

/** Charts of Bitnami put the registry of all images before each repository. */
function hasGlobalRegistry({documents}: YamlFile, {image}: PlacedImage): boolean {
  const root = documents.find(({contents}) => isMap(contents))?.contents
  const global = isMap(root) ? pairIn(root, 'global')?.value : undefined
  return ['imageRegistry', 'registry'].some(
    key => isMap(global) && writtenText(pairIn(global, key)?.value) === image.repository.registry
  )
}

/** One text of a list, which its key names: `images[0]`. */
function itemPlace(
  yaml: YamlFile,
  {document, node, leaf}: {readonly document: number; readonly node: Node; readonly leaf: string},
  {entry}: ChangeOptions
): ImagePlace {
  const part = partOfKey(leaf) ?? partOfKey(leaf.replace(/s$/i, ''))
  const place = entry.key.map(String).join('.')
  if (part === undefined) throw unclear(yaml, place)
  const parts = {[part]: writtenText(node)?.trim() ?? ''}
  const standing = valueOf(parts)
  return {
    ...{place, standing, isNamed: true},
    write: wanted => {
      const name = isOf(standing.name, wanted.image)
        ? standing.name
        : formatRepository(wanted.image.repository)
      const needs = {tag: part === 'tag' ? 'needed' : 'free', fillsDigest: part === 'digest'} as const
      const to = wantedValue(standing, {...wanted, name}, needs)
      const {registry} = wanted.image.repository
      const text = Reflect.get(writtenParts(parts, to, {registry, path: name}), part) as string
      return {to, changes: scalarChange(yaml, node, {document, path: entry.key}, text)}
    }
  }
}

function unclear({file}: YamlFile, place: string) {
  return unfit(
    file,
    `${place} does not say what it is: name a key that ends in tag, digest, repository or image`
  )
}

function halfMoved(
  {file}: YamlFile,
  {
    at,
    leaf,
    standing,
    wanted
  }: {
    readonly at: PartKeys
    readonly leaf: string
    readonly standing: ImageValue
    readonly wanted: PlacedImage
  }
) {
  const way = at.path.map(String).join('.')
  return unfit(
    file,
    `${[way, leaf].filter(Boolean).join('.')} stands beside the repository ${standing.name}, which is not ${formatRepository(wanted.image.repository)}`,
    {
      hint: `Name ${way === '' ? 'the key of the repository' : `#${way}`} to move the image whole, or ,name=${standing.name} where that is a mirror of it.`
    }
  )
}
