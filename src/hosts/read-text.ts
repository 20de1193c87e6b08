import {readFile} from 'node:fs/promises'
import {InputError, messageOf, systemCodeOf} from '../errors.js'

/** More than any file that a plan reads: versions, lists of variants, settings. */
const MAX_LENGTH = 1024 * 1024

/**
 * The text of a file; undefined where there is none. The path is taken from the current folder.
 * @throws InputError where it cannot be read, or is larger than any file that a plan reads
 */
export async function readText(file: string): Promise<string | undefined> {
  try {
    const bytes = await readFile(file)
    if (bytes.length <= MAX_LENGTH) return bytes.toString('utf8').replace(/^\uFEFF/, '')
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(cause) ?? '')) return undefined
    throw new InputError([{input: file, message: `it cannot be read: ${messageOf(cause)}`}], {cause})
  }
  throw new InputError([{input: file, message: `it is larger than ${MAX_LENGTH} bytes`}])
}
