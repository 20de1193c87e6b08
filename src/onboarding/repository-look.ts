/** A file that was found, with its text. */
export interface FoundFile {
  /** From the root of the repository. */
  readonly file: string
  readonly text: string
}

/** What is known of a repository before anything is written into it. */
export interface RepositoryLook {
  /** The Containerfile that is built, where one is found. */
  readonly containerfile: string | undefined
  /** Other Containerfiles: they may be of other images. */
  readonly others: readonly string[]
  /** A file that holds the version alone. */
  readonly versionFile: string | undefined
  readonly workflows: readonly FoundFile[]
  readonly config: FoundFile | undefined
}

/** How a repository is read. */
export interface RepositoryReader {
  /** The text of a file; undefined where there is none. */
  readonly read: (file: string) => Promise<string | undefined>
  /** The names of the files of a folder; none where there is no such folder. */
  readonly list: (folder: string) => Promise<readonly string[]>
}

export const CONFIG = '.github/image-release.yml'
export const WORKFLOWS = '.github/workflows'

/** Where Containerfiles usually are, the likeliest first: these names in these folders. */
const NAMES = ['Containerfile', 'Dockerfile']
const FOLDERS = ['.', 'docker', 'build', 'deploy', 'container', '.docker']
const VERSION = /^\s*v?\d+\.\d+\.\d+[\w.+-]*\s*$/

/** Looks at a repository: what it builds, where its version stands, and which workflows it has. */
export async function lookAt({read, list}: RepositoryReader): Promise<RepositoryLook> {
  const folders = await Promise.all(FOLDERS.map(async folder => [folder, await list(folder)] as const))
  const files = folders.flatMap(([folder, names]) =>
    NAMES.filter(name => names.includes(name)).map(name => (folder === '.' ? name : `${folder}/${name}`))
  )
  const [containerfile, ...others] = files
  const workflows = (await list(WORKFLOWS)).filter(name => /\.ya?ml$/.test(name)).sort()
  const [version, config, ...texts] = await Promise.all(
    ['VERSION', CONFIG, ...workflows.map(name => `${WORKFLOWS}/${name}`)].map(read)
  )
  return {
    containerfile,
    others,
    versionFile: VERSION.test(version ?? '') ? 'VERSION' : undefined,
    config: config === undefined ? undefined : {file: CONFIG, text: config},
    workflows: workflows.map((name, position) => ({
      file: `${WORKFLOWS}/${name}`,
      text: texts[position] ?? ''
    }))
  }
}
