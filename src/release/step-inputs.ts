import type {InputTable, InputValues} from '../command/input.js'
import {parseInputs} from '../command/input.js'
import type {Ports} from '../ports.js'
import {buildInputs} from '../building/inputs/build-inputs.js'
import {releaseInput} from '../command/shared-inputs.js'
import type {Command, OutputTable} from '../command/command.js'
import {computeTags} from '../planning/compute-tags.js'
import {type Configurable, configure} from '../planning/settings/settings.js'
import {CONFIG_FILE} from '../command/config-place.js'
import {assertNoOpposites} from '../cleanup/cleanup-checks.js'
import {cleanupLatest} from '../cleanup/cleanup-latest.js'
import {mergeManifest} from '../publishing/merge-manifest.js'
import {preflight} from '../onboarding/preflight.js'
import {releaseNotesCommand} from '../delivery/release-notes.js'
import {verifyRelease} from '../publishing/verify-release.js'
import {type ReleaseValues, passedInputs} from './release-inputs.js'

/** What each step of a release is given, as if it were called by itself: by the file of settings, and by this call. */
export interface StepInputs {
  readonly plan: InputValues<typeof computeTags.inputs>
  readonly preflight: InputValues<typeof preflight.inputs>
  readonly build: InputValues<typeof buildInputs>
  readonly merge: InputValues<typeof mergeManifest.inputs>
  readonly verify: InputValues<typeof verifyRelease.inputs>
  /** Without the release, which is not made yet. */
  readonly notes: Omit<InputValues<typeof releaseNotesCommand.inputs>, 'release'>
  readonly cleanup: InputValues<typeof cleanupLatest.inputs>
  /** The commands that have a section of their own in the file of settings. */
  readonly sections: ReadonlySet<string>
}

/**
 * Reads what every step is given before the first one begins: a fault of the last is no reason to build first.
 * @throws InputError with the faults of the first command that has some, by the lines of the file of settings
 */
export async function readStepInputs(
  given: ReleaseValues,
  ports: Pick<Ports, 'readText'>
): Promise<StepInputs> {
  const read = async <Table extends InputTable>(name: string, table: Table): Promise<InputValues<Table>> =>
    await readSection({table, section: name}, given, ports)
  const token = {'github-token': given['github-token']}
  const notes = {...releaseNotesCommand.inputs, release: releaseInput}
  const sections = await sectionsIn(given.config, ports)
  const cleanup = {...(await readOf(cleanupLatest, read)), ...token, ...givenOf('cleanup-latest', given)}
  assertNoOpposites(cleanup)
  return {
    plan: {...parseInputs(computeTags.inputs, {}), ...given},
    preflight: {...(await readOf(preflight, read)), ...token},
    build: {...(await read('build-by-digest', buildInputs)), ...givenOf('build-by-digest', given)},
    merge: {...(await readOf(mergeManifest, read)), ...token, ...givenOf('merge-manifest', given)},
    verify: await readOf(verifyRelease, read),
    notes: {...(await read('release-notes', notes)), ...token},
    cleanup,
    sections
  }
}

async function readOf<Inputs extends InputTable, Out extends OutputTable>(
  {name, inputs}: Command<Inputs, Out>,
  read: (name: string, table: Inputs) => Promise<InputValues<Inputs>>
): Promise<InputValues<Inputs>> {
  return await read(name, inputs)
}

/** Logins and plain registries are those of this call, beside those of the section. */
async function readSection<Table extends InputTable>(
  {table, section}: Configurable & {readonly table: Table},
  given: ReleaseValues,
  {readText}: Pick<Ports, 'readText'>
): Promise<InputValues<Table>> {
  const config = await configure({table, section}, {config: given.config}, readText)
  const values = await config.within(() => Promise.resolve(parseInputs(table, config.texts)))
  const {insecure = []} = values as {insecure?: readonly string[]}
  return {
    ...values,
    config: given.config,
    insecure: [...insecure, ...given.insecure],
    'registry-credentials': given['registry-credentials']
  }
}

/** What this call says of a step; what it does not say is left to the file. */
function givenOf<Name extends keyof typeof passedInputs>(
  command: Name,
  given: ReleaseValues
): {
  readonly [Input in keyof (typeof passedInputs)[Name] & keyof ReleaseValues]?: NonNullable<
    ReleaseValues[Input]
  >
} {
  const names = Object.keys(passedInputs[command])
  const said = Object.entries(given).filter(([name, value]) => names.includes(name) && value !== undefined)
  return Object.fromEntries(said) as ReturnType<typeof givenOf<Name>>
}

async function sectionsIn(
  file: string | undefined,
  {readText}: Pick<Ports, 'readText'>
): Promise<Set<string>> {
  const text = await readText(file?.trim() || CONFIG_FILE)
  if (text === undefined) return new Set()
  const {topKeys} = await import('../planning/settings/section-texts.js')
  return new Set(topKeys(text))
}
