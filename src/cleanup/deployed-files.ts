import {readdir, realpath, stat} from 'node:fs/promises'
import path from 'node:path'
import {InputError, type InputIssue, messageOf, systemCodeOf} from '../errors.js'
import type {Digest} from '../oci/digest.js'
import {matchesPattern} from '../patterns/name-pattern.js'
import {readForeignFile} from '../shared/foreign-file.js'
import {type DeployedEntry, type DeployedNames, deployedNamesIn} from './policy/deployed.js'

/** A manifest of a deployment is far smaller. */
const MOST_BYTES = 16 * 1024 * 1024
/** Nobody deploys from so many files: a folder was named that is far too large. */
const MOST_FILES = 20_000
const SKIPPED_FOLDERS: readonly string[] = ['.git', 'node_modules']

/**
 * Reads what is deployed. What cannot be read might name something: then nothing is to be deleted at all.
 * @throws InputError where a line names no file, or one that cannot be read
 */
export async function readDeployed(entries: readonly DeployedEntry[]): Promise<DeployedNames[]> {
  const names: DeployedNames[] = []
  const issues: InputIssue[] = []
  for (const entry of entries)
    try {
      names.push(await namesOf(entry))
    } catch (error) {
      issues.push({input: 'keep-deployed', message: `${entry.text}: ${messageOf(error)}`})
    }
  if (issues.length > 0) throw new InputError(issues)
  return names
}

async function namesOf(entry: DeployedEntry): Promise<DeployedNames> {
  if ('digests' in entry) {
    const digests = new Map(entry.digests.map(digest => [digest, 'keep-deployed']))
    return {text: entry.text, digests, words: new Map()}
  }
  const files = await filesOf(entry.file)
  if (files.length === 0)
    throw new Error('there is no such file, so that nothing would be kept by it: is it checked out?')
  const [digests, words] = [new Map<Digest, string>(), new Map<string, string>()]
  for (const file of files) {
    const found = deployedNamesIn((await readForeignFile(file, MOST_BYTES)).toString('utf8'))
    for (const digest of found.digests) if (!digests.has(digest)) digests.set(digest, file)
    for (const word of found.words) if (!words.has(word)) words.set(word, file)
  }
  return {text: entry.text, digests, words}
}

/** The files of a path, which may be that of a folder, or hold `*` for anything, slashes too. */
async function filesOf(pattern: string): Promise<string[]> {
  if (!pattern.includes('*')) return (await filesAt(path.normalize(pattern), new Set())).sort()
  const folder = path.dirname(`${pattern.slice(0, pattern.indexOf('*'))}x`)
  // `deploy/**/*.yaml` is about deploy/app.yaml, too.
  const wanted = path.normalize(pattern.replaceAll('**/', '*').replaceAll(/\*+/g, '*'))
  const files = (await filesAt(path.normalize(folder), new Set())).filter(matchesPattern(wanted))
  return files.sort()
}

/** @param seen folders that were read already: a link may lead back */
async function filesAt(place: string, seen: Set<string>): Promise<string[]> {
  const status = await stat(place).catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (status === undefined) return []
  if (!status.isDirectory()) return [place]
  const real = await realpath(place)
  if (seen.has(real)) return []
  seen.add(real)
  const files: string[] = []
  for (const name of await readdir(place)) {
    if (SKIPPED_FOLDERS.includes(name)) continue
    files.push(...(await filesAt(path.join(place, name), seen)))
    if (files.length > MOST_FILES) throw new Error(`these are more than ${MOST_FILES} files`)
  }
  return files
}
