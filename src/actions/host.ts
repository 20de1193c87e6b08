import type {Command, Outputs} from '../command/command.js'
import {maskLines} from '../command/mask-forms.js'
import type {Artifacts, Caches, DigestStore, Journal, Ports, Reporter} from '../ports.js'
import type {Documents} from '../host/documents.js'
import {causeLines, errorLines} from '../host/error-lines.js'
import type {WorkflowRun} from '../contracts/workflow-run.js'
import type {Host} from '../host/host.js'
import {readGitRun} from '../ci/git-run.js'
import {gatherTexts} from '../host/raw-inputs.js'
import {type HostParts, openSystemPorts} from '../machine/system-ports.js'
import {MAX_OUTPUT, keepDocuments} from './document-outputs.js'
import {emptyDocumentLines, emptyDocuments} from './empty-documents.js'
import {orInLog} from './journal-in-log.js'
import {githubReporter} from './reporter.js'
import {type WorkflowCommands, openWorkflowCommands} from './workflow-commands.js'
import {readGithubRun} from '../ci/github-run.js'

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
  const {ports, close} = openSystemPorts(hostParts(reporter))
  const documents = artifactDocuments()
  const state: {empty: readonly string[]} = {empty: []}
  return {
    ports,
    commandInput: () => commands.input('command').trim(),
    async read(command) {
      const textOf = (name: string): string => commands.input(name)
      const texts = await gatherTexts(command.inputs, {textOf, environment: process.env, documents})
      for (const [name, {secret, variable}] of Object.entries(command.inputs))
        if (secret) forget(commands, name, variable)
      state.empty = emptyDocuments(command.inputs, texts.texts)
      return texts
    },
    hide: secret => hideSecret(commands, secret),
    begin: () => undefined,
    async write(command, outputs) {
      const service = process.env['ACTIONS_RUNTIME_TOKEN'] ? documents : undefined
      const passed = await keepDocuments(command, outputs, {documents: service, reporter})
      writeOutputs({commands, reporter}, command, passed)
    },
    fail(error) {
      for (const line of causeLines(error)) commands.annotate('debug', line)
      const lines = [...errorLines(error), ...emptyDocumentLines(error, state.empty)]
      commands.annotate('error', lines.join('\n'))
      process.exitCode = 1
    },
    close
  }
}

function hostParts(reporter: Reporter): HostParts {
  return {
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
    load: async (names, plan) => await (await open()).load(names, plan),
    find: async (name, build) => await (await open()).find(name, build)
  }
}

/** Files for people and later jobs, by the same client. */
function workflowArtifacts(): Artifacts {
  const {RUNNER_TEMP: temp, GITHUB_SERVER_URL: server = '', GITHUB_REPOSITORY: repository = ''} = process.env
  const run = `${server}/${repository}/actions/runs/${process.env['GITHUB_RUN_ID'] ?? ''}`
  const open = async () => (await import('./artifact-files.js')).openArtifactFiles(temp, run)
  return {
    save: async (name, files) => await (await open()).save(name, files),
    saveAsIs: async file => await (await open()).saveAsIs(file),
    names: async () => await (await open()).names(),
    load: async name => await (await open()).load(name)
  }
}

/** What crosses jobs beside outputs, by the same client. */
function artifactDocuments(): Documents {
  const open = async (): Promise<Documents> =>
    (await import('./artifact-documents.js')).openArtifactDocuments(process.env['RUNNER_TEMP'])
  return {
    save: async (name, files) => {
      await (await open()).save(name, files)
    },
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

/** What was at the tags, beside the records: of a run's attempts, each has its own. */
function artifactJournal(): Journal {
  const {RUNNER_TEMP: temp, GITHUB_RUN_ATTEMPT: attempt} = process.env
  const open = async (): Promise<Journal> =>
    (await import('./artifact-journal.js')).openArtifactJournal(attempt || '1', temp)
  return {
    save: async (name, text) => await (await open()).save(name, text),
    find: async name => await (await open()).find(name)
  }
}

/** What was read is in no variable any more, so that no program and no library finds it there. */
function forget(commands: WorkflowCommands, name: string, variable: string | undefined): void {
  for (const one of [commands.variableOf(name), variable])
    if (one !== undefined) Reflect.deleteProperty(process.env, one)
}

function hideSecret(commands: WorkflowCommands, secret: string | undefined): void {
  for (const line of maskLines(secret ?? '')) commands.mask(line)
}

interface OutputPorts {
  readonly commands: WorkflowCommands
  readonly reporter: Pick<Reporter, 'warning'>
}

function writeOutputs({commands, reporter}: OutputPorts, command: Command, outputs: Outputs): void {
  const isExporting = process.env['DOCKER_METADATA_SET_OUTPUT_ENV'] !== 'false'
  for (const [name, value] of Object.entries(outputs)) {
    commands.setOutput(name, value)
    if (!isExporting || command.exports?.outputs.includes(name) !== true) continue
    const variable = `${command.exports.prefix}${name.replace(/\W/g, '_').toUpperCase()}`
    if (Buffer.byteLength(value) <= MAX_OUTPUT) commands.exportVariable(variable, value)
    else
      reporter.warning(
        `${variable} is not set: with ${Buffer.byteLength(value)} bytes no later program of the job could start. The output ${name} has it.`
      )
  }
}
