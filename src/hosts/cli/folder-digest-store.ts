import {lstat, mkdir, readFile, rename, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {ReleaseError, messageOf, systemCodeOf} from '../../errors.js'
import type {DigestStore} from '../../ports.js'

/** Digest records as files of a folder, each named as its record. */
export function openFolderStore(folder: () => string): DigestStore {
  return {
    async save(name, record) {
      const file = path.join(folder(), name)
      await mkdir(folder(), {recursive: true})
      await writeFile(`${file}.partial`, record)
      await rename(`${file}.partial`, file)
      return file
    },
    async load(names) {
      const found = await Promise.all(
        names.map(async name => [name, await readRecord(path.join(folder(), name))] as const)
      )
      return new Map(found.filter((entry): entry is [string, Uint8Array] => entry[1] !== undefined))
    }
  }
}

/** A link could lead anywhere, and a folder is no record: both are refused rather than followed. */
async function readRecord(file: string): Promise<Uint8Array | undefined> {
  try {
    const status = await lstat(file)
    if (!status.isFile()) throw new ReleaseError('RECORD_INVALID', `record ${file} is not a file`)
    return await readFile(file)
  } catch (error) {
    if (error instanceof ReleaseError) throw error
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw new ReleaseError('RECORD_INVALID', `record ${file} cannot be read: ${messageOf(error)}`, {
      cause: error
    })
  }
}
