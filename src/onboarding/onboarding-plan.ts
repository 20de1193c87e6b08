import {type Document, isMap, stringify} from 'yaml'
import {createTwoFilesPatch} from 'diff'
import {type CleanedWorkflow, type CleanupFacts, translateCleanups} from './cleanup-steps.js'
import {CONFIG, type RepositoryLook, WORKFLOWS} from './repository-look.js'
import {type ImageWorkflow, imageJobs, readImageWorkflow} from './workflow-steps.js'
import {type Translation, translateWorkflow} from './workflow-translation.js'

/** A file that is to be written. */
export interface PlannedFile {
  readonly file: string
  /** What stands there; undefined where nothing does. */
  readonly before: string | undefined
  readonly after: string
}

/** What a repository needs to release its images, and what a person should know of it. */
export interface OnboardingPlan {
  readonly files: readonly PlannedFile[]
  readonly notes: readonly string[]
}

/** What is not to be seen in the files of a repository. */
export interface OnboardingFacts {
  /** Repositories of the image; undefined where an existing workflow may say them. */
  readonly images: readonly string[]
  /** `owner/name` of the source. */
  readonly source: string
  readonly defaultBranch: string
  /** The reusable workflow, with its version. */
  readonly workflow: string
}

const RELEASE_WORKFLOW = `${WORKFLOWS}/release.yml`

/** Decides which files a repository gets: its settings, and a workflow; one with Docker's actions is translated. */
export function planOnboarding(look: RepositoryLook, facts: OnboardingFacts): OnboardingPlan {
  const cleaned = look.workflows.map(found => translateCleanups(found, cleanupFacts(facts)))
  const existing = cleaned.map(readImageWorkflow).filter(one => one !== undefined)
  const [workflow, ...more] = existing
  const translation = workflow === undefined ? undefined : translateWorkflow(workflow)
  const files = [
    configFile(look, {facts, translation}),
    workflow === undefined || translation === undefined
      ? newWorkflow(look, facts)
      : {...changedWorkflow(workflow, {facts, translation}), before: textOf(look, workflow.file)},
    ...cleaned.filter(({file}) => file !== workflow?.file).map(one => cleanedFile(look, one))
  ]
  return {
    files: files.filter(one => one !== undefined).filter(({before, after}) => before !== after),
    notes: [
      ...(look.containerfile === undefined && translation?.settings['file'] === undefined
        ? ['No Containerfile or Dockerfile was found: name it as file in the settings.']
        : []),
      ...look.others.map(file => `${file} is another image perhaps: see services in docs/planning.md.`),
      ...more.map(({file}) => `${file} builds images, too, and stays as it is.`),
      ...(translation?.notes ?? []),
      ...cleaned.flatMap(({notes}) => notes),
      ...(workflow === undefined ? [] : goneWithJob(workflow, cleaned))
    ]
  }
}

function cleanupFacts({source, workflow}: OnboardingFacts): CleanupFacts {
  const [owner = '', repository = ''] = source.split('/')
  return {
    packages: {owner, repository},
    uses: workflow.replace('/.github/workflows/release.yml', '/cleanup-latest')
  }
}

function textOf({workflows}: RepositoryLook, file: string): string | undefined {
  return workflows.find(one => one.file === file)?.text
}

function cleanedFile(look: RepositoryLook, {file, text}: CleanedWorkflow): PlannedFile {
  return {file, before: textOf(look, file), after: text}
}

/** A job that calls a workflow has no steps. */
function goneWithJob(workflow: ImageWorkflow, cleaned: readonly CleanedWorkflow[]): string[] {
  const isCleaned = cleaned.some(({file, notes}) => file === workflow.file && notes.length > 0)
  const jobs = imageJobs(workflow)
  const gone = workflow.steps.filter(
    ({job, action}) => jobs.includes(job) && action.endsWith('/cleanup-latest')
  )
  return isCleaned
    ? gone.map(
        ({job, with: given}) =>
          `The clean-up of the job ${job} is gone with the job: put it into one of its own, with ${JSON.stringify(given)}.`
      )
    : []
}

/** The files as a unified diff. */
export function diffOf({files}: OnboardingPlan): string {
  return files
    .map(({file, before, after}) =>
      createTwoFilesPatch(before === undefined ? '/dev/null' : `a/${file}`, `b/${file}`, before ?? '', after)
    )
    .map(patch => patch.replace(/^=+\n/, ''))
    .join('')
}

interface Wishes {
  readonly facts: OnboardingFacts
  readonly translation: Translation | undefined
}

/** Settings that are there are not touched: somebody wrote them. */
function configFile(look: RepositoryLook, {facts, translation}: Wishes): PlannedFile | undefined {
  if (look.config !== undefined) return undefined
  const isNamed = translation?.settings['images'] ?? translation?.inputs['images']
  const images = facts.images.length > 0 || isNamed === undefined ? imagesOf(facts).join('\n') : undefined
  const isDeep = look.containerfile?.includes('/') === true
  const settings = {
    ...(isDeep && translation === undefined ? {file: look.containerfile} : {}),
    ...(look.versionFile === undefined ? {} : {'version-file': look.versionFile}),
    ...translation?.settings,
    ...(images === undefined ? {} : {images}),
    ...(translation === undefined ? {strategy: 'release'} : {})
  }
  const {images: named, ...others} = mapValues(settings)
  const document = {...(named === undefined ? {} : {images: named}), ...others}
  const head = [
    '# How the images of this repository are released; every key is an input of compute-tags.',
    '# What an event would do: image-release explain --all',
    ''
  ].join('\n')
  const after = head + stringify(document, {lineWidth: 0})
  return {file: CONFIG, before: undefined, after}
}

/** Lines become lists: a list is easier to change. */
function mapValues(
  settings: Readonly<Record<string, string | undefined>>
): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, text]) => {
      if (text === undefined) return []
      if (name === 'build-context' || name === 'file' || name === 'target') return [[name, text]]
      const lines = text.split('\n').filter(line => line.trim() !== '')
      const items = name === 'platforms' ? text.split(/[\n,]/).map(one => one.trim()) : lines
      const isList = [
        'images',
        'tags',
        'platforms',
        'flavor',
        'labels',
        'annotations',
        'build-args'
      ].includes(name)
      return [[name === 'context' ? 'build-context' : name, isList ? items : text]]
    })
  )
}

function imagesOf({images, source}: OnboardingFacts): readonly string[] {
  return images.length > 0 ? images : [`ghcr.io/${source.toLowerCase()}`]
}

/** Nothing where a workflow uses image-release already. */
function newWorkflow(look: RepositoryLook, facts: OnboardingFacts): PlannedFile | undefined {
  if (look.workflows.some(({text}) => /^\s*(?:- )?uses: \S*\/image-release\b/m.test(text))) return undefined
  const before = look.workflows.find(({file}) => file === RELEASE_WORKFLOW)?.text
  const file = before === undefined ? RELEASE_WORKFLOW : `${WORKFLOWS}/image-release.yml`
  const other = look.workflows.find(one => one.file === file)?.text
  const after = [
    'name: Release images',
    'on:',
    '  push:',
    `    branches: [${facts.defaultBranch}]`,
    "    tags: ['v*']",
    '  pull_request:',
    'permissions: {}',
    'jobs:',
    '  release:',
    `    uses: ${facts.workflow}`,
    '    permissions: {contents: read, packages: write}',
    ''
  ].join('\n')
  return {file, before: other, after: other ?? after}
}

/** The jobs that built are replaced by one that calls; events, names and other jobs stay, and wait for it. */
function changedWorkflow(workflow: ImageWorkflow, {facts, translation}: Wishes): PlannedFile {
  const document = workflow.document.clone()
  const jobs = document.get('jobs')
  const replaced = imageJobs(workflow)
  const [name = 'release'] = replaced
  if (isMap(jobs)) {
    const kept = keptKeys(jobs.get(name))
    jobs.set(name, document.createNode({...kept, ...callOf(facts, translation)}))
    for (const job of replaced.slice(1)) jobs.delete(job)
    for (const {value} of jobs.items) if (isMap(value)) redirectNeeds(value, {replaced, name, document})
  }
  const after = document.toString({lineWidth: 0, flowCollectionPadding: false})
  return {file: workflow.file, before: workflow.text, after}
}

/** What a job that calls a workflow may have of its own: what it waits for, and when it runs. */
function keptKeys(job: unknown): object {
  if (!isMap(job)) return {}
  const all = Object.entries(job.toJSON() as Readonly<Record<string, unknown>>)
  return Object.fromEntries(all.filter(([key]) => ['name', 'needs', 'if', 'concurrency'].includes(key)))
}

function callOf({workflow}: OnboardingFacts, translation: Translation | undefined): object {
  const {inputs = {}, logins = []} = translation ?? {}
  return {
    uses: workflow,
    permissions: {contents: 'read', packages: 'write'},
    ...(Object.keys(inputs).length === 0 ? {} : {with: inputs}),
    ...(logins.length === 0 ? {} : {secrets: {REGISTRY_CREDENTIALS: logins.join('\n')}})
  }
}

/** A job that waited for one that is gone waits for what replaced it. */
function redirectNeeds(
  job: {get(key: string): unknown; set(key: string, value: unknown): void; has(key: string): boolean},
  {
    replaced,
    name,
    document
  }: {readonly replaced: readonly string[]; readonly name: string; readonly document: Document}
): void {
  if (!job.has('needs')) return
  const needs: unknown = document.createNode(job.get('needs')).toJSON()
  const list = (Array.isArray(needs) ? needs : [needs]).map(String)
  if (!list.some(one => replaced.slice(1).includes(one))) return
  job.set('needs', document.createNode([...new Set(list.map(one => (replaced.includes(one) ? name : one)))]))
}
