import {readFile, writeFile} from 'node:fs/promises'
import {ReleaseError, messageOf, systemCodeOf} from '../errors.js'
import type {ManifestEdit} from './manifest-edit.js'
import type {Editing} from './manifest-delivery.js'

/**
 * Edits files of the current folder, for those who commit by themselves.
 * @throws ReleaseError DEPLOYMENT_INVALID where one cannot be read or written
 */
export async function editWorkTree(edit: Editing, isDry: boolean): Promise<ManifestEdit> {
  const made = await edit(readText)
  if (!isDry) for (const [file, text] of made.files) await writeText(file, text)
  return made
}

async function readText(file: string): Promise<string | undefined> {
  try {
    const bytes = await readFile(file)
    // A byte order mark stays where it is.
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes)
  } catch (cause) {
    if (systemCodeOf(cause) === 'ENOENT') return undefined
    throw new ReleaseError('DEPLOYMENT_INVALID', `${file}: it cannot be read: ${messageOf(cause)}`, {cause})
  }
}

async function writeText(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text)
  } catch (cause) {
    throw new ReleaseError('DEPLOYMENT_INVALID', `${file}: it cannot be written: ${messageOf(cause)}`, {
      cause
    })
  }
}
