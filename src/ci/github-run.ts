import {InputError, messageOf} from '../errors.js'
import {readForeignFile} from '../shared/foreign-file.js'
import type {Ports} from '../ports.js'
import type {WorkflowRun} from '../contracts/workflow-run.js'
import {withoutUndefined} from '../shared/omit-undefined.js'
import {type JsonObject, isObject} from '../shared/json.js'

type Environment = Readonly<Record<string, string | undefined>>

/** Bytes of an event: GitHub sends none above 25 MB (docs.github.com, "Webhook events and payloads"). */
const MAX_EVENT = 32 * 1024 * 1024

/**
 * An event's payload (docs.github.com, "Webhook events and payloads"), field by field: what is absent, null (as the
 * repository of a deleted fork is), or of another type than GitHub's is not there.
 */
class EventPayload {
  readonly #document: unknown

  constructor(document: unknown) {
    this.#document = document
  }

  text(...path: readonly string[]): string | undefined {
    const found = this.#at(path)
    return typeof found === 'string' ? found : undefined
  }

  number(...path: readonly string[]): number | undefined {
    const found = this.#at(path)
    return typeof found === 'number' ? found : undefined
  }

  flag(...path: readonly string[]): boolean | undefined {
    const found = this.#at(path)
    return typeof found === 'boolean' ? found : undefined
  }

  object(...path: readonly string[]): JsonObject | undefined {
    const found = this.#at(path)
    return isObject(found) ? found : undefined
  }

  #at(path: readonly string[]): unknown {
    return path.reduce<unknown>(
      (value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
      this.#document
    )
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
    schedule: payload.text('schedule'),
    inputs: inputsOf(payload),
    defaultBranch: payload.text('repository', 'default_branch'),
    prerelease: payload.flag('release', 'prerelease'),
    commitDate:
      payload.text('head_commit', 'timestamp') ??
      payload.text('merge_group', 'head_commit', 'timestamp') ??
      (await commitDateInGit(sha, ports)),
    baseSha: baseShaOf(payload),
    source: sourceOf(environment, payload),
    ...pullRequestOf(environment, payload),
    ...followedOf(payload)
  }
  return withoutUndefined(run)
}

function sourceOf(environment: Environment, payload: EventPayload): WorkflowRun['source'] {
  const fullName = environment['GITHUB_REPOSITORY'] ?? ''
  return withoutUndefined({
    fullName,
    url: `${environment['GITHUB_SERVER_URL'] ?? 'https://github.com'}/${fullName}`,
    description: payload.text('repository', 'description'),
    license: payload.text('repository', 'license', 'spdx_id')
  })
}

/** What a person filled in, or what a program sent: values alone, as texts. */
function inputsOf(payload: EventPayload): WorkflowRun['inputs'] {
  const given = payload.object('inputs') ?? payload.object('client_payload') ?? {}
  const entries = Object.entries(given).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? [[name, String(value)]]
      : []
  )
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** A push that makes a branch or a Git tag has zeros for the commit before. */
function baseShaOf(payload: EventPayload): string | undefined {
  const base =
    payload.text('pull_request', 'base', 'sha') ??
    payload.text('merge_group', 'base_sha') ??
    payload.text('before') ??
    ''
  return /^[0-9a-f]{40,64}$/.test(base) && !/^0+$/.test(base) ? base : undefined
}

function pullRequestOf(environment: Environment, payload: EventPayload): Partial<WorkflowRun> {
  const baseRef = [
    environment['GITHUB_BASE_REF'],
    payload.text('pull_request', 'base', 'ref'),
    payload.text('base_ref')
  ].find(Boolean)
  const isPull = payload.object('pull_request') !== undefined
  return withoutUndefined({
    pullRequest: payload.number('pull_request', 'number'),
    headSha: payload.text('pull_request', 'head', 'sha'),
    baseRef: baseRef?.replace(/^refs\/heads\//, ''),
    fork: isPull ? isForeign(payload, 'pull_request', 'head', 'repo') : undefined
  })
}

/** A run that follows another one runs on the default branch, whoever wrote what the other one ran on. */
function followedOf(payload: EventPayload): Partial<WorkflowRun> {
  if (payload.object('workflow_run') === undefined) return {}
  return {
    fork: isForeign(payload, 'workflow_run', 'head_repository'),
    follows: withoutUndefined({
      event: payload.text('workflow_run', 'event') ?? '',
      actor: payload.text('workflow_run', 'actor', 'login')
    })
  }
}

/** Whether a repository is another than that of the run: so is one that is deleted, or does not say its name. */
function isForeign(payload: EventPayload, ...path: readonly string[]): boolean {
  const name = payload.text(...path, 'full_name')
  return name === undefined || name !== payload.text('repository', 'full_name')
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
  if (file === undefined || file === '') return new EventPayload(undefined)
  try {
    return new EventPayload(JSON.parse((await readForeignFile(file, MAX_EVENT)).toString('utf8')))
  } catch (error) {
    throw new InputError([
      {input: 'GITHUB_EVENT_PATH', message: `${file} cannot be read: ${messageOf(error)}`}
    ])
  }
}
