import {mkdir, readdir, stat, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {InputError, messageOf, systemCodeOf} from '../errors.js'
import {readForeignFile} from '../shared/foreign-file.js'
import type {PlannedFile} from './onboarding-plan.js'
import type {RepositoryReader} from './repository-look.js'

/** Bytes of a file that is looked at: Containerfiles, workflows, versions and settings have some hundred lines. */
const MAX_FILE = 1024 * 1024

/** The root of the repository around the current folder, by its `.git`; the current folder where there is none. */
export async function repositoryRoot(): Promise<string> {
  const here = path.resolve('.')
  for (let folder = here; ; folder = path.dirname(folder)) {
    // In a work tree of another one, and in a submodule, it is a file.
    if ((await orNone(async () => await stat(path.join(folder, '.git')))) !== undefined) return folder
    if (path.dirname(folder) === folder) return here
  }
}

const entriesIn = async (folder: string) => await readdir(folder, {withFileTypes: true})

/** Reads a repository on this machine, by paths from its root. */
export function workTreeAt(root: string): RepositoryReader {
  const entriesOf = async (folder: string): Promise<Awaited<ReturnType<typeof entriesIn>>> =>
    (await orNone(async () => await entriesIn(path.join(root, folder)))) ?? []
  const namesOf = (entries: readonly {readonly name: string}[]): string[] => entries.map(({name}) => name)
  return {
    read: async file => await orNone(async () => await textOf(root, file)),
    list: async folder => namesOf((await entriesOf(folder)).filter(entry => entry.isFile())),
    folders: async folder => namesOf((await entriesOf(folder)).filter(entry => entry.isDirectory()))
  }
}

/** Writes files of a repository. */
export async function writeFiles(root: string, files: readonly PlannedFile[]): Promise<void> {
  for (const {file, after} of files) {
    const whole = path.join(root, file)
    await mkdir(path.dirname(whole), {recursive: true})
    await writeFile(whole, after)
  }
}

async function textOf(root: string, file: string): Promise<string> {
  try {
    return (await readForeignFile(path.join(root, file), MAX_FILE)).toString('utf8')
  } catch (cause) {
    if (systemCodeOf(cause) !== undefined) throw cause
    throw new InputError([{input: file, message: `it cannot be read: ${messageOf(cause)}`}], {cause})
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
