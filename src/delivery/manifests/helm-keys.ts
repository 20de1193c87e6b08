import {type YAMLMap, isMap, isScalar} from 'yaml'
import type {Part} from './image-value.js'
import {writtenText} from './yaml-text.js'

/** What a key is called, without the word that says its part: `image` of imageTag, nothing of tag. */
interface KeyName {
  readonly part: KeyPart
  readonly stem: string
}

/** `name` and `version` are parts of an image only beside other parts of it. */
type KeyPart = Part | 'name' | 'version'

/** By the end of a key; charts have no schema for this, but these are what `helm create`, Bitnami and others write. */
const ENDS: readonly (readonly [RegExp, KeyPart])[] = [
  [/^(.*?)tag[-_]?suffix$/i, 'suffix'],
  [/^(.*?)digest$/i, 'digest'],
  [/^(.*?)sha(?:256)?$/i, 'hash'],
  [/^(.*?)registry$/i, 'registry'],
  [/^(.*?)repo(?:sitory)?$/i, 'repository'],
  [/^(.*?)name$/i, 'name'],
  [/^(.*?)tag$/i, 'tag'],
  [/^(.*?)version$/i, 'version'],
  [/^(.*?)(?:image|img|reference|ref)$/i, 'reference']
]

/** What a key of a chart's values says of an image; undefined where its name does not say it. */
export function partOfKey(key: string): Part | undefined {
  const part = nameOf(key)?.part
  if (part === 'name') return 'repository'
  return part === 'version' ? 'tag' : part
}

function nameOf(key: string): KeyName | undefined {
  for (const [pattern, part] of ENDS) {
    const found = pattern.exec(key)
    if (found) return {part, stem: (found[1] ?? '').toLowerCase().replace(/[-_.]$/, '')}
  }
  return undefined
}

/**
 * The keys of a map that hold one image together: all of one stem, such as `tag` and `digest`, or `imageTag` and
 * `imageDigest` with the `image` that they belong to.
 * @param leaf the key that is named; undefined where the map is
 * @param isOurs whether a text names a repository of the release
 */
export function imageKeys(
  map: YAMLMap,
  leaf: string | undefined,
  isOurs: (text: string) => boolean
): Partial<Record<Part, string>> {
  const stem = leaf === undefined ? '' : stemOf(leaf, map)
  const found = new Map<KeyPart, string>()
  for (const key of keysOf(map)) {
    const name = nameOf(key)
    if (name === undefined) continue
    const isStem = name.stem === stem || (name.part === 'reference' && key.toLowerCase() === stem)
    if (isStem && (!found.has(name.part) || key === leaf)) found.set(name.part, key)
  }
  return partsOf(found, {leaf, textOf: key => writtenText(valueIn(map, key)) ?? '', isOurs})
}

/** `image` stands alone, or with the keys that begin with it: imageTag. */
function stemOf(leaf: string, map: YAMLMap): string {
  const name = nameOf(leaf)
  if (name === undefined) return ''
  const whole = leaf.toLowerCase()
  const hasOwn = keysOf(map).some(key => key !== leaf && nameOf(key)?.stem === whole)
  return name.part === 'reference' && hasOwn ? whole : name.stem
}

interface Reading {
  readonly leaf: string | undefined
  readonly textOf: (key: string) => string
  readonly isOurs: (text: string) => boolean
}

function partsOf(
  found: ReadonlyMap<KeyPart, string>,
  {leaf, textOf, isOurs}: Reading
): Partial<Record<Part, string>> {
  const key = (part: KeyPart): string | undefined => found.get(part)
  const parts: Partial<Record<Part, string | undefined>> = {
    registry: key('registry'),
    repository: key('repository'),
    tag: key('tag'),
    suffix: key('suffix'),
    digest: key('digest'),
    hash: key('hash')
  }
  const reference = key('reference')
  if (reference !== undefined) {
    const isPinned = parts.tag !== undefined || parts.digest !== undefined || parts.hash !== undefined
    const isWhole = /@|:[^/]*$/.test(textOf(reference)) || (parts.repository === undefined && !isPinned)
    const isMeant = leaf === reference || (leaf === undefined && parts.repository === undefined && !isPinned)
    if (isWhole && isMeant) return {reference}
    if (!isWhole && parts.repository === undefined) parts.repository = reference
    else if (!isWhole && !isOurs(textOf(parts.repository ?? ''))) parts.path = reference
  }
  if (key('name') !== undefined) addName(parts, {name: key('name') ?? '', leaf, textOf, isOurs})
  if (parts.tag === undefined && isVersionTag(key('version'), parts, leaf)) parts.tag = key('version')
  return defined(parts)
}

/** `name` is the repository where there is none, and its last part where a repository without it is no image of ours. */
function addName(
  parts: Partial<Record<Part, string | undefined>>,
  {name, leaf, textOf, isOurs}: Reading & {readonly name: string}
): void {
  const text = textOf(name)
  if (parts.repository === undefined) {
    if (leaf === name || text.includes('/') || parts.registry !== undefined || isOurs(text))
      parts.repository = name
    return
  }
  const repository = textOf(parts.repository)
  const registry = parts.registry === undefined ? '' : `${textOf(parts.registry)}/`
  if (!isOurs(registry + repository) && isOurs(`${registry}${repository}/${text}`)) parts.path = name
}

/** A version is a tag where it is named itself, or where the map is of an image and of nothing else. */
function isVersionTag(
  key: string | undefined,
  {repository}: Partial<Record<Part, string | undefined>>,
  leaf: string | undefined
): boolean {
  return (
    key !== undefined && (key === leaf || (repository !== undefined && partOfKey(repository) !== 'reference'))
  )
}

function defined(parts: Partial<Record<Part, string | undefined>>): Partial<Record<Part, string>> {
  return Object.fromEntries(Object.entries(parts).filter(([, key]) => key !== undefined))
}

function keysOf(map: YAMLMap): string[] {
  return map.items.flatMap(({key, value}) => (isScalar(key) && !isMap(value) ? [String(key.value)] : []))
}

function valueIn(map: YAMLMap, key: string): unknown {
  return map.items.find(one => isScalar(one.key) && String(one.key.value) === key)?.value
}
