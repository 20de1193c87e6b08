import {readdir, rename, rm, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {ReleaseError, messageOf, systemCodeOf} from '../errors.js'
import {readBeginning} from '../shared/foreign-file.js'
import type {Artifacts, KeptBeginning, ArtifactFile} from '../ports.js'
import {makeFolder} from './own-folder.js'

/** What is read of a file: more than any document of a build has. */
const MAX_READ = 1024 * 1024

/**
 * Files that are kept, in a folder for each name.
 * @param most how many bytes of a file are read
 * @throws ReleaseError ARTIFACT_FAILED where they cannot be written; RECORD_INVALID for what cannot be read
 */
export function openFolderArtifacts(root: string, most = MAX_READ): Artifacts {
  return {
    async save(name, files) {
      const folder = path.join(root, plainName(name))
      try {
        await replaceFolder(folder, files)
        return folder
      } catch (cause) {
        throw new ReleaseError('ARTIFACT_FAILED', `${folder} cannot be written: ${messageOf(cause)}`, {
          cause,
          hint: 'Run this where a folder of the working directory can be written to.'
        })
      }
    },
    names: async () => (await entriesOf(root, 'isDirectory')).filter(name => !name.endsWith('.partial')),
    load: async name => await readFolder(path.join(root, plainName(name)), most)
  }
}

/** A name may come from a plan, which anyone may have written: it must not lead out of the folder. */
function plainName(name: string): string {
  if (name !== '' && name !== '.' && name !== '..' && !/[\\/]/.test(name)) return name
  throw new ReleaseError('ARTIFACT_FAILED', `${JSON.stringify(name)} is not a name for files that are kept`)
}

/** Written aside and renamed, so that nobody finds half of it. */
async function replaceFolder(folder: string, files: readonly ArtifactFile[]): Promise<void> {
  const partial = `${folder}.partial`
  await rm(partial, {recursive: true, force: true})
  await makeFolder(partial)
  for (const {name, text} of files) await writeFile(path.join(partial, plainName(name)), text)
  await rm(folder, {recursive: true, force: true})
  await rename(partial, folder)
}

async function readFolder(folder: string, most: number): Promise<KeptBeginning[] | undefined> {
  try {
    const names = await entriesOf(folder, 'isFile')
    const files = await Promise.all(
      names.map(async name => ({name, bytes: await readBeginning(path.join(folder, name), most)}))
    )
    return files.length === 0 ? undefined : files
  } catch (cause) {
    throw new ReleaseError('RECORD_INVALID', `${folder} cannot be read: ${messageOf(cause)}`, {cause})
  }
}

/** Links are left out: they could lead anywhere. */
async function entriesOf(folder: string, kind: 'isFile' | 'isDirectory'): Promise<string[]> {
  try {
    const entries = await readdir(folder, {withFileTypes: true})
    return entries.filter(entry => entry[kind]()).map(({name}) => name)
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return []
    throw error
  }
}
