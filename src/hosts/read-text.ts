import {readFile} from 'node:fs/promises'
import {ReleaseError, messageOf, systemCodeOf} from '../errors.js'

/** More than any file that a plan reads: versions, lists of variants, settings. */
const MAX_LENGTH = 1024 * 1024

/**
 * The text of a file; undefined where there is none. The path is taken from the current folder.
 * @throws ReleaseError INPUT_INVALID where it cannot be read, or is no such file
 */
export async function readText(file: string): Promise<string | undefined> {
  try {
    const bytes = await readFile(file)
    if (bytes.length <= MAX_LENGTH) return bytes.toString('utf8').replace(/^\uFEFF/, '')
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(cause) ?? '')) return undefined
    throw new ReleaseError('INPUT_INVALID', `${file} cannot be read: ${messageOf(cause)}`, {cause})
  }
  throw new ReleaseError('INPUT_INVALID', `${file} is larger than ${MAX_LENGTH} bytes`)
}
