import {readdir, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {ReleaseError, messageOf, systemCodeOf} from '../errors.js'
import {readForeignFile} from '../shared/foreign-file.js'
import type {Journal} from '../ports.js'
import {MAX_JOURNAL, journalStem} from '../host/journal-file.js'
import {makeFolder} from './own-folder.js'

/**
 * Journals as files of a folder, `1.2.3.json`; the second of a version is `1.2.3-2.json`, for the first may be all that
 * is known of how the tags stood before.
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

/** `1.2.3.json`, `1.2.3-2.json`; another version may begin so, but it has no such number behind it. */
function isNumbered(file: string, stem: string): boolean {
  return file.startsWith(stem) && /^(?:-\d+)?\.json$/.test(file.slice(stem.length))
}

async function writeNew(stem: string, text: string): Promise<string> {
  for (let number = 1; ; number++) {
    const file = number === 1 ? `${stem}.json` : `${stem}-${number}.json`
    try {
      await writeFile(file, `${text}\n`, {flag: 'wx'})
      return file
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw error
    }
  }
}
