import {readFileSync} from 'node:fs'
import type {WorkflowRun} from '../../../src/contracts/workflow-run.js'
import {type EventName, eventVariables, runOf} from '../events.js'
import type {Value} from './expression.js'
import type {Files} from './sources.js'
import {type Tree, at, entriesOf, isMap, itemsOf, plainText, valueOf} from './workflow-tree.js'

/** A run of a workflow: what set it off, and what GitHub gives it. */
export interface EventCase {
  readonly name: string
  /** What compute-tags knows of the run. */
  readonly run: WorkflowRun
  readonly github: Readonly<Record<string, Value>>
  readonly inputs: Readonly<Record<string, Value>>
  readonly hasSecrets: boolean
  readonly hasVariables: boolean
  /** Runs of forks and of Dependabot have a token that only reads. */
  readonly isReadOnly: boolean
}

interface Cause {
  readonly name: string
  readonly event: EventName
  readonly ref?: string
  readonly actor?: string
  readonly hasVariables?: boolean
}

/** Runs that have no secrets (docs.github.com, «Using secrets», «Dependabot on Actions»). */
const PULL_REQUESTS: readonly Cause[] = [
  {name: 'pull request of the repository', event: 'pull_request'},
  {name: 'pull request of a fork', event: 'pull_request-fork'},
  {name: 'pull request of a fork, without variables', event: 'pull_request-fork', hasVariables: false},
  {name: 'pull request of Dependabot', event: 'pull_request', actor: 'dependabot[bot]'}
]

/** What callers of a workflow are set off by. */
const CALLERS: readonly Cause[] = [
  {name: 'push of main', event: 'push-branch'},
  {name: 'push of a tag', event: 'push-tag'},
  ...PULL_REQUESTS,
  {name: 'schedule', event: 'schedule'},
  {name: 'workflow_dispatch', event: 'workflow_dispatch'}
]

/**
 * The runs that the triggers of a workflow lead to.
 * @param on of a workflow, as it was read
 * @param called for a workflow that others call: the sets of inputs that they give, by name
 */
export async function eventCases(
  on: Tree | undefined,
  files: Files,
  called: Readonly<Record<string, Readonly<Record<string, Value>>>>
): Promise<EventCase[]> {
  const names = isMap(on) ? Object.keys(on) : itemsOf(on).map(plainText)
  const tag = `refs/tags/${versionTag(files)}`
  const cases = names.map(async name => {
    const causes = causesOf(name, at(on, name)).map(cause => ({
      ...cause,
      ...(cause.event === 'push-tag' || cause.event === 'release' ? {ref: tag} : {})
    }))
    const sets =
      name === 'workflow_call'
        ? calledSets(at(on, name, 'inputs'), called)
        : inputSets(at(on, name, 'inputs'))
    const all = causes.flatMap(cause => Object.entries(sets).map(([set, inputs]) => ({cause, set, inputs})))
    return await Promise.all(all.map(async ({cause, set, inputs}) => await caseOf(cause, set, inputs)))
  })
  return (await Promise.all(cases)).flat()
}

/** The tag that fits the version that a repository has in a file; a run for another fails, as it should. */
function versionTag(files: Files): string {
  const version = files('VERSION')?.trim() ?? /^version = "(.*)"$/m.exec(files('pyproject.toml') ?? '')?.[1]
  return `v${version ?? '1.2.3'}`
}

function causesOf(name: string, filters: Tree | undefined): readonly Cause[] {
  if (name === 'workflow_call') return CALLERS
  if (name === 'pull_request') return PULL_REQUESTS
  if (name === 'push') return pushes(filters)
  if (name === 'schedule' || name === 'workflow_dispatch' || name === 'release') return [{name, event: name}]
  return [{name: 'push of main', event: 'push-branch'}]
}

function pushes(filters: Tree | undefined): Cause[] {
  const [branches, tags] = [itemsOf(at(filters, 'branches')), itemsOf(at(filters, 'tags'))]
  const isEverything = branches.length === 0 && tags.length === 0
  const named = isEverything ? ['main'] : branches.map(plainText).filter(branch => !/[*?[!]/.test(branch))
  return [
    ...named.map((branch): Cause => {
      return {name: `push of ${branch}`, event: 'push-branch', ref: `refs/heads/${branch}`}
    }),
    ...(tags.length > 0 || isEverything ? [{name: 'push of a tag', event: 'push-tag'} as const] : [])
  ]
}

/** The inputs of workflow_dispatch: their defaults, and the other value of every switch. */
function inputSets(inputs: Tree | undefined): Record<string, Record<string, Value>> {
  const declared = entriesOf(inputs)
  if (declared.length === 0) return {'': {}}
  const given = (isOther: boolean): Record<string, Value> =>
    Object.fromEntries(
      declared.map(([name, input]) => {
        const value = valueOf(at(input, 'default'), {})
        return [name, isOther && at(input, 'type') === 'boolean' ? value !== true : (value ?? '')]
      })
    )
  return {defaults: given(false), 'switches turned': given(true)}
}

/** What callers give, over the defaults of what they do not. */
function calledSets(
  inputs: Tree | undefined,
  called: Readonly<Record<string, Readonly<Record<string, Value>>>>
): Record<string, Record<string, Value>> {
  const defaults = Object.fromEntries(
    entriesOf(inputs).map(([name, input]) => [name, valueOf(at(input, 'default'), {}) ?? ''])
  )
  return Object.fromEntries(Object.entries(called).map(([name, given]) => [name, {...defaults, ...given}]))
}

async function caseOf(
  cause: Cause,
  set: string,
  inputs: Readonly<Record<string, Value>>
): Promise<EventCase> {
  const {event, actor = event === 'pull_request-fork' ? 'grace' : 'ada'} = cause
  const variables = eventVariables(event)
  const payload = JSON.parse(readFileSync(variables['GITHUB_EVENT_PATH'] ?? '', 'utf8')) as Record<
    string,
    Value
  >
  const ref = cause.ref ?? variables['GITHUB_REF'] ?? ''
  const name = variables['GITHUB_EVENT_NAME'] ?? ''
  const [, kind = '', refName = ''] = /^refs\/(heads|tags|pull)\/(.*)$/.exec(ref) ?? []
  const run = await runOf(event, {ref, actor})
  const isWithout = event === 'pull_request-fork' || actor === 'dependabot[bot]'
  return {
    name: set === '' ? cause.name : `${cause.name}, ${set}`,
    run,
    inputs,
    hasSecrets: !isWithout,
    isReadOnly: isWithout,
    hasVariables: cause.hasVariables !== false,
    github: {
      event_name: name,
      event: 'ref' in payload ? {...payload, ref, inputs} : {...payload, inputs},
      ref,
      ref_name: refName,
      ref_type: kind === 'tags' ? 'tag' : 'branch',
      sha: variables['GITHUB_SHA'] ?? '',
      actor,
      triggering_actor: actor,
      repository: variables['GITHUB_REPOSITORY'] ?? '',
      repository_owner: 'octo',
      run_id: variables['GITHUB_RUN_ID'] ?? '',
      run_number: '7',
      run_attempt: '1',
      server_url: 'https://github.com',
      api_url: 'https://api.github.com',
      head_ref: variables['GITHUB_HEAD_REF'] ?? '',
      base_ref: variables['GITHUB_BASE_REF'] ?? '',
      workspace: '/home/runner/work/hello/hello'
    }
  }
}
