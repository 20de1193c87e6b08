import type {PackageChange, PackageChanges} from './report-data.js'
import {listAt, objectIn, textAt, tryParseJson} from '../shared/json.js'

/** Names of packages, each with its versions. */
export type Packages = ReadonlyMap<string, readonly string[]>

/** How many changes of a kind are named: a new base image has thousands. */
const MAX_NAMED = 300

/**
 * The packages of a bill of materials: SPDX 2 or CycloneDX as JSON, bare or as the predicate of a statement.
 * @returns undefined where the text is none of these
 */
export function packagesIn(text: string): Packages | undefined {
  const document = tryParseJson(text)
  const bill = textAt(document, 'predicateType') === undefined ? document : objectIn(document)['predicate']
  if (textAt(bill, 'spdxVersion') !== undefined) return namedIn(spdxPackages(bill), 'versionInfo')
  if (textAt(bill, 'bomFormat') === 'CycloneDX') return namedIn(listAt(bill, 'components'), 'version')
  return undefined
}

/** An entry of SPDX for the image itself, or for a file, is no package that anybody installed. */
function spdxPackages(bill: unknown): readonly unknown[] {
  const described = new Set(listAt(bill, 'documentDescribes'))
  return listAt(bill, 'packages').filter(
    one =>
      !described.has(textAt(one, 'SPDXID')) &&
      !['CONTAINER', 'FILE'].includes(textAt(one, 'primaryPackagePurpose') ?? '')
  )
}

function namedIn(entries: readonly unknown[], versionField: string): Packages {
  const packages = new Map<string, string[]>()
  for (const entry of entries) {
    const name = textAt(entry, 'name')
    if (name === undefined) continue
    packages.set(name, [...(packages.get(name) ?? []), textAt(entry, versionField) ?? ''])
  }
  return new Map([...packages].map(([name, versions]) => [name, [...new Set(versions)].sort()]))
}

/** What changed from one bill of materials to the next. */
export function packageChanges(
  platform: string,
  now: Packages,
  before: Packages | undefined
): PackageChanges {
  const all = before === undefined ? [] : changesOf(before, now)
  const added = all.filter(change => change.before === undefined)
  const removed = all.filter(change => change.now === undefined)
  const changed = all.filter(change => change.before !== undefined && change.now !== undefined)
  const lists = [added, removed, changed].map(list => list.slice(0, MAX_NAMED))
  return {
    platform,
    total: now.size,
    ...(before === undefined ? {} : {before: before.size}),
    added: lists[0] ?? [],
    removed: lists[1] ?? [],
    changed: lists[2] ?? [],
    unnamed: all.length - lists.reduce((sum, {length}) => sum + length, 0)
  }
}

function changesOf(before: Packages, now: Packages): PackageChange[] {
  return [...new Set([...before.keys(), ...now.keys()])].sort().flatMap(name => {
    const [was, is] = [before.get(name)?.join(', '), now.get(name)?.join(', ')]
    if (was === is) return []
    return [{name, ...(was === undefined ? {} : {before: was}), ...(is === undefined ? {} : {now: is})}]
  })
}
