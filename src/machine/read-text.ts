import {InputError, messageOf, systemCodeOf} from '../errors.js'
import {readForeignFile} from '../shared/foreign-file.js'

/** More than any file that a plan reads: versions, lists of variants, settings. */
const MAX_LENGTH = 1024 * 1024

/**
 * The text of a file; undefined where there is none. The path is taken from the current folder.
 * @throws InputError where it cannot be read, or is larger than any file that a plan reads
 */
export async function readText(file: string): Promise<string | undefined> {
  try {
    return (await readForeignFile(file, MAX_LENGTH)).toString('utf8').replace(/^\uFEFF/, '')
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(cause) ?? '')) return undefined
    throw new InputError([{input: file, message: `it cannot be read: ${messageOf(cause)}`}], {cause})
  }
}
