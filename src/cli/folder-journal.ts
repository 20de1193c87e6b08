import {readdir, stat, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {ReleaseError, messageOf, systemCodeOf} from '../errors.js'
import {readForeignFile} from '../shared/foreign-file.js'
import type {Journal, NewestRun} from '../ports.js'
import {MAX_JOURNAL, journalStem} from '../host/journal-file.js'
import {makeFolder} from './own-folder.js'
import {lastRun} from './run-notes.js'

/**
 * Journals as files of a folder, `1.2.3.json`; the second of a version is `1.2.3@2.json`, for the first may be all that
 * is known of how the tags stood before. `1.2.3-2` is another version.
 * @throws ReleaseError ARTIFACT_FAILED where it cannot be written
 */
export function openFolderJournal(folder: string): Journal {
  return {
    save: async (name, text) => {
      try {
        await makeFolder(folder)
        return await writeNew(path.join(folder, journalStem(name)), text)
      } catch (cause) {
        const isFull = ['ENOSPC', 'EDQUOT'].includes(systemCodeOf(cause) ?? '')
        throw new ReleaseError(
          'ARTIFACT_FAILED',
          `the journal cannot be written to ${folder}: ${messageOf(cause)}`,
          {
            cause,
            hint: isFull
              ? 'No tag was moved. The disk is full: free some space, then run this again.'
              : 'No tag was moved. Run this where a folder of the working directory can be written to.'
          }
        )
      }
    },
    async find(name) {
      const stem = journalStem(name)
      try {
        const files = (await readdir(folder)).filter(file => isNumbered(file, stem)).sort()
        const read = async (file: string): Promise<string> =>
          (await readForeignFile(path.join(folder, file), MAX_JOURNAL)).toString('utf8')
        return await Promise.all(files.map(read))
      } catch {
        return []
      }
    }
  }
}

/** `1.2.3.json`, `1.2.3@2.json`: no version has that sign. */
function isNumbered(file: string, stem: string): boolean {
  return file.startsWith(stem) && /^(?:@\d+)?\.json$/.test(file.slice(stem.length))
}

async function writeNew(stem: string, text: string): Promise<string> {
  for (let number = 1; ; number = await nextNumber(stem)) {
    const file = number === 1 ? `${stem}.json` : `${stem}@${number}.json`
    try {
      await writeFile(file, `${text}\n`, {flag: 'wx'})
      return file
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw error
    }
  }
}

/** Behind the last: a release by hand may have been tried hundreds of times. */
async function nextNumber(stem: string): Promise<number> {
  const files = await readdir(path.dirname(stem))
  const numbers = files.filter(file => isNumbered(file, path.basename(stem))).map(numberOf)
  return Math.max(...numbers, 1) + 1
}

/**
 * The last run, by its note, and the journals of the version that has the newest one.
 * @param own the folder of the note
 * @param folder that of the journals
 */
export async function newestRun(own: string, folder: string): Promise<NewestRun> {
  const [run, journals] = await Promise.all([lastRun(own), newestJournals(folder)])
  return {note: run?.note, isRunning: run?.isRunning === true, journals}
}

async function newestJournals(folder: string): Promise<NewestRun['journals']> {
  try {
    const files = (await readdir(folder)).filter(file => file.endsWith('.json'))
    const times = await Promise.all(
      files.map(async file => ({file, time: (await stat(path.join(folder, file))).mtimeMs}))
    )
    const newest = times.sort((a, b) => a.time - b.time || numberOf(a.file) - numberOf(b.file)).at(-1)
    if (newest === undefined) return []
    const stem = newest.file.replace(/(?:@\d+)?\.json$/, '')
    const tries = times.map(({file}) => file).filter(file => isNumbered(file, stem))
    return await Promise.all(
      tries
        .sort((a, b) => numberOf(a) - numberOf(b))
        .map(async file => ({
          place: path.join(folder, file),
          text: (await readForeignFile(path.join(folder, file), MAX_JOURNAL)).toString('utf8')
        }))
    )
  } catch {
    return []
  }
}

function numberOf(file: string): number {
  return Number(/@(\d+)\.json$/.exec(file)?.[1] ?? 1)
}
