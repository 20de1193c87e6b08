import {type YAMLMap, isMap, isSeq} from 'yaml'
import {formatRepository} from '../oci/reference.js'
import {type DeployedImage, type Pin, isNewer, isSame, repositoryIn} from './deployed-image.js'
import type {ChangeWish, ImagePlace} from './image-change.js'
import {imageEndingAs, imageNamed, onlyTarget} from './image-match.js'
import {
  type TextEdit,
  type YamlFile,
  columnOf,
  eolOf,
  insertBehind,
  onlyMap,
  pairIn,
  plainOrQuoted,
  scalarEdit,
  unfit,
  writtenText
} from './yaml-text.js'

/**
 * Finds the entries of `images` in a kustomization (kubectl.docs.kubernetes.io, "images"), by name or newName. An image
 * that is named by hand and has no entry gets one.
 */
export function kustomizePlaces(yaml: YamlFile, wish: ChangeWish): ImagePlace[] {
  const root = onlyMap(yaml)
  const list = pairIn(root, 'images')?.value
  const entries = isSeq(list) ? list.items.filter(isMap) : []
  const places = entries.flatMap(entry => {
    const image = imageOf(entry, wish)
    return image === undefined ? [] : [placeOf(yaml, {map: entry, image, wish})]
  })
  if (places.length > 0 || wish.entry.name === undefined) return places
  const image = onlyTarget(wish.images)
  return image === undefined ? [] : [newEntry(yaml, root, {name: wish.entry.name, image, pin: wish.pin})]
}

function imageOf(entry: YAMLMap, {entry: {name: wanted}, images}: ChangeWish): DeployedImage | undefined {
  const [name = '', newName = ''] = ['name', 'newName'].map(key => writtenText(pairIn(entry, key)?.value))
  const known = imageNamed(newName, images, undefined)
  if (wanted !== undefined) return name === wanted ? (known ?? onlyTarget(images)) : undefined
  return known ?? imageNamed(name, images, undefined) ?? imageEndingAs(name, images)
}

interface Entry {
  readonly map: YAMLMap
  readonly image: DeployedImage
  readonly wish: ChangeWish
}

function placeOf(yaml: YamlFile, {map, image, wish}: Entry): ImagePlace {
  const old = Object.fromEntries(
    ['name', 'newName', 'newTag', 'digest'].map(key => [key, writtenText(pairIn(map, key)?.value) ?? ''])
  )
  const {name = '', newName = '', newTag = '', digest = ''} = old
  const isKept = !wish.allowBackward && isNewer(newTag, image.tag)
  const values = wantedValues(image, {name, newName, newTag, digest, pin: wish.pin})
  const edits = isKept ? [] : values.flatMap(([key, value]) => fieldEdit(yaml, map, [key, value]))
  const after = {...old, ...Object.fromEntries(values)}
  return {
    target: image.target,
    place: `images ${name}`,
    from: describe(newName || name, newTag, digest),
    to: describe(after['newName'] || name, after['newTag'] ?? '', after['digest'] ?? ''),
    edits,
    isKept
  }
}

/** What stands there is brought up to date, too: a digest that is left would count more than the tag. */
function wantedValues(
  image: DeployedImage,
  there: {name: string; newName: string; newTag: string; digest: string; pin: Pin}
): [string, string][] {
  const {tag, digest, repository} = image
  const current = repositoryIn(there.newName || there.name)
  const isThere = current !== undefined && isSame(current, repository)
  const needsTag = there.pin !== 'digest' || there.newTag !== ''
  const needsDigest = there.pin !== 'tag' || there.digest !== '' || tag === undefined
  return [
    ...(isThere ? [] : [['newName', formatRepository(repository)] as [string, string]]),
    ...(needsTag && tag !== undefined ? [['newTag', tag] as [string, string]] : []),
    ...(needsDigest ? [['digest', digest] as [string, string]] : [])
  ]
}

/** No edit where the value stands there already. */
function fieldEdit(yaml: YamlFile, map: YAMLMap, [key, value]: readonly [string, string]): TextEdit[] {
  const pair = pairIn(map, key)
  if (pair !== undefined)
    return writtenText(pair.value) === value && isText(pair.value)
      ? []
      : [scalarEdit(yaml, pair.value, value)]
  const sibling = pairIn(map, key === 'newName' ? 'name' : 'newName') ?? pairIn(map, 'name')
  if (sibling === undefined) throw unfit(yaml.file, 'an entry of images has no name')
  return [insertBehind(yaml, map, sibling, [key, value])]
}

/** A tag such as 1.10 without quotes is a number, which kustomize refuses. */
function isText(node: unknown): boolean {
  return typeof node === 'object' && node !== null && 'value' in node && typeof node.value === 'string'
}

function newEntry(
  yaml: YamlFile,
  root: YAMLMap,
  {name, image, pin}: {readonly name: string; readonly image: DeployedImage; readonly pin: Pin}
): ImagePlace {
  const values = wantedValues(image, {name, newName: '', newTag: '', digest: '', pin})
  const lines = [['name', name], ...values].map(([key = '', value = '']) => `${key}: ${plainOrQuoted(value)}`)
  const {
    newName = name,
    newTag = '',
    digest = ''
  } = Object.fromEntries(values) as Partial<Record<'newName' | 'newTag' | 'digest', string>>
  return {
    target: image.target,
    place: `images ${name}`,
    from: '',
    to: describe(newName, newTag, digest),
    edits: [itemEdit(yaml, root, lines)],
    isKept: false
  }
}

/** Behind the last entry, or as a list of its own at the end of the file. */
function itemEdit({file, text}: YamlFile, root: YAMLMap, lines: readonly string[]): TextEdit {
  const eol = eolOf(text)
  const list = pairIn(root, 'images')?.value
  const itemAt = (indent: number): string =>
    lines.map((line, row) => `${' '.repeat(indent)}${row === 0 ? '- ' : '  '}${line}${eol}`).join('')
  if (list === undefined) return appended(text, `images:${eol}${itemAt(2)}`)
  if (isSeq(list) && list.range && list.flow !== true) {
    const [start, , end] = list.range
    const lineBreak = text[end - 1] === '\n' ? '' : eol
    return {from: end, to: end, text: lineBreak + itemAt(columnOf(text, start))}
  }
  throw unfit(file, 'images is not a list with a line for each entry')
}

function appended(text: string, addition: string): TextEdit {
  const eol = eolOf(text)
  const at = text.length
  return {from: at, to: at, text: (text === '' || text.endsWith('\n') ? '' : eol) + addition}
}

function describe(name: string, tag: string, digest: string): string {
  return `${name}${tag === '' ? '' : `:${tag}`}${digest === '' ? '' : `@${digest}`}`
}
