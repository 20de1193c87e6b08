import {mkdir, readFile, readdir, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {systemCodeOf} from '../errors.js'
import type {PlannedFile} from './onboarding-plan.js'
import type {RepositoryReader} from './repository-look.js'

/** Reads the current folder. */
export const workTree: RepositoryReader = {
  read: async file => await orNone(async () => await readFile(file, 'utf8')),
  list: async folder =>
    (await orNone(async () => await readdir(folder, {withFileTypes: true})))
      ?.filter(entry => entry.isFile())
      .map(({name}) => name) ?? []
}

/** Writes files below the current folder. */
export async function writeFiles(files: readonly PlannedFile[]): Promise<void> {
  for (const {file, after} of files) {
    await mkdir(path.dirname(file), {recursive: true})
    await writeFile(file, after)
  }
}

async function orNone<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return undefined
    throw error
  }
}
