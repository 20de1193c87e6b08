import {existsSync, readFileSync, readdirSync} from 'node:fs'
import path from 'node:path'
import {ACTION_COMMANDS, COMMANDS, WHOLE_RELEASE, loadCommand} from '../src/commands.js'
import type {Command} from '../src/command/command.js'
import {type Branding, commandMetadata, rootMetadata} from './action-metadata.js'
import {configSchema} from './config-schema.js'
import {fillSections} from './document-sections.js'
import {pageAssets} from './page-assets.js'
import {settingNames} from './setting-names.js'
import {fillRoomsSection} from './rooms-section.js'
import {fillDifferencesSection} from './differences-section.js'
import {fillSupportSection} from './support-section.js'
import {fillTrustSection} from './trust-section.js'
import {fillWorkflowSections} from './workflow-sections.js'

/** The project's folder. */
export const ROOT = path.resolve(import.meta.dirname, '..')

/** A file that is made from tables, wholly or in its marked sections. */
export interface GeneratedFile {
  /** From the project's folder. */
  readonly path: string
  readonly content: string
  /** False where what stands in the file is something else. */
  readonly isFresh: boolean
}

/** All generated files as they ought to be. */
export async function generatedFiles(): Promise<readonly GeneratedFile[]> {
  // One after the other: jest cannot load modules that share others at the same time.
  const commands: Command[] = []
  for (const name of COMMANDS.keys()) commands.push(await loadCommand(name))
  const made = [
    ...metadataFiles(commands),
    ...schemas(commands),
    ...documents(commands),
    ...sources(commands)
  ]
  return made.map(([file, content]) => ({
    path: file,
    content,
    isFresh: readIfThere(file) === content
  }))
}

/** Actions in folders of their own. The stubs in dist are built from the same list, so none is without its entry point. */
export function readBrandings(): ReadonlyMap<string, Branding> {
  const list = JSON.parse(readFileSync(path.join(ROOT, 'scripts/actions.json'), 'utf8')) as ({
    readonly name: string
  } & Branding)[]
  return new Map(list.map(({name, icon, color}) => [name, {icon, color}]))
}

function metadataFiles(commands: readonly Command[]): [string, string][] {
  const brandings = readBrandings()
  const actions = commands.filter(({name}) => ACTION_COMMANDS.includes(name))
  return [
    ['action.yml', rootMetadata(actions, {icon: 'package', color: 'blue'}, WHOLE_RELEASE)],
    ...actions.flatMap((command): [string, string][] => {
      const branding = brandings.get(command.name)
      return branding === undefined
        ? []
        : [[`${command.name}/action.yml`, commandMetadata(command, branding)]]
    })
  ]
}

function schemas(commands: readonly Command[]): [string, string][] {
  const inputs = commands.find(({name}) => name === 'compute-tags')?.inputs ?? {}
  const sections = commands.filter(({settings}) => settings === 'section')
  const tables = new Map(sections.map(({name, inputs: table}) => [name, table]))
  return [['schema/image-release.schema.json', configSchema(inputs, tables)]]
}

function sources(commands: readonly Command[]): [string, string][] {
  return [
    ['src/planning/settings/setting-names.ts', settingNames(commands)],
    ['src/reporting/page-assets.ts', pageAssets(ROOT)]
  ]
}

function documents(commands: readonly Command[]): [string, string][] {
  return ['README.md', ...markdownIn('docs')].flatMap((file): [string, string][] => {
    const text = readIfThere(file)
    return text === undefined ? [] : [[file, fillDocument(file, text, commands)]]
  })
}

function fillDocument(file: string, text: string, commands: readonly Command[]): string {
  try {
    const pages = path.posix.relative(path.posix.dirname(file), 'docs/reference')
    const filled = fillWorkflowSections(fillSections(text, commands, pages), readWorkflow)
    return fillDifferencesSection(fillRoomsSection(fillSupportSection(fillTrustSection(filled))))
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, {cause: error})
  }
}

function readWorkflow(file: string): string {
  return readFileSync(path.join(ROOT, '.github/workflows', file), 'utf8')
}

function markdownIn(folder: string): string[] {
  if (!existsSync(path.join(ROOT, folder))) return []
  return readdirSync(path.join(ROOT, folder), {recursive: true, encoding: 'utf8'})
    .filter(file => file.endsWith('.md'))
    .map(file => path.posix.join(folder, file))
    .sort()
}

function readIfThere(file: string): string | undefined {
  const whole = path.join(ROOT, file)
  return existsSync(whole) ? readFileSync(whole, 'utf8') : undefined
}
