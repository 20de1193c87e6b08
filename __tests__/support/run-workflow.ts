import {execFileSync, spawn} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {createInterface} from 'node:readline'
import {text} from 'node:stream/consumers'
import {component} from './components.js'
import type {HostedGit} from './hosted/hosted-git.js'
import {HOSTED_IMAGES, knownActions} from './hosted/hosted-image.js'
import {OF_THIS_MACHINE, type HostedMachines} from './hosted/hosted-machines.js'
import {type JobGate, type LogEntry, type Review, startJobGate} from './hosted/job-gate.js'
import {jobClaims} from './hosted/job-identity.js'
import {type Permissions, jobToken} from './hosted/job-token.js'
import {actionFaults, faultsBeforeStart, secretNameFault} from './hosted/workflow-faults.js'
import {
  type RunFacts,
  type Workflow,
  layer,
  parseWorkflow,
  permissionsOfJob
} from './hosted/workflow-layer.js'

/** What is needed to run a workflow. */
export interface WorkflowCall {
  /** The repository; what runs is what it has at the commit. */
  readonly git: HostedGit
  /** `owner/name` */
  readonly repository: string
  /** From the folder of the repository. */
  readonly file: string
  readonly event: {readonly name: string; readonly ref: string; readonly payload: object}
  readonly machines: HostedMachines
  /** What `vars` holds. */
  readonly variables?: Readonly<Record<string, string>>
  readonly secrets?: Readonly<Record<string, string>>
  readonly facts?: Partial<RunFacts>
  /** Variables of every step's process that lead to what stands in for the internet. */
  readonly env?: Readonly<Record<string, string>>
  /** Folders of repositories with actions and workflows, by their names; they are used at `@v1`. */
  readonly actions?: Readonly<Record<string, string>>
  /** Jobs at the same time; as many as the machine has processors, if it is absent. */
  readonly jobs?: number
  /** Who started the run. */
  readonly actor?: string
  /** Reviews the jobs of those environments that `facts` says to have required reviewers. */
  readonly review?: Review
}

/** How a workflow ended. */
export interface WorkflowEnd {
  readonly exitCode: number
  readonly log: string
}

let runs = 0

/**
 * Runs a workflow from its own YAML by act, with jobs, matrix and needs, on this machine and without containers, made as
 * strict as GitHub by the layer over it. What GitHub refuses before it starts a job is the log of a run that failed.
 */
export async function runWorkflow(call: WorkflowCall): Promise<WorkflowEnd> {
  const temp = mkdtempSync(path.join(tmpdir(), 'act-'))
  const {git, repository, file, event} = call
  const sha = git.publish(event.ref)
  const claims = jobClaims({repository, file, sha, ref: event.ref, event: event.name})
  const gate = await startJobGate(call.review ?? (() => Promise.resolve('rejected')), claims)
  try {
    const files = takeFiles(call, sha, temp)
    const faults = findFaults(call, files)
    if (faults.length > 0) return {exitCode: 1, log: `The workflow is not valid. ${faults.join('\n')}`}
    const actions = layerFiles(call, files, temp)
    return await runAct(call, {temp, gate, sha, actions, texts: Object.values(files)})
  } finally {
    await gate.stop()
    call.machines.clean()
    rmSync(temp, {recursive: true, force: true})
  }
}

/** The texts of `.github` at the commit, by their paths. */
function takeFiles({git}: WorkflowCall, sha: string, temp: string): Record<string, string> {
  const folder = path.join(temp, 'taken')
  mkdirSync(folder)
  const archive = execFileSync('git', ['-C', git.bare, 'archive', sha, '.github'])
  execFileSync('tar', ['-x', '-C', folder], {input: archive})
  return textsBelow(folder)
}

function textsBelow(folder: string): Record<string, string> {
  const files = readdirSync(path.join(folder, '.github'), {recursive: true, encoding: 'utf8'})
  const yaml = files.filter(file => /\.ya?ml$/.test(file)).map(file => path.join('.github', file))
  return Object.fromEntries(yaml.map(file => [file, readFileSync(path.join(folder, file), 'utf8')]))
}

/** What `uses` says of a workflow that is called, in a file of the repository or of the actions. */
function calledText(
  {actions = {}}: WorkflowCall,
  files: Readonly<Record<string, string>>,
  uses: string
): string | undefined {
  if (uses.startsWith('./')) return files[uses.slice(2)]
  const [, repository = '', file = ''] = /^([^/]+\/[^/]+)\/(.+)@v1$/.exec(uses) ?? []
  const folder = actions[repository]
  return folder === undefined ? undefined : readFileSync(path.join(folder, file), 'utf8')
}

function findFaults(call: WorkflowCall, files: Readonly<Record<string, string>>): string[] {
  const workflow = parseWorkflow(files[call.file] ?? '')
  const find = (uses: string): Workflow | undefined => {
    const found = calledText(call, files, uses)
    return found === undefined ? undefined : parseWorkflow(found)
  }
  const own = Object.keys(call.actions ?? {})
  const called = Object.values(workflow.jobs).flatMap(({uses}) =>
    uses === undefined ? [] : [calledText(call, files, uses) ?? '']
  )
  const isConcerned = (file: string): boolean => file === call.file || file.includes('/actions/')
  const texts = Object.entries(files).flatMap(([file, content]) => (isConcerned(file) ? [content] : []))
  return [
    ...Object.keys(call.secrets ?? {}).flatMap(name => secretNameFault(name) ?? []),
    ...faultsBeforeStart(workflow, find),
    ...actionFaults([...texts, ...called], knownActions(), own)
  ]
}

/** Writes the workflow, and those that it calls, as the emulator is to run them. Returns the folders of the actions. */
function layerFiles(
  call: WorkflowCall,
  files: Readonly<Record<string, string>>,
  temp: string
): Record<string, string> {
  const facts: RunFacts = {isReadOnly: false, isFork: false, environments: {}, reviewed: [], ...call.facts}
  const workflow = parseWorkflow(files[call.file] ?? '')
  const write = (folder: string, file: string, content: string): void => {
    mkdirSync(path.dirname(path.join(temp, folder, file)), {recursive: true})
    rmSync(path.join(temp, folder, file), {force: true})
    writeFileSync(path.join(temp, folder, file), content)
  }
  const actions = Object.entries(call.actions ?? {}).map(([name, folder]) => {
    const copy = path.join(temp, 'actions', name)
    mkdirSync(path.dirname(copy), {recursive: true})
    execFileSync('cp', ['-al', folder, copy])
    return [name, copy] as const
  })
  const uses: Record<string, string> = {}
  for (const [name, job] of Object.entries(workflow.jobs)) {
    const content = job.uses === undefined ? undefined : calledText(call, files, job.uses)
    if (job.uses === undefined || content === undefined) continue
    const layered = layer(content, facts, {allowed: permissionsOfJob(workflow, job)})
    uses[name] = job.uses.replace(/[^/]+\.ya?ml/, file => `${name}-${file}`)
    const [, repository = '', file = ''] = /^([^/]+\/[^/]+)\/(.+)@v1$/.exec(uses[name]) ?? []
    if (job.uses.startsWith('./')) write('work', uses[name].slice(2), layered)
    else write(path.join('actions', repository), file, layered)
  }
  write('work', call.file, layer(files[call.file] ?? '', facts, {uses}))
  return Object.fromEntries(actions)
}

interface Started {
  readonly temp: string
  readonly gate: JobGate
  readonly sha: string
  readonly actions: Readonly<Record<string, string>>
  readonly texts: readonly string[]
}

/**
 * act gives each step a terminal, reads it beside the step, and forgets what it has not read yet where the step fails, often
 * the line that says why. On GitHub a step has no terminal: where none can be opened, act reads a pipe to its end.
 */
function actCommand(): readonly [string, ...string[]] {
  const act = component('act')
  if (process.getuid?.() !== 0) return [act]
  const script = '/bin/mount --bind /dev/null /dev/ptmx && exec "$0" "$@"'
  return ['/usr/bin/unshare', '--mount', '--propagation', 'slave', '/bin/sh', '-c', script, act]
}

async function runAct(call: WorkflowCall, started: Started): Promise<WorkflowEnd> {
  const {temp, gate} = started
  const [program, ...start] = actCommand()
  const child = spawn(program, [...start, call.event.name, ...argumentsOf(call, started)], {
    cwd: path.join(temp, 'work'),
    // act keeps its folders of jobs in the cache folder, and its first-run question in the other.
    env: {
      ...OF_THIS_MACHINE,
      ...{PATH: call.machines.path, HOME: temp, XDG_CACHE_HOME: temp, XDG_CONFIG_HOME: temp, LANG: 'C.UTF-8'}
    },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const exitCode = new Promise<number>(resolve => child.once('close', code => resolve(code ?? -1)))
  const lines: string[] = []
  createInterface({input: child.stdout}).on('line', line => lines.push(...readLine(line, gate)))
  const stderr = await text(child.stderr)
  const code = await exitCode
  const log = [...lines, stderr].join('\n')
  // A job that no label finds a machine for waits for ever on GitHub.
  return {exitCode: code === 0 && log.includes('Skipping unsupported platform') ? 1 : code, log}
}

interface Entry extends LogEntry {
  readonly msg?: string
  readonly raw_output?: boolean
}

/** A line of the log as the emulator writes it for people. */
function readLine(line: string, gate: JobGate): string[] {
  if (!line.startsWith('{')) return [line]
  const entry = JSON.parse(line) as Entry
  gate.read(entry)
  if (entry.command === 'hosted-outputs') return []
  const message = (entry.msg ?? '').replace(/\n$/, '')
  const start = entry.job === undefined ? '' : `[${entry.job}] ${entry.raw_output === true ? '  | ' : ''}`
  return [`${start}${message}`]
}

function argumentsOf(call: WorkflowCall, {temp, gate, sha, actions, texts}: Started): string[] {
  const {file, variables = {}, secrets = {}} = call
  const write = (name: string, content: string): string => {
    writeFileSync(path.join(temp, name), content)
    return path.join(temp, name)
  }
  const env = {
    ...call.env,
    ...call.machines.env(temp),
    ...githubVariables(call, sha),
    HOSTED_GATE: gate.url
  }
  const nothing: Permissions = {}
  return [
    ...['--workflows', file, '--json', '--no-skip-checkout', '--no-cache-server', '--rm'],
    ...HOSTED_IMAGES.flatMap(label => ['--platform', `${label}=-self-hosted`]),
    ...Object.entries(actions).flatMap(([name, at]) => ['--local-repository', `${name}@v1=${at}`]),
    ...standIns(call, texts),
    ...['--actor', call.actor ?? 'octocat'],
    ...(call.jobs === undefined ? [] : ['--concurrent-jobs', String(call.jobs)]),
    ...['--eventpath', write('event.json', JSON.stringify(payloadOf(call, sha)))],
    ...['--var-file', write('vars', formatVariables(variables))],
    ...['--secret-file', write('secrets', formatVariables({...secrets, GITHUB_TOKEN: jobToken(nothing)}))],
    ...['--env-file', write('env', formatVariables(env))]
  ]
}

/** What GitHub sends of the event: of a pull request, with the commits that it is about. */
function payloadOf({git, repository, event: {ref, payload}, facts}: WorkflowCall, sha: string): object {
  const {repository: given, pull_request: pull} = payload as {
    readonly repository?: object
    readonly pull_request?: {readonly head?: object; readonly base?: object}
  }
  const own = {full_name: repository, default_branch: 'main', ...given}
  const fork = {full_name: `somebody/${repository.split('/')[1] ?? ''}`, fork: true}
  if (!ref.startsWith('refs/pull/') || pull === undefined) return {ref, ...payload, repository: own}
  const [base, head] = [1, 2].map(parent => git.git('rev-parse', `${sha}^${parent}`))
  const pullRequest = {
    ...pull,
    head: {...pull.head, sha: head, repo: facts?.isFork === true ? fork : {...own, fork: false}},
    base: {...pull.base, sha: base, repo: own}
  }
  return {...payload, pull_request: pullRequest, repository: own}
}

function githubVariables({repository, event}: WorkflowCall, sha: string): Record<string, string> {
  return {
    GITHUB_REPOSITORY: repository,
    GITHUB_REPOSITORY_OWNER: repository.split('/')[0] ?? '',
    GITHUB_REF: event.ref,
    SHA_REF: sha,
    GITHUB_REF_TYPE: event.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    GITHUB_RUN_ID: String(1000 + ++runs),
    GITHUB_RUN_NUMBER: String(runs),
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RETENTION_DAYS: '90'
  }
}

/** act wants the whole of what `uses` says, which is read from the workflows. */
function standIns({actions = {}, machines}: WorkflowCall, texts: readonly string[]): string[] {
  const all = [...texts, ...Object.values(actions).flatMap(folder => Object.values(textsBelow(folder)))]
  return Object.entries(machines.actions).flatMap(([action, standIn]) => {
    const used = all.flatMap(
      content => content.match(new RegExp(`\\b${action}(?:/[\\w/-]+)?@[0-9a-f]{40}`, 'g')) ?? []
    )
    const refs = new Set(used.map(uses => uses.split('@')[1] ?? ''))
    return [...refs].flatMap(ref => ['--local-repository', `${action}@${ref}=${standIn}`])
  })
}

/** In quotes, so that a value may have several lines. */
function formatVariables(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
    .join('')
}
