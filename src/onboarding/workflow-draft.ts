import {isScalar} from 'yaml'
import {ReleaseError} from '../errors.js'
import {type Account, Claims, accountOf} from './account.js'
import {type Call, CallReader} from './call-translation.js'
import {translateBake} from './bake-translation.js'
import {BAKE} from './bake/bake-names.js'
import {translateBuildah} from './buildah-translation.js'
import type {CleanedWorkflow} from './cleanup-steps.js'
import type {Draft} from './draft.js'
import {formatPath, readEntries} from './github-workflow.js'
import {withoutIdleAttributes} from './idle-attributes.js'
import {translateJob} from './job-translation.js'
import {strangerCalls} from './called-publishers.js'
import {BUILD, mayPush} from './build-actions.js'
import {type Publisher, publishersIn} from './publishers.js'
import {findRecipe} from './recipe.js'
import {translateRecipe} from './recipe-translation.js'
import type {FoundFile, NamedFiles} from './found-file.js'
import {jobPair} from './step-nodes.js'
import {applyEdits, hasPadding, linesOf, printedAt, startOf} from './text-edits.js'
import {readWorkflow} from './workflow-model.js'
import {besideRows} from '../planning/metadata-action/beside-tags.js'
import {objectIn} from '../shared/json.js'

/** A workflow that was written anew, with the account of the old one. */
export interface TranslatedWorkflow {
  readonly file: string
  readonly before: string
  readonly after: string
  readonly account: Account
  /** Settings that the new workflow needs; undefined where its steps have them. */
  readonly call: Call | undefined
  readonly notes: readonly string[]
}

/** How the actions of the project are named. */
export interface ActionNames {
  /** The reusable workflow, with its version. */
  readonly workflow: string
  readonly uses: (command: string) => string
}

/** What stands in a repository beside the workflow. */
export interface Around {
  /** Whether there is a file of settings, which the reusable workflow would read. */
  readonly hasSettings: boolean
  /** What its workflows name. */
  readonly named: NamedFiles
}

/**
 * Writes a workflow anew whose images image-release is to publish: as a call of the reusable workflow where that does all
 * that the job does, else with its steps in the place of the old ones.
 * @returns undefined where nothing of it could be translated: the notes say why
 */
export function draftWorkflow(
  original: FoundFile,
  cleaned: CleanedWorkflow,
  {names, around, notes}: {readonly names: ActionNames; readonly around: Around; readonly notes: string[]}
): TranslatedWorkflow | undefined {
  const written = readWorkflow({file: cleaned.file, text: cleaned.text})
  if (written === undefined) return undefined
  const {workflow, notes: ruleNotes} = withoutIdleAttributes(written)
  const [fault] = readEntries(original).faults
  if (fault !== undefined) {
    notes.push(
      `${original.file} stays as it is, because GitHub's parser refuses it: ${fault}. Fix that first.`
    )
    return undefined
  }
  const draft: Draft = {
    workflow,
    document: workflow.document.clone(),
    edits: [],
    claims: claimsOf(cleaned),
    uses: names.uses,
    notes
  }
  for (const {job, uses} of strangerCalls(workflow))
    draft.claims.remarked(['jobs', job, 'uses'], `${uses.split('@')[0] ?? ''} may publish: look at it`)
  const call = around.hasSettings ? undefined : callOf(draft, names, around)
  if (call === undefined && translatedIn(draft, around) === 0) return undefined
  notes.push(...ruleNotes, ...provenanceNote(draft))
  const after = applyEdits(workflow.text, draft.edits)
  const account = checkedAccount(original, after, draft.claims)
  return {file: workflow.file, before: original.text, after, account, call, notes: []}
}

/** How many images got steps of their own in the place of the old ones. */
function translatedIn(draft: Draft, {named}: Around): number {
  const ofJobs = draft.workflow.jobs.map(
    job => translateJob(draft, job) + translateBuildah(draft, job) + translateBake(draft, job, named)
  )
  return ofJobs.reduce((sum, count) => sum + count, 0) + recipesIn(draft)
}

/** What no value of the file says, and yet happened: the action adds provenance where nobody asks for it. */
function provenanceNote({workflow}: Draft): string[] {
  const builds = workflow.jobs.flatMap(({steps}) =>
    steps.filter(step => step.action === BAKE || (step.action === BUILD && mayPush(step)))
  )
  const what = builds.some(({action}) => action === BUILD) ? BUILD : BAKE
  const isSilent = besideRows(builds.map(({with: build}) => ({build}))).length > 0
  return isSilent
    ? [
        `${workflow.file}: ${what} adds provenance unasked, build-by-digest does not: give it provenance: mode=max to keep it.`
      ]
    : []
}

/** How many recipes for several platforms were translated: one or none. */
function recipesIn(draft: Draft): number {
  const recipe = findRecipe(draft.workflow)
  if (recipe === undefined) return 0
  const fault = 'fault' in recipe ? recipe : translateRecipe(draft, recipe)
  if (fault === undefined) return 1
  draft.notes.push(`${draft.workflow.file}: the builds by digest stay as they are: ${fault.fault}.`)
  return 0
}

/** The account of a workflow in which only steps of other clean-up actions were replaced. */
export function cleanedAccount(original: FoundFile, cleaned: CleanedWorkflow): Account {
  return checkedAccount(original, cleaned.text, claimsOf(cleaned))
}

function claimsOf({changed}: CleanedWorkflow): Claims {
  const claims = new Claims()
  for (const {job, at} of changed)
    for (const key of ['uses', 'with'])
      claims.taken(['jobs', job, 'steps', at, key], 'cleanup-latest, by which the same images stay')
  return claims
}

/** @throws ReleaseError where a value is in no part of the account, or GitHub refuses what was written: faults of init */
function checkedAccount(before: FoundFile, after: string, claims: Claims): Account {
  const written = readEntries({file: before.file, text: after})
  const account = accountOf(readEntries(before), written, claims)
  const [lost] = account.lost
  if (lost !== undefined)
    throw new ReleaseError(
      'INPUT_INVALID',
      `${before.file}: ${account.lost.map(({path}) => formatPath(path)).join(', ')} would be lost in the new workflow; nothing is written`,
      {hint: 'This is a fault of init: please report it with the workflow.'}
    )
  if (written.faults.length > 0)
    throw new ReleaseError(
      'INPUT_INVALID',
      `${before.file}: GitHub would refuse the new workflow: ${written.faults.join('; ')}; nothing is written`,
      {hint: 'This is a fault of init: please report it with the workflow.'}
    )
  return account
}

/** A workflow with one build alone, in a job that does no more than the reusable workflow, becomes a call of it. */
function callOf(draft: Draft, {workflow: uses}: ActionNames, {named}: Around): Call | undefined {
  const publishers = publishersIn(draft.workflow, named)
  const [only] = publishers
  const job = draft.workflow.jobs.find(({name}) => name === only?.job)
  if (only === undefined || job === undefined || publishers.length > 1 || !only.isKnown) return undefined
  const builds = job.steps.filter(({action}) => action === only.step?.action)
  const call = new CallReader(draft, job)
  if (call.reasons.length > 0 || builds.length > 1) {
    draft.notes.push(
      `${draft.workflow.file}: the job ${job.name} keeps its steps, and is no call of the reusable workflow: ${call.reasons.join('; ')}.`
    )
    return undefined
  }
  writeCall(draft, job.name, {call, uses})
  claimJob(draft, only, call)
  return call
}

/** @throws ReleaseError for jobs that are written between brackets */
function writeCall(
  {edits, workflow: {document, file, text, jobs}}: Draft,
  name: string,
  {call, uses}: {readonly call: Call; readonly uses: string}
): void {
  const value = jobs.find(job => job.name === name)?.value ?? {}
  const kept = Object.entries(value).filter(([key]) => ['name', 'needs', 'if', 'concurrency'].includes(key))
  const pair = jobPair(document, name)
  const lines = linesOf(text, startOf(isScalar(pair?.key) ? pair.key : undefined))
  if (lines === undefined)
    throw new ReleaseError(
      'INPUT_INVALID',
      `${file}: the jobs are written between brackets, and init changes whole lines`,
      {hint: 'Write each job on lines of its own, and run init again.'}
    )
  const job = {
    ...Object.fromEntries(kept),
    uses,
    permissions: permissionsOf(value['permissions'] ?? objectIn(document.toJS())['permissions'], call.isGhcr),
    ...(Object.keys(call.inputs).length === 0 ? {} : {with: call.inputs}),
    ...(Object.keys(call.secrets).length === 0 ? {} : {secrets: call.secrets})
  }
  edits.push({...lines, text: printedAt({[name]: job}, lines.indent, hasPadding(text))})
}

/** What the job was allowed, and what the checkout needs; where nothing was said, what the reusable workflow needs. */
function permissionsOf(written: unknown, isGhcr: boolean): unknown {
  if (typeof written === 'string') return written
  if (typeof written === 'object' && written !== null) return {contents: 'read', ...written}
  return {contents: 'read', ...(isGhcr ? {packages: 'write'} : {})}
}

const DONE: Readonly<Record<string, string>> = {
  'actions/checkout': 'the checkout of the reusable workflow',
  'docker/setup-qemu-action':
    'each platform has a runner of its own; QEMU is set up where none of GitHub’s has it',
  'docker/setup-buildx-action': 'the BuildKit that the reusable workflow sets up',
  'docker/login-action': 'the secret REGISTRY_CREDENTIALS; ghcr.io needs none',
  'docker/metadata-action': 'compute-tags of the reusable workflow',
  'docker/build-push-action': 'build-by-digest and merge-manifest of the reusable workflow'
}

function claimJob({workflow, claims}: Draft, {job: name}: Publisher, call: Call): void {
  const job = workflow.jobs.find(one => one.name === name)
  const path = ['jobs', name]
  claims.taken([...path, 'runs-on'], 'the runners of the reusable workflow: ubuntu-24.04, and -arm for arm64')
  claims.taken([...path, 'env'], 'its texts stand in the settings')
  claims.taken([...path, 'timeout-minutes'], 'with.timeout-minutes of the job, for each build')
  for (const step of job?.steps ?? []) {
    claims.taken([...path, 'steps', step.at], DONE[step.action] ?? 'the reusable workflow')
    for (const key of Object.keys(step.with)) {
      const to = placeIn(call, key)
      if (to !== undefined && !['docker/login-action', 'actions/checkout'].includes(step.action))
        claims.taken([...path, 'steps', step.at, 'with', key], to)
    }
  }
}

function placeIn({settings, build, inputs, secrets}: Call, key: string): string | undefined {
  if (inputs[key] !== undefined) return `with.${key} of the job`
  if (settings[key] !== undefined) return `${key === 'context' ? 'build-context' : key} in the settings`
  if (key.startsWith('cache-') && build['cache'] !== undefined)
    return 'cache in the settings, with a scope for each platform'
  if (build[key] !== undefined) return `build-by-digest.${key} in the settings`
  return key === 'secrets' && secrets['BUILD_SECRETS'] !== undefined ? 'the secret BUILD_SECRETS' : undefined
}
