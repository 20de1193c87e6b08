import {mkdir, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {ReleaseError, messageOf, systemCodeOf} from '../../errors.js'
import type {Journal} from '../../ports.js'

/**
 * Journals as files of a folder, `1.2.3.json`; the second of a version is `1.2.3-2.json`, for the first may be all that
 * is known of how the tags stood before.
 * @throws ReleaseError ARTIFACT_FAILED where it cannot be written
 */
export function openFolderJournal(folder: string): Journal {
  return {
    save: async (name, text) => {
      try {
        await mkdir(folder, {recursive: true})
        return await writeNew(path.join(folder, name.replaceAll(/[^A-Za-z0-9._-]|^\.+/g, '-')), text)
      } catch (cause) {
        throw new ReleaseError(
          'ARTIFACT_FAILED',
          `the journal cannot be written to ${folder}: ${messageOf(cause)}`,
          {
            cause,
            hint: 'No tag was moved. Run this where a folder of the working directory can be written to.'
          }
        )
      }
    }
  }
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
