import {existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {findComponent} from '../components.js'

const FIXTURES = path.resolve(import.meta.dirname, '../../fixtures/hosted')

/** The images that the workflows of this project run on, by the label that `runs-on` says. */
export const HOSTED_IMAGES = ['ubuntu-24.04', 'ubuntu-24.04-arm'] as const

/** What a hosted image has, by its published list. */
export interface HostedImage {
  readonly image: string
  readonly version: string
  /** Where the list is from, and when it was read. */
  readonly source: string
  readonly read: string
  /** The names of programs: of the list's tools, of its packages, of what these bring along, of any Ubuntu. */
  readonly tools: Readonly<Record<string, readonly string[]>>
  readonly apt: Readonly<Record<string, readonly string[]>>
  readonly dependencies: Readonly<Record<string, readonly string[]>>
  readonly base: Readonly<Record<string, readonly string[]>>
}

/** Reads the list of an image. */
export function hostedImage(label: string): HostedImage {
  return JSON.parse(readFileSync(path.join(FIXTURES, `${label}.json`), 'utf8')) as HostedImage
}

/** The names of all programs that an image has. */
export function programsOf({tools, apt, dependencies, base}: HostedImage): ReadonlySet<string> {
  return new Set([tools, apt, dependencies, base].flatMap(list => Object.values(list).flat()))
}

/** Programs that need a login, which stand-ins for all tests ask for. */
export const CLOUD_PROGRAMS = ['aws', 'az', 'gcloud'] as const

/**
 * Fills a folder with the programs of an image that this machine has, and with no others.
 * @param standIns texts of shell scripts, by the program that they stand in for; each must be on the image's list
 */
export function installImage(
  folder: string,
  label: string,
  standIns: Readonly<Record<string, string>>
): void {
  const programs = programsOf(hostedImage(label))
  for (const name of Object.keys(standIns))
    if (!programs.has(name)) throw new Error(`${label} has no program ${name}: only a step may install it`)
  mkdirSync(folder, {recursive: true})
  for (const name of programs) {
    const standIn = standIns[name] ?? cloudProgram(name)
    const found = findOnMachine(name)
    if (standIn !== undefined) writeProgram(path.join(folder, name), standIn)
    else if (found !== undefined) symlinkSync(found, path.join(folder, name))
  }
}

/** Writes a shell script, or one of Node where its first line says so. */
export function writeProgram(file: string, text: string): void {
  writeFileSync(file, text.startsWith('#!') ? text : `#!/bin/sh\n${text}\n`, {mode: 0o755})
}

function cloudProgram(name: string): string | undefined {
  if (!CLOUD_PROGRAMS.some(program => program === name)) return undefined
  return readFileSync(path.join(FIXTURES, 'programs', `${name}.mjs`), 'utf8')
}

/** The runner's own Node is that of the actions; everything else is the machine's, and nothing is a component's. */
function findOnMachine(name: string): string | undefined {
  if (name === 'node') return findComponent('node')
  const folders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin']
  return folders.map(folder => path.join(folder, name)).find(file => existsSync(file))
}

/** The stand-ins for actions of others that there are, with what the real ones take. */
export interface KnownAction {
  readonly version: string
  readonly source: string
  readonly read: string
  /** Defaults by the name of the input; null for none. */
  readonly inputs: Readonly<Record<string, string | null>>
  /** Inputs that it refuses to do without. */
  readonly required?: readonly string[]
  readonly outputs?: readonly string[]
  /** The program that it installs. */
  readonly installs?: string
  /** It is an output where that is, and not on the search path. */
  readonly isOffPath?: boolean
  /** The folder of the workspace that it makes for itself, and deletes. */
  readonly deletes?: string
  /** What runs, of `fixtures/hosted/actions`; an action that installs needs none. */
  readonly main?: string
  readonly post?: string
}

/** All actions that workflows may use, by what `uses` says up to the `@`. */
export function knownActions(): Readonly<Record<string, KnownAction>> {
  return JSON.parse(readFileSync(path.join(FIXTURES, 'actions.json'), 'utf8')) as Record<string, KnownAction>
}

/** Writes the stand-ins as folders of repositories. Returns the folders by the name of the repository. */
export function writeActions(folder: string): Readonly<Record<string, string>> {
  const repositories: Record<string, string> = {}
  for (const [name, action] of Object.entries(knownActions())) {
    const [owner = '', repository = '', ...below] = name.split('/')
    const root = path.join(folder, `${owner}+${repository}`)
    writeAction(path.join(root, ...below), name, action)
    repositories[`${owner}/${repository}`] = root
  }
  return repositories
}

function writeAction(folder: string, name: string, action: KnownAction): void {
  mkdirSync(folder, {recursive: true})
  const scripts = path.join(FIXTURES, 'actions')
  for (const file of readdirSync(scripts))
    writeFileSync(path.join(folder, file), readFileSync(path.join(scripts, file)))
  const inputs = Object.entries(action.inputs).map(([input, value]): [string, object] => [
    input,
    {description: input, ...(value === null ? {} : {default: value})}
  ])
  const main = action.main ?? 'install.mjs'
  writeFileSync(path.join(folder, 'action.json'), JSON.stringify({name, ...action}))
  writeFileSync(path.join(folder, 'main.mjs'), `import './refuse-inputs.mjs'\nawait import('./${main}')\n`)
  const runs = {using: 'node24', main: 'main.mjs', ...(action.post === undefined ? {} : {post: action.post})}
  const outputs = Object.fromEntries((action.outputs ?? []).map(output => [output, {description: output}]))
  const content = {
    name,
    description: `Stands in for ${name}.`,
    inputs: Object.fromEntries(inputs),
    outputs,
    runs
  }
  // JSON is YAML.
  writeFileSync(path.join(folder, 'action.yml'), JSON.stringify(content))
}
