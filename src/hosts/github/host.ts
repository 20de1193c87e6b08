import type {Command, Outputs} from '../../commands/command.js'
import type {Artifacts, Caches, DigestStore, Journal, Ports} from '../../ports.js'
import {causeLines, errorLines} from '../error-lines.js'
import type {WorkflowRun} from '../../workflow-run.js'
import type {Host} from '../host.js'
import {readGitRun} from '../git-run.js'
import {gatherTexts} from '../input-texts.js'
import {openSystemPorts} from '../system-ports.js'
import {orInLog} from './journal-in-log.js'
import {githubReporter} from './reporter.js'
import {type WorkflowCommands, openWorkflowCommands} from './workflow-commands.js'
import {readGithubRun} from '../github-run.js'

/** A host that can also say which command the root action was asked for. */
export interface GithubHost extends Host {
  commandInput(): string
}

/** Opens the host of a GitHub Actions step. */
export function openGithubHost(): GithubHost {
  const commands = openWorkflowCommands({
    environment: process.env,
    write: text => void process.stdout.write(text)
  })
  const reporter = githubReporter(commands)
  const {ports, close} = openSystemPorts({
    reporter,
    digests: artifactStore(),
    journal: orInLog(artifactJournal(), reporter),
    artifacts: workflowArtifacts(),
    caches: workflowCaches(),
    confirm:
      () =>
      (_, unasked = true) =>
        Promise.resolve(unasked),
    readRun: async (facts, source) => await readRun(facts, source)
  })
  return {
    ports,
    commandInput: () => commands.input('command').trim(),
    read: async command => {
      const gathered = await gatherTexts(command.inputs, name => commands.input(name), process.env)
      for (const [name, {secret, variable}] of Object.entries(command.inputs))
        if (secret) forget(commands, name, variable)
      return gathered
    },
    hide: secret => hideSecret(commands, secret),
    write: (command, outputs) => writeOutputs(commands, command, outputs),
    fail(error) {
      for (const line of causeLines(error)) commands.annotate('debug', line)
      commands.annotate('error', errorLines(error).join('\n'))
      process.exitCode = 1
    },
    close
  }
}

/** With `context: git` the checkout says what is built; who started the run and why, the runner says as ever. */
async function readRun(
  facts: Pick<Ports, 'exec' | 'clock'>,
  source: 'workflow' | 'git'
): Promise<WorkflowRun> {
  const run = await readGithubRun(process.env, facts)
  if (source === 'workflow') return run
  const {ref, sha, commitDate} = await readGitRun({}, facts)
  return {...run, ref, sha, ...(commitDate === undefined ? {} : {commitDate})}
}

/** The artifact client is large: it is loaded by the commands that hand digests over, when they do. */
function artifactStore(): DigestStore {
  const open = async (): Promise<DigestStore> =>
    (await import('./artifact-digest-store.js')).openArtifactStore(process.env['RUNNER_TEMP'], {
      name: process.env['GITHUB_JOB'],
      attempt: process.env['GITHUB_RUN_ATTEMPT'],
      token: process.env['ACTIONS_RUNTIME_TOKEN']
    })
  return {
    save: async (name, record, build) => await (await open()).save(name, record, build),
    load: async (names, plan) => await (await open()).load(names, plan)
  }
}

/** Files for people and later jobs, by the same client. */
function workflowArtifacts(): Artifacts {
  const open = async (): Promise<Artifacts> =>
    (await import('./artifact-files.js')).openArtifactFiles(process.env['RUNNER_TEMP'])
  return {
    save: async (name, files) => await (await open()).save(name, files),
    names: async () => await (await open()).names(),
    load: async name => await (await open()).load(name)
  }
}

/** One client for all of a step: it knows what it has brought back. */
function workflowCaches(): Caches {
  const state: {opened?: Promise<Caches>} = {}
  const open = async (): Promise<Caches> =>
    (await import('./actions-caches.js')).openActionsCaches(process.env['RUNNER_TEMP'])
  return {
    restore: async name => await (await (state.opened ??= open())).restore(name),
    save: async (name, content) => await (await (state.opened ??= open())).save(name, content)
  }
}

/** What stood at the tags, beside the records: of a run's attempts, each has its own. */
function artifactJournal(): Journal {
  const {RUNNER_TEMP: temp, GITHUB_RUN_ATTEMPT: attempt} = process.env
  return {
    save: async (name, text) => {
      const {openArtifactJournal} = await import('./artifact-journal.js')
      return await openArtifactJournal(attempt || '1', temp).save(name, text)
    }
  }
}

/** What was read is in no variable any more, so that no program and no library finds it there. */
function forget(commands: WorkflowCommands, name: string, variable: string | undefined): void {
  for (const one of [commands.variableOf(name), variable])
    if (one !== undefined) Reflect.deleteProperty(process.env, one)
}

function hideSecret(commands: WorkflowCommands, secret: string | undefined): void {
  for (const line of (secret ?? '').split(/\r?\n/).filter(text => text.trim() !== '')) commands.mask(line)
}

function writeOutputs(commands: WorkflowCommands, command: Command, outputs: Outputs): void {
  const isExporting = process.env['DOCKER_METADATA_SET_OUTPUT_ENV'] !== 'false'
  for (const [name, value] of Object.entries(outputs)) {
    commands.setOutput(name, value)
    if (isExporting && command.exports?.outputs.includes(name) === true)
      commands.exportVariable(`${command.exports.prefix}${name.replace(/\W/g, '_').toUpperCase()}`, value)
  }
}
