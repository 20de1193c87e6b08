import {parse, stringify} from 'yaml'
import {type Permissions, RESTRICTED, jobToken, readOnly, readPermissions} from './job-token.js'

/** What of a run the layer over the emulator has to know. */
export interface RunFacts {
  /** As in runs of forks and of Dependabot: the token only reads. */
  readonly isReadOnly: boolean
  /** The head of a pull request is in a fork. */
  readonly isFork: boolean
  /** Secrets of environments, by the name of the environment. */
  readonly environments: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Environments with required reviewers: their jobs wait. */
  readonly reviewed: readonly string[]
}

/** A workflow as it was written. */
export interface Workflow {
  readonly on?: unknown
  readonly permissions?: unknown
  readonly concurrency?: unknown
  readonly env?: Readonly<Record<string, unknown>>
  readonly jobs: Readonly<Record<string, Job>>
}

export interface Job {
  readonly uses?: string
  readonly with?: Readonly<Record<string, unknown>>
  readonly secrets?: 'inherit' | Readonly<Record<string, string>>
  readonly permissions?: unknown
  readonly concurrency?: unknown
  readonly env?: Readonly<Record<string, unknown>>
  readonly environment?: string | {readonly name: string}
  readonly outputs?: Readonly<Record<string, string>>
  readonly steps?: readonly Step[]
  readonly 'runs-on'?: unknown
}

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, unknown>>
}

export function parseWorkflow(text: string): Workflow {
  return parse(text) as Workflow
}

/** What a workflow is called by, and calls. */
export interface Calls {
  /** What the caller may do, for a workflow that is called. */
  readonly allowed?: Permissions
  /** What jobs call in place of what they say, by their names: each has a workflow of its own, with its permissions. */
  readonly uses?: Readonly<Record<string, string>>
}

/**
 * Rewrites a workflow so that the emulator treats each job as GitHub does: a machine of its own, a token with the job's
 * permissions, outputs that pass the runner's gate.
 */
export function layer(text: string, facts: RunFacts, {allowed, uses = {}}: Calls = {}): string {
  const workflow = parseWorkflow(text)
  const jobs = Object.entries(workflow.jobs).map(([name, job]) => [
    name,
    layerJob(workflow, uses[name] === undefined ? job : {...job, uses: uses[name]}, facts, allowed)
  ])
  const rest = without(workflow, [...NOT_FOR_THE_EMULATOR, 'env'])
  return stringify(
    {...rest, jobs: Object.fromEntries(jobs) as object},
    {defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0}
  )
}

/** What a job may do: what it asks for itself, else what its workflow asks for, else what its caller has. */
export function permissionsOfJob({permissions}: Workflow, job: Job, allowed?: Permissions): Permissions {
  return readPermissions(job.permissions, readPermissions(permissions, allowed ?? RESTRICTED))
}

function layerJob(workflow: Workflow, job: Job, facts: RunFacts, allowed?: Permissions): object {
  const asked = permissionsOfJob(workflow, job, allowed)
  const permissions = facts.isReadOnly ? readOnly(asked) : asked
  const token = jobToken(permissions)
  const isCall = job.uses !== undefined
  const env = {...workflow.env, ...job.env}
  const whole = isCall
    ? without(job, NOT_FOR_THE_EMULATOR)
    : {
        ...without(job, NOT_FOR_THE_EMULATOR),
        ...(Object.keys(env).length === 0 ? {} : {env}),
        steps: [
          ...review(job, facts),
          setUp(job, permissions),
          ...(job.steps ?? []).map(layerStep),
          ...end({...job, env}, token)
        ],
        ...(job.outputs === undefined ? {} : {outputs: passedOn(job.outputs)})
      }
  return replaceDeep(whole, expressionsFor(job, token, facts)) as object
}

/** What the emulator does nothing about, and knows in an older form only. */
const NOT_FOR_THE_EMULATOR = ['concurrency', 'permissions']

function without(part: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(part).filter(([key]) => !keys.includes(key)))
}

/** On GitHub such a job has no machine before somebody lets it have one, and fails where that is refused. */
function review(job: Job, {reviewed}: RunFacts): object[] {
  const name = environmentOf(job)
  if (name === undefined || !reviewed.includes(name)) return []
  return [
    {
      name: 'Wait for a review',
      shell: 'bash',
      'working-directory': '.',
      run: 'node "$HOSTED_REVIEW"',
      env: {HOSTED_ENVIRONMENT: name}
    }
  ]
}

function environmentOf({environment}: Job): string | undefined {
  return typeof environment === 'string' ? environment : environment?.name
}

function setUp({'runs-on': label}: Job, permissions: Permissions): object {
  return {
    name: 'Get a hosted runner',
    shell: 'bash',
    'working-directory': '.',
    run: 'bash "$HOSTED_SETUP"',
    env: {HOSTED_LABEL: label, HOSTED_ID_TOKEN: permissions['id-token'] ?? 'none'}
  }
}

/** Scripts do not get the token of the services for artifacts and caches; actions do. */
function layerStep(step: Step): Step {
  if (step.run !== undefined)
    return {...step, env: {ACTIONS_RUNTIME_TOKEN: '', ACTIONS_RESULTS_URL: '', ...step.env}}
  const token = TOKEN_INPUTS[step.uses?.split('@')[0] ?? '']
  return token === undefined ? step : {...step, with: {[token]: '${{ github.token }}', ...step.with}}
}

/** Inputs of actions whose default is the token of the job. */
const TOKEN_INPUTS: Readonly<Record<string, string>> = {
  'actions/checkout': 'token',
  'actions/attest-build-provenance': 'github-token',
  'actions/deploy-pages': 'token'
}

const OUTPUTS = 'hosted-outputs'

function end(job: Job, token: string): object[] {
  const outputs = Object.entries(job.outputs ?? {})
  if (outputs.length === 0) return []
  const values = outputs.map(
    ([name, value]) => `${JSON.stringify(name)}: \${{ toJSON(${asExpression(value)}) }}`
  )
  const secrets = [JSON.stringify(token), ...receivedSecrets(job).map(each => `\${{ toJSON(${each}) }}`)]
  const text = `{"outputs": {\n${values.join(',\n')}\n}, "secrets": [\n${secrets.join(',\n')}\n]}`
  return [
    {
      name: 'Set the outputs of the job',
      id: OUTPUTS,
      if: 'always()',
      shell: 'bash',
      'working-directory': '.',
      run: `node "$HOSTED_OUTPUTS" <<'HOSTED-OUTPUTS'\n${text}\nHOSTED-OUTPUTS\n`
    }
  ]
}

function passedOn(outputs: Readonly<Record<string, string>>): object {
  return Object.fromEntries(
    Object.keys(outputs).map(name => [name, `\${{ steps.${OUTPUTS}.outputs.${name} }}`])
  )
}

/** The secrets that a job names are sent to its runner, and all of them where it takes the context as a whole. */
function receivedSecrets(job: Job): string[] {
  const text = JSON.stringify(job)
  if (/\bsecrets\s*(\[|\)|\}\})/.test(text)) return ['secrets']
  const names = [...text.matchAll(/\bsecrets\.([A-Za-z_][\w-]*)/g)].map(([, name = '']) => `secrets.${name}`)
  return [...new Set(names)]
}

/** A text with expressions in it as one expression that gives a string. */
export function asExpression(text: string): string {
  const parts: string[] = []
  const format = text.replace(EXPRESSION, (_, inner: string) => `\u0000${parts.push(inner.trim()) - 1}\u0000`)
  const escaped = format.replaceAll("'", "''").replaceAll('{', '{{').replaceAll('}', '}}')
  const template = escaped.replace(/\u0000(\d+)\u0000/g, '{$1}')
  return `format('${template}'${parts.map(part => `, ${part}`).join('')})`
}

/** An expression; strings in it may hold braces. */
const EXPRESSION = /\$\{\{((?:'(?:[^']|'')*'|[^'])*?)\}\}/g

/** What stands for the token, and for the secrets of the environment, in the expressions of a job. */
function expressionsFor(job: Job, token: string, {environments}: RunFacts): (expression: string) => string {
  const name = environmentOf(job)
  const own = (secret: string): string | undefined => {
    const values = Object.entries(environments).filter(([, secrets]) => secret in secrets)
    if (name === undefined || values.length === 0) return undefined
    const cases = values.map(
      ([each, secrets]) => `${asExpression(name)} == '${each}' && ${quote(secrets[secret] ?? '')}`
    )
    return `(${cases.join(' || ')} || secrets.${secret})`
  }
  return expression =>
    expression
      .replace(/\b(?:secrets\.GITHUB_TOKEN|secrets\['GITHUB_TOKEN'\]|github\.token)\b/g, quote(token))
      .replace(/\bsecrets\.([A-Za-z_]\w*)/g, (given, secret: string) => own(secret) ?? given)
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Changes all expressions of a value; a condition is one without its marks. */
function replaceDeep(value: unknown, change: (expression: string) => string, key = ''): unknown {
  if (typeof value === 'string') {
    if (key === 'if' && !value.includes('${{')) return change(value)
    return value.replace(EXPRESSION, (_, inner: string) => `\${{${change(inner)}}}`)
  }
  if (Array.isArray(value)) return value.map(each => replaceDeep(each, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, replaceDeep(each, change, name)])
  )
}
