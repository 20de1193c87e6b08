import {type YAMLMap, isAlias, isScalar} from 'yaml'
import {formatRepository} from '../../oci/reference.js'
import {type DeployedImage, isSame, repositoryIn} from './deployed-image.js'
import type {PlaceChange, PlacedImage, ValueChange} from './image-change.js'
import {
  type ImageValue,
  type KeyNeeds,
  type Part,
  type WrittenParts,
  splitImage,
  valueOf,
  wantedValue,
  writtenParts
} from './image-value.js'
import type {KeyStep} from './manifest-entry.js'
import {type YamlFile, insertBehind, pairIn, resolved, scalarEdit, unfit, writtenText} from './yaml-text.js'

/** The keys of a map that hold an image, and those that may be added to it. */
export interface PartKeys {
  readonly document: number
  readonly map: YAMLMap
  /** The way to the map. */
  readonly path: readonly KeyStep[]
  /** The way to the value of a key, where that is not the key behind the way to the map. */
  readonly pathOf?: ((key: string) => readonly KeyStep[]) | undefined
  readonly keys: Readonly<Partial<Record<Part, string>>>
  /** What the map is given where a part is needed and no key holds it, in the order in which they are to stand. */
  readonly additions: readonly (readonly [Part, string])[]
  /** The keys behind one of which they are added: the first that is there. */
  readonly siblings: readonly string[]
}

/** The texts of the keys. */
export function partsIn(
  yaml: YamlFile,
  {map, keys, document}: Pick<PartKeys, 'map' | 'keys' | 'document'>
): WrittenParts {
  return Object.fromEntries(
    Object.entries(keys).map(([part, key]) => {
      const node = resolved(yaml, document, pairIn(map, key)?.value)
      return [part, writtenText(node)?.trim() ?? '']
    })
  )
}

/** How the name is to be written: as it stands, where that is the same repository. */
export interface NameWriting {
  /** The name that is there, whole. */
  readonly standing: string
  /** Whether it stays, though it is another one: a mirror. */
  readonly isFixed: boolean
}

/** Writes an image into keys: all of its parts together, or nothing. */
export function writeParts(
  yaml: YamlFile,
  at: PartKeys,
  wanted: PlacedImage,
  how: {readonly name: NameWriting; readonly needs: KeyNeeds}
): PlaceChange {
  const parts = partsIn(yaml, at)
  const {image} = wanted
  const stays = how.name.isFixed || isOf(how.name.standing, image)
  const name = stays ? how.name.standing : formatRepository(image.repository)
  const to = wantedValue(valueOf(parts), {...wanted, name}, how.needs)
  if (how.needs.tag === 'needed' && to.tag === '')
    throw unfit(
      yaml.file,
      `the image has no tag, and ${at.keys.tag ?? 'its key'} cannot hold a digest alone`,
      {
        hint: 'Name the map around it, or a key for the digest.'
      }
    )
  const {registry, name: path} = image.repository
  const filled = {...parts, ...additionsFor({at, parts}, to, stays)}
  const texts = writtenParts(filled, to, stays ? undefined : {registry, path})
  return {to, changes: changesOf(yaml, at, texts)}
}

/** Whether a text names the repository of an image. */
export function isOf(text: string, {repository}: DeployedImage): boolean {
  const named = repositoryIn(splitImage(text).name)
  return named !== undefined && isSame(named, repository)
}

function additionsFor(
  {at, parts}: {readonly at: PartKeys; readonly parts: WrittenParts},
  to: ImageValue,
  hasName: boolean
): WrittenParts {
  const {keys, additions} = at
  const hasDigest = keys.hash !== undefined || (parts.tag?.includes('@') ?? false)
  const isNeeded = (part: Part): boolean =>
    (part === 'tag' && to.tag !== '') ||
    (part === 'digest' && to.digest !== '' && !hasDigest) ||
    (part === 'repository' && !hasName)
  const missing = additions.filter(([part]) => keys[part] === undefined && isNeeded(part))
  return Object.fromEntries(missing.map(([part]) => [part, '']))
}

function changesOf(yaml: YamlFile, at: PartKeys, texts: WrittenParts): ValueChange[] {
  const there = Object.entries(at.keys).flatMap(([part, key]) => {
    const text = texts[part as Part]
    return text === undefined ? [] : textChange(yaml, at, [key, text])
  })
  const added = at.additions.flatMap(([part, key]) => {
    const text = at.keys[part] === undefined ? texts[part] : undefined
    return text === undefined ? [] : [addition(yaml, at, [key, text])]
  })
  return [...there, ...added]
}

/** No change where the text is there already: a number that is written like it is not the text. */
function textChange(
  yaml: YamlFile,
  {map, path, document, pathOf = one => [...path, one]}: PartKeys,
  [key, text]: readonly [string, string]
): ValueChange[] {
  const value = pairIn(map, key)?.value
  return scalarChange(yaml, value, {document, path: pathOf(key)}, text)
}

/** The change of one value, which may be an alias of one that another place changes in the same way. */
export function scalarChange(
  yaml: YamlFile,
  value: unknown,
  place: Pick<ValueChange, 'document' | 'path'>,
  text: string
): ValueChange[] {
  const node = resolved(yaml, place.document, value)
  if (isScalar(node) && (node.value === text || (text === '' && node.value === null))) return []
  const change = {...place, value: text}
  if (isAlias(value) && isScalar(node)) return [{...change, node, alias: value.source}]
  return [{...change, edit: scalarEdit(yaml, value, text), ...(isScalar(node) ? {node} : {})}]
}

function addition(
  yaml: YamlFile,
  {map, path, document, siblings}: PartKeys,
  [key, text]: readonly [string, string]
): ValueChange {
  const sibling = siblings.map(one => pairIn(map, one)).find(one => isScalar(one?.value))
  if (sibling === undefined) throw unfit(yaml.file, `there is nothing beside which ${key} could be added`)
  return {document, path: [...path, key], value: text, edit: insertBehind(yaml, map, sibling, [key, text])}
}
