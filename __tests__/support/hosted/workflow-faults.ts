import {parse} from 'yaml'
import {type KnownAction} from './hosted-image.js'
import {excess} from './job-token.js'
import {type Job, type Workflow, permissionsOfJob} from './workflow-layer.js'

/** The workflows that a run may call, by what `uses` says. */
export type FindWorkflow = (uses: string) => Workflow | undefined

/** What GitHub finds in a workflow before any job starts, in its words; the emulator would go on. */
export function faultsBeforeStart(workflow: Workflow, find: FindWorkflow): string[] {
  return Object.entries(workflow.jobs).flatMap(([name, job]) => {
    if (job.uses === undefined) return []
    const called = find(job.uses)
    if (called === undefined) return [`error parsing called workflow "${job.uses}": workflow was not found.`]
    return [
      ...callFaults(job, called),
      ...permissionFaults(workflow, job, called).map(
        fault => `Error calling workflow '${job.uses ?? ''}'. ${fault}`
      )
    ].map(fault => `jobs.${name}: ${fault}`)
  })
}

function permissionFaults(workflow: Workflow, job: Job, called: Workflow): string[] {
  const allowed = permissionsOfJob(workflow, job)
  return Object.entries(called.jobs).flatMap(([name, nested]) =>
    excess(permissionsOfJob(called, nested, allowed), allowed).map(
      fault => `The nested job '${name}' is requesting ${fault}.`
    )
  )
}

interface Declared {
  readonly required?: boolean
  readonly default?: unknown
}

function callFaults(job: Job, called: Workflow): string[] {
  const on = called.on as {
    readonly workflow_call?: {inputs?: Record<string, Declared>; secrets?: Record<string, Declared>} | null
  }
  const {inputs = {}, secrets = {}} = on.workflow_call ?? {}
  const given = {
    input: Object.keys(job.with ?? {}),
    secret: typeof job.secrets === 'object' ? Object.keys(job.secrets) : []
  }
  const missing = (declared: Record<string, Declared>, names: readonly string[]): string[] =>
    Object.keys(declared).filter(name => declared[name]?.required === true && !names.includes(name))
  return [
    ...given.input
      .filter(name => !(name in inputs))
      .map(name => `Invalid input, ${name} is not defined in the referenced workflow.`),
    ...given.secret
      .filter(name => !(name in secrets))
      .map(name => `Invalid secret, ${name} is not defined in the referenced workflow.`),
    ...missing(inputs, given.input).map(name => `Input ${name} is required, but not provided while calling.`),
    ...(job.secrets === 'inherit'
      ? []
      : missing(secrets, given.secret).map(
          name => `Secret ${name} is required, but not provided while calling.`
        ))
  ]
}

/** A name that a secret can have: letters, digits and `_`, not first a digit, not `GITHUB_` (docs, «Secrets reference»). */
export function secretNameFault(name: string): string | undefined {
  if (name === 'GITHUB_TOKEN') return undefined
  if (/^(?!github_)[a-z_]\w*$/i.test(name)) return undefined
  return `Secret names can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or underscores (_): ${name}`
}

/** Actions of others that are used and not known, or not pinned by their commit. */
export function actionFaults(
  texts: readonly string[],
  known: Readonly<Record<string, KnownAction>>,
  own: readonly string[]
): string[] {
  const used = new Set(texts.flatMap(text => usesIn(parse(text))))
  return [...used].flatMap(uses => {
    const [name = '', ref = ''] = uses.split('@')
    if (uses.startsWith('./') || own.some(repository => `${name}/`.startsWith(`${repository}/`))) return []
    if (known[name] === undefined)
      return [`${uses}: no stand-in is known for this action (__tests__/fixtures/hosted/actions.json)`]
    return /^[0-9a-f]{40}$/.test(ref) ? [] : [`${uses}: not pinned by its commit`]
  })
}

/** What `uses` says anywhere in a workflow or an action. */
function usesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, each]) =>
    name === 'uses' && typeof each === 'string' ? [each] : usesIn(each)
  )
}
