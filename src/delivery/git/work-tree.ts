import {realpath, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {LARGE_BOUNDS} from '../../shared/yaml-bounds.js'
import {ReleaseError, messageOf, systemCodeOf} from '../../errors.js'
import {readForeignFile} from '../../shared/foreign-file.js'
import type {ManifestEdit} from '../manifests/manifest-edit.js'
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
    await assertNoLink(file)
    const bytes = await readForeignFile(file, LARGE_BOUNDS.bytes)
    // A byte order mark stays where it is.
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes)
  } catch (cause) {
    if (systemCodeOf(cause) === 'ENOENT') return undefined
    if (cause instanceof ReleaseError) throw cause
    throw new ReleaseError('DEPLOYMENT_INVALID', `${file}: it cannot be read: ${messageOf(cause)}`, {cause})
  }
}

/** A link may lead out of the folder, as one in a repository may. */
async function assertNoLink(file: string): Promise<void> {
  const [folder, real] = await Promise.all([realpath('.'), realpath(file)])
  if (real === path.join(folder, file)) return
  throw new ReleaseError('DEPLOYMENT_INVALID', `${file}: it is a link, or lies behind one, to ${real}`, {
    hint: 'Name the file itself, from the root of the repository.'
  })
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
