import {execFileSync, spawn} from 'node:child_process'
import {mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {text} from 'node:stream/consumers'
import {component, componentPath} from './components.js'

/** What is needed to run a workflow. */
export interface WorkflowCall {
  /** A Git work tree that holds the workflow, and what it uses by `./`. */
  readonly folder: string
  /** From the folder. */
  readonly file: string
  /** `owner/name` */
  readonly repository: string
  readonly event: {readonly name: string; readonly payload: object}
  /** What `vars` holds. */
  readonly variables?: Readonly<Record<string, string>>
  readonly secrets?: Readonly<Record<string, string>>
  /** Variables of every step's process. */
  readonly env?: Readonly<Record<string, string>>
  /** Folders that stand in for actions of others, by what `uses` says up to the `@`. */
  readonly standIns?: Readonly<Record<string, string>>
  /** Folders of repositories with actions and workflows, by their names; they are used at `@v1`. */
  readonly actions?: Readonly<Record<string, string>>
  /** A folder of programs that are found before all others. */
  readonly programs?: string
  /** Jobs at the same time; as many as the machine has processors, if it is absent. */
  readonly jobs?: number
  /** Who started the run. */
  readonly actor?: string
}

/** How a workflow ended. */
export interface WorkflowEnd {
  readonly exitCode: number
  readonly log: string
}

/** Every label that the workflows of this project run on; all are this machine. */
const LABELS = ['ubuntu-24.04', 'ubuntu-24.04-arm']

/**
 * Runs a workflow from its own YAML by act, with jobs, matrix and needs, on this machine and without containers.
 * Its checkout copies the work tree; nothing is fetched.
 */
export async function runWorkflow(call: WorkflowCall): Promise<WorkflowEnd> {
  const temp = mkdtempSync(path.join(tmpdir(), 'act-'))
  try {
    commitAll(call)
    const child = spawn(component('act'), [call.event.name, ...argumentsOf(call, temp)], {
      cwd: call.folder,
      // act keeps its copies of the work tree in the cache folder, and its first-run question in the other.
      env: {
        PATH: [call.programs, componentPath].filter(Boolean).join(':'),
        HOME: temp,
        XDG_CACHE_HOME: temp,
        XDG_CONFIG_HOME: temp
      },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    const exitCode = new Promise<number>(resolve => child.once('close', code => resolve(code ?? -1)))
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    return {exitCode: await exitCode, log: stdout + stderr}
  } finally {
    rmSync(temp, {recursive: true, force: true})
  }
}

function argumentsOf(call: WorkflowCall, temp: string): string[] {
  const {file, event, variables = {}, secrets = {}, env = {}} = call
  const write = (name: string, content: string): string => {
    writeFileSync(path.join(temp, name), content)
    return path.join(temp, name)
  }
  return [
    ...['--workflows', file],
    ...LABELS.flatMap(label => ['--platform', `${label}=-self-hosted`]),
    ...localActions(call),
    ...(call.actor === undefined ? [] : ['--actor', call.actor]),
    ...(call.jobs === undefined ? [] : ['--concurrent-jobs', String(call.jobs)]),
    '--no-cache-server',
    ...['--eventpath', write('event.json', JSON.stringify(event.payload))],
    ...['--var-file', write('vars', formatVariables(variables))],
    ...['--secret-file', write('secrets', formatVariables(secrets))],
    ...['--env-file', write('env', formatVariables(env))]
  ]
}

/** act wants the whole of what `uses` says, which is read from the workflows. */
function localActions({folder, standIns = {}, actions = {}}: WorkflowCall): string[] {
  const texts = [folder, ...Object.values(actions)].flatMap(textsOfWorkflows)
  const own = Object.entries(actions).flatMap(([name, at]) => ['--local-repository', `${name}@v1=${at}`])
  const others = Object.entries(standIns).flatMap(([action, standIn]) => {
    const pattern = new RegExp(`\\b${action}(?:/[\\w/-]+)?@([0-9a-f]{40})`, 'g')
    const used = new Set(texts.flatMap(content => [...content.matchAll(pattern)].map(([, commit]) => commit)))
    return [...used].flatMap(commit => ['--local-repository', `${action}@${commit ?? ''}=${standIn}`])
  })
  return [...own, ...others]
}

/** Workflows, and the actions beside them. */
function textsOfWorkflows(folder: string): string[] {
  const own = path.join(folder, '.github')
  const files = readdirSync(own, {recursive: true, encoding: 'utf8'}).filter(file => /\.ya?ml$/.test(file))
  return files.map(file => readFileSync(path.join(own, file), 'utf8'))
}

/** In quotes, so that a value may have several lines. */
function formatVariables(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
    .join('')
}

/** act takes the repository's name from the remote, and the commit from what is checked out. */
function commitAll({folder, repository}: WorkflowCall): void {
  const git = (...args: string[]): string => execFileSync('git', args, {cwd: folder, encoding: 'utf8'})
  git('config', 'remote.origin.url', `https://github.com/${repository}`)
  git('config', 'user.name', 'Test')
  git('config', 'user.email', 'test@example.org')
  git('add', '--all')
  // Run again, it is the same commit.
  if (git('status', '--porcelain') !== '' || git('rev-list', '--all', '--max-count=1') === '')
    git('commit', '--quiet', '--allow-empty', '--message', 'Test')
}
