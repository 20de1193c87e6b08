import {lstat, mkdir, rename, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {ReleaseError, messageOf, systemCodeOf} from '../../errors.js'
import type {DigestStore} from '../../ports.js'
import {readBeginning} from '../file-beginning.js'

/** A record has 71 bytes; of a larger file only so much is read, enough to say what is wrong with it. */
const MAX_RECORD = 4096

/**
 * Digest records as files of a folder, each named as its record.
 * @throws ReleaseError RECORD_INVALID for a name or file that can be none; ARTIFACT_FAILED where it cannot be written
 */
export function openFolderStore(folder: () => string): DigestStore {
  return {
    save: async (name, record) => await writeRecord(fileOf(folder(), name), record),
    async load(names) {
      const found = await Promise.all(
        names.map(async name => [name, await readRecord(fileOf(folder(), name))] as const)
      )
      return new Map(found.filter((entry): entry is [string, Uint8Array] => entry[1] !== undefined))
    }
  }
}

/** A name comes from a plan, which anyone may have written: it must not lead out of the folder. */
function fileOf(folder: string, name: string): string {
  if (name !== '' && name !== '.' && name !== '..' && path.basename(name) === name)
    return path.join(folder, name)
  throw new ReleaseError('RECORD_INVALID', `${JSON.stringify(name)} is not a name that a record may have`)
}

/** Written aside and renamed, so that nobody finds half a record. */
async function writeRecord(file: string, record: Uint8Array): Promise<string> {
  try {
    await mkdir(path.dirname(file), {recursive: true})
    await writeFile(`${file}.partial`, record)
    await rename(`${file}.partial`, file)
    return file
  } catch (cause) {
    throw new ReleaseError('ARTIFACT_FAILED', `record ${file} cannot be written: ${messageOf(cause)}`, {
      cause,
      hint: 'Name a folder that can be written to: --records FOLDER.'
    })
  }
}

/** A link could lead anywhere, and a folder is no record: both are refused rather than followed. */
async function readRecord(file: string): Promise<Uint8Array | undefined> {
  try {
    const status = await lstat(file)
    if (!status.isFile()) throw new ReleaseError('RECORD_INVALID', `record ${file} is not a file`)
    return await readBeginning(file, MAX_RECORD)
  } catch (error) {
    if (error instanceof ReleaseError) throw error
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw new ReleaseError('RECORD_INVALID', `record ${file} cannot be read: ${messageOf(error)}`, {
      cause: error
    })
  }
}
