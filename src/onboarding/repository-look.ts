import type {FoundFile, NamedFiles} from './found-file.js'
import {namedFiles} from './named-files.js'

/** What is known of a repository before anything is written into it. */
export interface RepositoryLook {
  /** The Containerfile that is built, where one is found. */
  readonly containerfile: string | undefined
  /** Other Containerfiles: they may be of other images. */
  readonly others: readonly string[]
  /** Other folders that have a Containerfile, each perhaps the context of an image of its own. */
  readonly contexts: readonly string[]
  /** What keeps files out of a build whose context is the root; undefined where there is no such file. */
  readonly dockerignore: string | undefined
  /** A file that holds the version alone. */
  readonly versionFile: string | undefined
  readonly workflows: readonly FoundFile[]
  readonly config: FoundFile | undefined
  /** What workflows name: actions of the repository, and the configuration of GoReleaser. */
  readonly named: NamedFiles
}

/** How a repository is read. */
export interface RepositoryReader {
  /** The text of a file; undefined where there is none. */
  readonly read: (file: string) => Promise<string | undefined>
  /** The names of the files of a folder; none where there is no such folder. */
  readonly list: (folder: string) => Promise<readonly string[]>
  /** The names of the folders of a folder, links left out. */
  readonly folders: (folder: string) => Promise<readonly string[]>
}

export const DOCKERIGNORE = '.dockerignore'
export const CONFIG = '.github/image-release.yml'
export const WORKFLOWS = '.github/workflows'

/** Where Containerfiles usually are, the likeliest first: these names in these folders. */
const NAMES = ['Containerfile', 'Dockerfile']
const FOLDERS = ['.', 'docker', 'build', 'deploy', 'container', '.docker']
/** Folders that hold what others made, or what is built for tests and shown. */
const STRANGE =
  /^(?:\..*|node_modules|vendor|third_party|dist|target|tests?|__tests__|testdata|fixtures|e2e|examples?|samples?|docs)$/
/** How far below the root, and in how many folders, Containerfiles are looked for. */
const DEPTH = 3
const MAX_FOLDERS = 500
const VERSION = /^\s*v?\d+\.\d+\.\d+[\w.+-]*\s*$/

/** Looks at a repository: what it builds, where its version stands, and which workflows it has. */
export async function lookAt(reader: RepositoryReader): Promise<RepositoryLook> {
  const {read, list} = reader
  const folders = await Promise.all(FOLDERS.map(async folder => [folder, await list(folder)] as const))
  const files = folders.flatMap(([folder, names]) =>
    NAMES.filter(name => names.includes(name)).map(name => (folder === '.' ? name : `${folder}/${name}`))
  )
  const [containerfile, ...others] = files
  const workflows = (await list(WORKFLOWS)).filter(name => /\.ya?ml$/.test(name)).sort()
  const [version, config, dockerignore, ...texts] = await Promise.all(
    ['VERSION', CONFIG, DOCKERIGNORE, ...workflows.map(name => `${WORKFLOWS}/${name}`)].map(read)
  )
  const found = workflows.map((name, position) => ({
    file: `${WORKFLOWS}/${name}`,
    text: texts[position] ?? ''
  }))
  return {
    containerfile,
    others,
    contexts: await contextsOf(reader),
    dockerignore,
    versionFile: VERSION.test(version ?? '') ? 'VERSION' : undefined,
    config: config === undefined ? undefined : {file: CONFIG, text: config},
    workflows: found,
    named: await textsOf(namedFiles(found), read)
  }
}

async function textsOf(files: readonly string[], read: RepositoryReader['read']): Promise<NamedFiles> {
  const texts = await Promise.all(files.map(async file => [file, await read(file)] as const))
  return new Map(texts.flatMap(([file, text]) => (text === undefined ? [] : [[file, text] as const])))
}

/** Folders below the usual ones that have a Containerfile, by name. */
async function contextsOf({list, folders}: RepositoryReader): Promise<string[]> {
  const found: string[] = []
  let [level, seen] = [['.'], 0]
  for (let depth = 0; depth < DEPTH && level.length > 0 && seen < MAX_FOLDERS; depth += 1) {
    const next = await Promise.all(
      level.map(async folder =>
        (await folders(folder))
          .filter(name => !STRANGE.test(name))
          .map(name => (folder === '.' ? name : `${folder}/${name}`))
      )
    )
    level = next
      .flat()
      .sort()
      .slice(0, MAX_FOLDERS - seen)
    seen += level.length
    const names = await Promise.all(level.map(list))
    found.push(
      ...level.filter(
        (folder, at) => !FOLDERS.includes(folder) && NAMES.some(name => names[at]?.includes(name))
      )
    )
  }
  return found.sort()
}
