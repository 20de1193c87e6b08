import {InputError} from '../../errors.js'
import type {InputTable, Texts} from '../../command/input.js'
import type {Ports} from '../../ports.js'
import {CONFIG_FILE} from '../../command/config-place.js'

/** The texts of inputs, with those of the file of settings, and the way to say where in the file a fault is. */
export interface ConfiguredTexts {
  readonly texts: Texts
  /** Does something with the inputs; what is wrong with them is said by the lines of the file that they come from. */
  within<T>(work: () => Promise<T>): Promise<T>
}

/** Whose settings are read: the inputs of a command, and the section of the file where they do not stand at the top. */
export interface Configurable {
  readonly table: InputTable
  readonly section?: string | undefined
}

/** The commands that have a section of their own in the file of settings. */
export const SECTIONS: readonly string[] = [
  'build-by-digest',
  'merge-manifest',
  'verify-release',
  'promote-release',
  'cleanup-latest',
  'release-notes',
  'update-manifests',
  'preflight',
  'report'
]

/** Settings at the top of the file that not every command with settings there reads: explain asks nobody what changed, and writes no bake file. */
export const OF_ONE_COMMAND: readonly string[] = ['paths', 'dependency-paths', 'changed-since', 'bake-target']

/**
 * Lays inputs over the file of settings. Where there is no file, nothing is loaded to read one.
 * @throws InputError where a file that the input `config` names is not there, or with all faults of the file
 */
export async function configure(
  {table, section}: Configurable,
  given: Texts,
  readText: Ports['readText']
): Promise<ConfiguredTexts> {
  const named = given['config']?.trim() ?? ''
  const file = named === '' ? CONFIG_FILE : named
  const text = await readText(file)
  if (text === undefined && named !== '')
    throw new InputError([{input: 'config', message: `there is no file ${file}`}])
  if (text === undefined) return unconfigured(given)
  const {parseConfigFile} = await import('./config-file.js')
  const others = [...SECTIONS, ...OF_ONE_COMMAND, ...(section === undefined ? [] : await topSettings())]
  const {SETTING_NAMES} = await import('./setting-names.js')
  const config = parseConfigFile(file, text, {table, section, others, places: SETTING_NAMES})
  const own = Object.entries(given).filter(([, value]) => value !== undefined && value.trim() !== '')
  const isOwn = new Set(own.map(([name]) => name))
  return {
    texts: {...given, ...config.texts, ...Object.fromEntries(own)},
    async within(work) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof InputError)) throw error
        throw new InputError(
          error.issues.map(issue => (isOwn.has(issue.input) ? issue : config.locate(issue)))
        )
      }
    }
  }
}

/** What is at the top of the file. A command with a section reads none of it, and still tells it from a slip. */
async function topSettings(): Promise<string[]> {
  const {SETTING_NAMES} = await import('./setting-names.js')
  return SETTING_NAMES.top.split(' ')
}

/** The texts of inputs by themselves. */
export function unconfigured(texts: Texts): ConfiguredTexts {
  return {texts, within: async work => await work()}
}
