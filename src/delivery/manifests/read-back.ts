import {isDeepStrictEqual} from 'node:util'
import {type ReleaseError, messageOf} from '../../errors.js'
import type {ValueChange} from './image-change.js'
import type {KeyStep} from './manifest-entry.js'
import {type YamlFile, readYaml, unfit} from './yaml-text.js'

/** A value of a document that changed. */
export interface YamlDifference {
  readonly document: number
  readonly path: readonly KeyStep[]
  readonly from: unknown
  readonly to: unknown
}

/**
 * Reads an edited file again, and compares what it says now with what it was to say: every change that was meant is
 * there. Returns what changed beside them, which only anchors explain.
 * @throws ReleaseError DEPLOYMENT_INVALID where it says something else
 */
export function readBack(before: YamlFile, text: string, changes: readonly ValueChange[]): YamlDifference[] {
  const after = again(before.file, text)
  const [there, now] = [before, after].map(contentsOf)
  if (there === undefined || now === undefined || there.length !== now.length)
    throw misread(before.file, 'it would have another number of documents')
  const meant = new Map(changes.map(change => [keyOf(change), change.value]))
  const found = there.flatMap((one, document) => differences(one, now[document], {document, path: []}))
  const missing = changes.find(
    change => !isDeepStrictEqual(valueAt(now[change.document], change.path), change.value)
  )
  if (missing !== undefined)
    throw misread(before.file, `${wayOf(missing)} would not say ${JSON.stringify(missing.value)}`)
  return found.filter(one => !isPartOf(one, meant))
}

/** The way to a value, for people. */
export function wayOf({path}: Pick<YamlDifference, 'path'>): string {
  return path.map(String).join('.')
}

/** A list or map that is added differs as a whole, or by its last item. */
function isPartOf({document, path}: YamlDifference, meant: ReadonlyMap<string, unknown>): boolean {
  return path.some((_, end) => meant.has(keyOf({document, path: path.slice(0, end + 1)})))
}

function again(file: string, text: string): YamlFile {
  try {
    return readYaml(file, text)
  } catch (cause) {
    throw misread(file, messageOf(cause))
  }
}

function contentsOf({file, documents}: YamlFile): unknown[] {
  try {
    return documents.map(one => one.toJS({mapAsMap: false, maxAliasCount: 100_000}) as unknown)
  } catch (cause) {
    throw unfit(file, `its aliases cannot be followed: ${messageOf(cause)}`)
  }
}

function differences(
  one: unknown,
  other: unknown,
  at: Pick<YamlDifference, 'document' | 'path'>
): YamlDifference[] {
  if (Object.is(one, other)) return []
  if (!isTree(one) || !isTree(other) || Array.isArray(one) !== Array.isArray(other))
    return isDeepStrictEqual(one, other) ? [] : [{...at, from: one, to: other}]
  const keys = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...keys].flatMap(key => {
    const step = Array.isArray(one) ? Number(key) : key
    return differences(Reflect.get(one, key), Reflect.get(other, key), {...at, path: [...at.path, step]})
  })
}

function isTree(value: unknown): value is object {
  return typeof value === 'object' && value !== null && (Array.isArray(value) || isPlain(value))
}

function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype
}

function valueAt(root: unknown, path: readonly KeyStep[]): unknown {
  return path.reduce<unknown>(
    (node, step) => (typeof node === 'object' && node !== null ? Reflect.get(node, String(step)) : undefined),
    root
  )
}

function keyOf({document, path}: Pick<YamlDifference, 'document' | 'path'>): string {
  return JSON.stringify([document, ...path.map(String)])
}

function misread(file: string, fault: string): ReleaseError {
  return unfit(file, `this layout of YAML cannot be edited in place: ${fault}`, {
    hint: 'Nothing was written. Write the value plainly on a line of its own, and run this again.'
  })
}
