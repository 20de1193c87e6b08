import {readFile} from 'node:fs/promises'
import {InputError, messageOf} from '../errors.js'
import type {Ports} from '../ports.js'
import type {WorkflowRun} from '../workflow-run.js'
import {withoutUndefined} from './without-undefined.js'

type Environment = Readonly<Record<string, string | undefined>>

/** What is read of an event's payload (docs.github.com, "Webhook events and payloads"). */
interface EventPayload {
  readonly base_ref?: string | null
  readonly before?: string
  readonly schedule?: string
  readonly inputs?: Readonly<Record<string, string | number | boolean | null>> | null
  readonly client_payload?: Readonly<Record<string, string | number | boolean | object | null>> | null
  readonly head_commit?: {readonly timestamp?: string} | null
  readonly merge_group?: {readonly base_sha?: string; readonly head_commit?: {readonly timestamp?: string}}
  readonly release?: {readonly prerelease?: boolean}
  readonly repository?: {
    readonly default_branch?: string
    readonly description?: string | null
    readonly full_name?: string
    readonly license?: {readonly spdx_id?: string | null} | null
  }
  readonly pull_request?: {
    readonly number?: number
    readonly base?: {readonly ref?: string; readonly sha?: string}
    readonly head?: {readonly sha?: string; readonly repo?: {readonly full_name?: string} | null}
  }
  readonly workflow_run?: {
    readonly event?: string
    readonly actor?: {readonly login?: string} | null
    /** Null where the fork is deleted. */
    readonly head_repository?: {readonly full_name?: string} | null
  }
}

/**
 * The facts of a GitHub Actions run, from its variables and its event file; no request is made.
 * @throws InputError where a variable that every runner sets is missing, or the event file cannot be read
 */
export async function readGithubRun(
  environment: Environment,
  ports: Pick<Ports, 'exec' | 'clock'>
): Promise<WorkflowRun> {
  assertSet(environment, ['GITHUB_EVENT_NAME', 'GITHUB_REF', 'GITHUB_SHA', 'GITHUB_REPOSITORY'])
  const payload = await readPayload(environment['GITHUB_EVENT_PATH'])
  const sha = environment['GITHUB_SHA'] ?? ''
  const run = {
    event: environment['GITHUB_EVENT_NAME'] ?? '',
    ref: environment['GITHUB_REF'] ?? '',
    sha,
    startedAt: new Date(ports.clock.now()).toISOString(),
    attempt: Number(environment['GITHUB_RUN_ATTEMPT'] || 1),
    actor: environment['GITHUB_ACTOR'],
    runId: environment['GITHUB_RUN_ID'],
    schedule: payload.schedule,
    inputs: inputsOf(payload),
    defaultBranch: payload.repository?.default_branch,
    prerelease: payload.release?.prerelease,
    commitDate:
      payload.head_commit?.timestamp ??
      payload.merge_group?.head_commit?.timestamp ??
      (await commitDateInGit(sha, ports)),
    baseSha: baseShaOf(payload),
    source: sourceOf(environment, payload),
    ...pullRequestOf(environment, payload),
    ...followedOf(payload)
  }
  return withoutUndefined(run)
}

function sourceOf(environment: Environment, {repository}: EventPayload): WorkflowRun['source'] {
  const fullName = environment['GITHUB_REPOSITORY'] ?? ''
  return withoutUndefined({
    fullName,
    url: `${environment['GITHUB_SERVER_URL'] ?? 'https://github.com'}/${fullName}`,
    description: repository?.description ?? undefined,
    license: repository?.license?.spdx_id ?? undefined
  })
}

/** What a person filled in, or what a program sent: values alone, as texts. */
function inputsOf({inputs, client_payload: sent}: EventPayload): WorkflowRun['inputs'] {
  const entries = Object.entries(inputs ?? sent ?? {}).flatMap(([name, value]): [string, string][] =>
    typeof value === 'object' ? [] : [[name, String(value)]]
  )
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** A push that makes a branch or a Git tag has zeros for the commit before. */
function baseShaOf({before, merge_group: queue, pull_request: pull}: EventPayload): string | undefined {
  const base = pull?.base?.sha ?? queue?.base_sha ?? before ?? ''
  return /^[0-9a-f]{40,64}$/.test(base) && !/^0+$/.test(base) ? base : undefined
}

function pullRequestOf(environment: Environment, payload: EventPayload): Partial<WorkflowRun> {
  const {pull_request: pull, repository} = payload
  const baseRef = [environment['GITHUB_BASE_REF'], pull?.base?.ref, payload.base_ref].find(Boolean)
  const headRepository = pull?.head?.repo?.full_name
  return withoutUndefined({
    pullRequest: pull?.number,
    headSha: pull?.head?.sha,
    baseRef: baseRef?.replace(/^refs\/heads\//, ''),
    fork: pull === undefined ? undefined : headRepository !== repository?.full_name
  })
}

/** A run that follows another one runs on the default branch, whoever wrote what the other one ran on. */
function followedOf({workflow_run: followed, repository}: EventPayload): Partial<WorkflowRun> {
  if (followed === undefined) return {}
  return {
    fork: followed.head_repository?.full_name !== repository?.full_name,
    follows: withoutUndefined({event: followed.event ?? '', actor: followed.actor?.login})
  }
}

/** Events such as pull_request and schedule do not say when the commit was made; a checkout knows. */
async function commitDateInGit(sha: string, {exec}: Pick<Ports, 'exec'>): Promise<string | undefined> {
  try {
    const {exitCode, stdout} = await exec('git', ['log', '-1', '--format=%cI', sha])
    return exitCode === 0 && stdout.trim() !== '' ? stdout.trim() : undefined
  } catch {
    return undefined
  }
}

function assertSet(environment: Environment, names: readonly string[]): void {
  const missing = names.filter(name => !environment[name])
  if (missing.length === 0) return
  throw new InputError(
    missing.map(input => ({input, message: 'is not set; an action needs the variables of a runner'}))
  )
}

async function readPayload(file: string | undefined): Promise<EventPayload> {
  if (file === undefined || file === '') return {}
  try {
    return (JSON.parse(await readFile(file, 'utf8')) as EventPayload | null) ?? {}
  } catch (error) {
    throw new InputError([
      {input: 'GITHUB_EVENT_PATH', message: `${file} cannot be read: ${messageOf(error)}`}
    ])
  }
}
