import {type YAMLMap, isMap, isSeq} from 'yaml'
import {formatRepository} from '../../oci/reference.js'
import type {DeployedImage} from './deployed-image.js'
import type {ChangeOptions, ImagePlace, PlaceChange, PlacedImage} from './image-change.js'
import {isNamedBy} from './image-fields.js'
import {type ImageValue, type Part, splitImage, valueOf} from './image-value.js'
import {type PartKeys, partsIn, writeParts} from './place-writing.js'
import {imagesOf} from './target-choice.js'
import {
  type YamlEdit,
  type YamlFile,
  appendToRoot,
  columnOf,
  eolOf,
  onlyDocument,
  onlyMap,
  pairIn,
  plainOrQuoted,
  unfit,
  writtenText
} from './yaml-text.js'

/** The fields of an entry (kustomize, api/types/image.go), and what they hold. */
const FIELDS = [
  ['newName', 'repository'],
  ['newTag', 'tag'],
  ['digest', 'digest']
] as const

/** In the order in which they stand behind the name where they are added. */
const ADDITIONS = [
  ['digest', 'digest'],
  ['tag', 'newTag'],
  ['repository', 'newName']
] as const

/** What people write for a registry or owner that each overlay replaces. */
const PLACEHOLDER = /^(?:(?:your|my|the|some)[-_.]|placeholder|example|todo|change|replace|image|registry)/i

/**
 * Finds the entries of `images` in a kustomization (kubectl.docs.kubernetes.io, "images"), by name or newName. An image
 * that is named by hand and has no entry gets one.
 */
export function kustomizePlaces(yaml: YamlFile, wish: ChangeOptions): ImagePlace[] {
  const root = onlyMap(yaml)
  const list = pairIn(root, 'images')?.value
  const items = isSeq(list) ? list.items : []
  const places = items.flatMap((map, row) => (isMap(map) ? placeOf(yaml, {map, row}, wish) : []))
  const {name} = wish.entry
  if (places.length > 0 || name === undefined) return places
  return [newPlace(yaml, root, name)]
}

interface Item {
  readonly map: YAMLMap
  readonly row: number
}

function placeOf(yaml: YamlFile, {map, row}: Item, {entry, images}: ChangeOptions): ImagePlace[] {
  const document = onlyDocument(yaml)
  const keys = Object.fromEntries(
    FIELDS.flatMap(([key, part]) => (pairIn(map, key) === undefined ? [] : [[part, key]]))
  ) as Partial<Record<Part, string>>
  const at: PartKeys = {
    ...{document, map, keys, path: ['images', row]},
    additions: ADDITIONS,
    siblings: ['newName', 'name']
  }
  const name = writtenText(pairIn(map, 'name')?.value) ?? ''
  const parts = partsIn(yaml, at)
  const own = valueOf(parts)
  const standing: ImageValue = {...own, name: own.name || splitImage(name).name}
  const isNamed = entry.name !== undefined && isNamedBy(name, entry.name)
  if (entry.name !== undefined && !isNamed) return []
  const pool = isNamed ? undefined : placeholderFor(name, own, images)
  if (!isNamed && pool === undefined && imagesOf(standing.name, images).length === 0) return []
  return [
    {
      place: `images ${name}`,
      standing,
      isNamed: isNamed || pool !== undefined,
      ...(pool === undefined ? {} : {pool}),
      write: wanted => writeItem(yaml, at, {wanted, standing})
    }
  ]
}

/** A name in a kustomization that has no newName yet stands for what each overlay puts there. */
function placeholderFor(
  name: string,
  own: ImageValue,
  images: readonly DeployedImage[]
): DeployedImage[] | undefined {
  const [first = '', ...others] = splitImage(name).name.split('/')
  const isHost = /[.:]|^localhost$/.test(first)
  const isWord = PLACEHOLDER.test(first)
  const isFree = own.name === '' && own.tag === '' && own.digest === ''
  if (own.name !== '' || (!isWord && (isHost || !isFree))) return undefined
  const last = others.at(-1) ?? first
  const found = images.filter(({repository}) => repository.name.split('/').at(-1) === last)
  return found.length === 0 ? undefined : found
}

function writeItem(
  yaml: YamlFile,
  at: PartKeys,
  {wanted, standing}: {readonly wanted: PlacedImage; readonly standing: ImageValue}
): PlaceChange {
  const name = {standing: standing.name, isFixed: false}
  return writeParts(yaml, at, wanted, {name, needs: {tag: 'kept', fillsDigest: false}})
}

function newPlace(yaml: YamlFile, root: YAMLMap, name: string): ImagePlace {
  return {
    place: `images ${name}`,
    standing: {name: '', tag: '', digest: ''},
    isNamed: true,
    write: wanted => newEntry(yaml, root, {name, wanted})
  }
}

function newEntry(
  yaml: YamlFile,
  root: YAMLMap,
  {name, wanted}: {readonly name: string; readonly wanted: PlacedImage}
): PlaceChange {
  const {image, tag, pin} = wanted
  const newName = formatRepository(image.repository)
  const isTagged = tag !== undefined && pin !== 'digest'
  const isPinned = pin !== 'tag' || tag === undefined
  const entry = {
    name,
    ...(isNamedBy(name, newName) ? {} : {newName}),
    ...(isTagged ? {newTag: tag as string} : {}),
    ...(isPinned ? {digest: image.digest as string} : {})
  }
  const list = pairIn(root, 'images')?.value
  const row = isSeq(list) ? list.items.length : 0
  const isNew = pairIn(root, 'images') === undefined || row === 0
  const change = {
    document: onlyDocument(yaml),
    path: isNew ? ['images'] : ['images', row],
    value: isNew ? [entry] : entry,
    edit: entryEdit(yaml, root, entry)
  }
  const to = {name: newName, tag: isTagged ? tag : '', digest: isPinned ? image.digest : ''}
  return {to, changes: [change]}
}

/** Behind the last entry, in place of a list without entries, or as a list of its own at the end of the map. */
function entryEdit(yaml: YamlFile, root: YAMLMap, entry: Readonly<Record<string, string>>): YamlEdit {
  const {file, text} = yaml
  const eol = eolOf(text)
  const pairs = Object.entries(entry).map(([key, value]) => `${key}: ${plainOrQuoted(value)}`)
  const flow = `{${pairs.join(', ')}}`
  const itemAt = (indent: string): string =>
    pairs.map((pair, row) => `${indent}${row === 0 ? '- ' : '  '}${pair}${eol}`).join('')
  const pair = pairIn(root, 'images')
  if (pair === undefined)
    return appendToRoot(yaml, root, {
      flow: `images: [${flow}]`,
      linesAt: indent => `${indent}images:${eol}${itemAt(`${indent}  `)}`
    })
  const list = pair.value
  if (isSeq(list) && list.range && list.items.length > 0) {
    const [start, end] = list.range
    if (list.flow === true) {
      const last = text.slice(0, end - 1).trimEnd().length
      return {from: last, to: last, text: `, ${flow}`}
    }
    const lineBreak = text[end - 1] === '\n' ? '' : eol
    return {from: end, to: end, text: lineBreak + itemAt(' '.repeat(columnOf(text, start)))}
  }
  const isEmpty = (isSeq(list) && list.range) || writtenText(list) === undefined
  if (isEmpty) return listEdit(yaml, root, flow)
  throw unfit(file, 'images is no list of entries')
}

/** `images:` or `images: []`, which becomes a list of one entry on its line. */
function listEdit({file, text}: YamlFile, root: YAMLMap, flow: string): YamlEdit {
  const pair = pairIn(root, 'images')
  const list = pair?.value
  if (isSeq(list) && list.range) return {from: list.range[0], to: list.range[1], text: `[${flow}]`}
  const key = pair?.key
  const end =
    typeof key === 'object' && key !== null && 'range' in key ? (key.range as number[])[1] : undefined
  const colon = end === undefined ? -1 : text.indexOf(':', end)
  if (colon < 0) throw unfit(file, 'images is no list of entries')
  return {from: colon + 1, to: colon + 1, text: ` [${flow}]`}
}
