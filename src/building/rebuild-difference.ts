import {isObject} from '../shared/json.js'
import type {BuiltImage} from './builders/built-image.js'

/** An image as it is compared: what was read of it, and its config as it is written. */
export interface ComparedImage extends Pick<BuiltImage, 'manifest' | 'document' | 'config'> {
  readonly configDocument: Readonly<Record<string, unknown>>
}

/** Something in which two builds of one image differ. */
export interface Difference {
  /** `layer 2`, `config.Env`, `annotations` */
  readonly part: string
  readonly published: string
  readonly built: string
  /** What it means, or where it comes from. */
  readonly remark?: string
}

/** What differs between the image that is published and the one that was built again; none where their digest is one. */
export function differencesOf(published: ComparedImage, built: ComparedImage): Difference[] {
  if (published.manifest.digest === built.manifest.digest) return []
  const found = [
    ...layerDifferences(published, built),
    ...configDifferences(published.configDocument, built.configDocument),
    ...valueDifference('mediaType', published.manifest.mediaType, built.manifest.mediaType),
    ...valueDifference('annotations', published.document.annotations, built.document.annotations)
  ]
  if (found.length > 0) return found
  const remark = 'the same parts, written in another order or form'
  return [{part: 'manifest', published: published.manifest.digest, built: built.manifest.digest, remark}]
}

function layerDifferences(published: ComparedImage, built: ComparedImage): Difference[] {
  const count = Math.max(published.document.layers.length, built.document.layers.length)
  return Array.from({length: count}, (_, at) => layerDifference(at, published, built)).flat()
}

/** The content of a layer is known by its diff_id, whatever it is packed by (image-spec config.md, "Layer DiffID"). */
function layerDifference(at: number, published: ComparedImage, built: ComparedImage): Difference[] {
  const [one, other] = [published.document.layers[at], built.document.layers[at]]
  if (one?.digest === other?.digest) return []
  const [before, now] = [published.config.layers[at], built.config.layers[at]]
  const by = now?.createdBy ?? before?.createdBy
  const isPacking = before !== undefined && before.diffId === now?.diffId
  return [
    {
      part: `layer ${at + 1}`,
      published: one?.digest ?? 'none',
      built: other?.digest ?? 'none',
      remark: [isPacking ? 'the same files, packed in another way' : 'other files', by]
        .filter(Boolean)
        .join(': ')
    }
  ]
}

/** Each field for itself; `config` and its fields one level deeper. What follows from the layers is no difference of its own. */
function configDifferences(
  published: Readonly<Record<string, unknown>>,
  built: Readonly<Record<string, unknown>>,
  prefix = ''
): Difference[] {
  const names = [...new Set([...Object.keys(published), ...Object.keys(built)])].sort()
  return names
    .filter(name => prefix !== '' || name !== 'rootfs')
    .flatMap(name => {
      const [one, other] = [published[name], built[name]]
      return prefix === '' && name === 'config' && isObject(one) && isObject(other)
        ? configDifferences(one, other, 'config.')
        : valueDifference(`${prefix}${name}`, one, other)
    })
}

function valueDifference(part: string, published: unknown, built: unknown): Difference[] {
  const [one, other] = [textOf(published), textOf(built)]
  return one === other ? [] : [{part, published: one, built: other}]
}

function textOf(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(sorted(value))
}

/** The order of the keys of an object says nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, each]) => [name, sorted(each)])
  )
}

/** How much of a value a line has: a history may have a hundred steps. */
const LONGEST = 300

/** A line for each difference. */
export function differenceLines(differences: readonly Difference[]): string[] {
  return differences.map(({part, published, built, remark}) => {
    const [one, other] = beginnings(published, built)
    return `${part}: ${one} is published, ${other} is built${remark === undefined ? '' : ` (${remark})`}`
  })
}

/** Long values from shortly before where they part. */
function beginnings(one: string, other: string): readonly [string, string] {
  if (one.length <= LONGEST && other.length <= LONGEST) return [one, other]
  let same = 0
  while (same < one.length && one[same] === other[same]) same++
  const start = Math.max(0, same - 40)
  const cut = (text: string): string =>
    `${start > 0 ? '…' : ''}${text.slice(start, start + LONGEST)}${text.length > start + LONGEST ? '…' : ''}`
  return [cut(one), cut(other)]
}
