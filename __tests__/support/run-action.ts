import {spawn} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {text} from 'node:stream/consumers'
import {parse} from 'yaml'
import {findComponent} from './components.js'
import {type EventName, eventVariables} from './events.js'

const ROOT = path.resolve(import.meta.dirname, '../..')

/** What an action left behind. */
export interface ActionRun {
  readonly exitCode: number
  readonly outputs: Readonly<Record<string, string>>
  /** Variables for the steps after it. */
  readonly variables: Readonly<Record<string, string>>
  readonly summary: string
  /** The log, with workflow commands such as `::error::` in it. */
  readonly stdout: string
  readonly stderr: string
}

/** How an action is run. */
export interface ActionCall {
  readonly inputs: Readonly<Record<string, string>>
  /** The recorded event that started the workflow. */
  readonly event: EventName
  /** Further variables: another ref or commit, what the runner gives for artifacts, what earlier steps exported. */
  readonly variables?: Readonly<Record<string, string>>
  /** The work tree; a folder without anything, if it is absent. */
  readonly workspace?: string
  /** Where the actions are; this project, if it is absent. */
  readonly root?: string
}

interface Metadata {
  readonly inputs?: Readonly<Record<string, {readonly default?: string}>>
  readonly runs: {readonly using: string; readonly main: string}
}

/**
 * Runs an action as a runner does: from its action.yml, in a process of its own with Node 24 where that is installed,
 * with the inputs and the run's facts in variables, and results in files.
 * @param folder where the action.yml is, from the actions' root: '' for the root action
 */
export async function runAction(folder: string, call: ActionCall): Promise<ActionRun> {
  const {root = ROOT} = call
  const metadata = parse(readFileSync(path.join(root, folder, 'action.yml'), 'utf8')) as Metadata
  const temp = mkdtempSync(path.join(tmpdir(), 'runner-'))
  const files = Object.fromEntries(
    ['GITHUB_OUTPUT', 'GITHUB_ENV', 'GITHUB_STATE', 'GITHUB_PATH', 'GITHUB_STEP_SUMMARY'].map(name => [
      name,
      emptyFile(temp, name)
    ])
  )
  try {
    const env = {
      ...inputVariables(metadata, call.inputs),
      ...runVariables(temp, call),
      ...files,
      ...call.variables
    }
    const ended = await runNode(path.resolve(root, folder, metadata.runs.main), env, call.workspace ?? temp)
    const read = (name: keyof typeof files): string => readFileSync(files[name] ?? '', 'utf8')
    return {
      ...ended,
      outputs: parseFileCommands(read('GITHUB_OUTPUT')),
      variables: parseFileCommands(read('GITHUB_ENV')),
      summary: read('GITHUB_STEP_SUMMARY')
    }
  } finally {
    rmSync(temp, {recursive: true, force: true})
  }
}

function emptyFile(folder: string, name: string): string {
  const file = path.join(folder, name)
  writeFileSync(file, '')
  return file
}

/** Every declared input is set, to its default or to nothing where it is not given. One that is not declared is a fault of the test. */
function inputVariables(
  {inputs = {}}: Metadata,
  given: Readonly<Record<string, string>>
): Record<string, string> {
  const unknown = Object.keys(given).filter(name => !Object.hasOwn(inputs, name))
  if (unknown.length > 0) throw new Error(`Unexpected input(s) ${unknown.join(', ')}`)
  return Object.fromEntries(
    Object.entries(inputs).map(([name, {default: fallback = ''}]) => [
      `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
      given[name] ?? fallback
    ])
  )
}

function runVariables(temp: string, {event, workspace}: ActionCall): Record<string, string> {
  return {
    ...eventVariables(event),
    PATH: process.env['PATH'] ?? '',
    HOME: temp,
    CI: 'true',
    GITHUB_WORKSPACE: workspace ?? temp,
    RUNNER_TEMP: temp
  }
}

interface Ended {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

async function runNode(file: string, env: Record<string, string>, cwd: string): Promise<Ended> {
  const child = spawn(findComponent('node') ?? process.execPath, [file], {
    env,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const exitCode = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve(code ?? -1))
  })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return {exitCode: await exitCode, stdout, stderr}
}

/** Reads `name=value` and `name<<DELIMITER` (docs.github.com, "Workflow commands", multiline strings). */
function parseFileCommands(content: string): Record<string, string> {
  const values: Record<string, string> = {}
  const lines = content.split('\n')
  while (lines.length > 0) {
    const line = lines.shift() ?? ''
    const [, name = '', separator, rest = ''] = /^([^=<]+)(=|<<)(.*)$/.exec(line) ?? []
    if (separator === undefined) continue
    values[name] =
      separator === '='
        ? rest
        : lines
            .splice(0, lines.indexOf(rest) + 1)
            .slice(0, -1)
            .join('\n')
  }
  return values
}
