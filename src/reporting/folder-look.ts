import {readdir, stat} from 'node:fs/promises'
import path from 'node:path'
import {parseDigestRecord} from '../contracts/digest-record.js'
import {type JournalDocument, parseJournal} from '../contracts/journal-document.js'
import type {BuildMetrics} from '../contracts/metrics.js'
import {parseMetrics} from '../contracts/metrics-document.js'
import type {Plan} from '../contracts/plan.js'
import {parsePlan} from '../contracts/plan-document.js'
import {type RunNote, parseRunNote} from '../contracts/run-note.js'
import type {Digest} from '../oci/digest.js'
import {readForeignFile} from '../shared/foreign-file.js'

/** What a release under way has left in its folder so far. */
export interface FolderLook {
  readonly note: RunNote | undefined
  readonly plan: Plan | undefined
  /** Digests of the images that are built, by the names of their records. */
  readonly records: ReadonlyMap<string, Digest>
  readonly metrics: readonly BuildMetrics[]
  readonly journal: JournalDocument | undefined
}

const MAX_FILE = 16 * 1024 * 1024

/** Files are dated by the second on some disks, and the note of a run is written a moment after it began. */
const SLACK = 2000

/**
 * Reads the folder of a release, such as `.image-release`, while others write to it: what is not there yet, half written or no
 * such document is left out until the next look. Of an earlier run nothing is taken.
 */
export async function lookAtFolder(folder: string): Promise<FolderLook> {
  const note = await read(path.join(folder, 'last-run.json'), parseRunNote)
  const since = note === undefined ? 0 : Date.parse(note.started) - SLACK
  const [records, kept, journals] = await Promise.all(
    ['records', 'artifacts', 'journal'].map(async name => await newFiles(path.join(folder, name), since))
  )
  const inFolders = async <T>(folders: readonly string[], file: string, parse: (text: string) => T) =>
    (await Promise.all(folders.map(async one => await read(path.join(one, file), parse)))).filter(
      (found): found is Awaited<T> & NonNullable<T> => found !== undefined && found !== null
    )
  const plans = await inFolders(records ?? [], 'plan.json', parsePlan)
  const metrics = await inFolders(kept ?? [], 'metrics.json', parseMetrics)
  return {
    note,
    plan: plans.at(-1),
    records: await recordsIn(records ?? []),
    metrics: metrics.flat(),
    journal: await newestJournal(journals ?? [])
  }
}

async function newestJournal(files: readonly string[]): Promise<JournalDocument | undefined> {
  const newest = files.at(-1)
  return newest === undefined ? undefined : await read(newest, parseJournal)
}

async function recordsIn(files: readonly string[]): Promise<Map<string, Digest>> {
  const found = await Promise.all(
    files.map(async (file): Promise<[string, Digest][]> => {
      const name = path.basename(file)
      const digest = await read(file, text => parseDigestRecord(name, Buffer.from(text)))
      return digest === undefined ? [] : [[name, digest]]
    })
  )
  return new Map(found.flat().sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The files and folders of a folder that were written since then, the oldest first. */
async function newFiles(folder: string, since: number): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  const dated = await Promise.all(
    names.map(async name => {
      const file = path.join(folder, name)
      const time = await stat(file).then(
        ({mtimeMs}) => mtimeMs,
        () => -1
      )
      return {file, time}
    })
  )
  return dated
    .filter(({time}) => time >= since)
    .sort((a, b) => a.time - b.time)
    .map(({file}) => file)
}

async function read<T>(file: string, parse: (text: string) => T): Promise<T | undefined> {
  try {
    return parse((await readForeignFile(file, MAX_FILE)).toString('utf8'))
  } catch {
    return undefined
  }
}
