import {InputError} from '../errors.js'
import {type Account, accountText} from './account.js'
import {type CleanedWorkflow, translateCleanups} from './cleanup-steps.js'
import {imagesIn, othersThatPublish, publisherStops, strangerNotes} from './publisher-notes.js'
import {type Publisher, publishersIn} from './publishers.js'
import {type StrangerCall, strangerCalls} from './called-publishers.js'
import {CONFIG, type RepositoryLook, WORKFLOWS} from './repository-look.js'
import {type PlannedFile, contextNotes, ownSettings} from './own-settings.js'
import {settingsText} from './settings-file.js'
import {type ActionNames, type TranslatedWorkflow, cleanedAccount, draftWorkflow} from './workflow-draft.js'
import {readWorkflow} from './workflow-model.js'

export type {PlannedFile}

/** What a repository needs to release its images, and what a person should know of it. */
export interface OnboardingPlan {
  readonly files: readonly PlannedFile[]
  readonly notes: readonly string[]
  /** What becomes of every value of the workflows that change. */
  readonly accounts: readonly Account[]
}

/** What is not to be seen in the files of a repository. */
export interface OnboardingFacts {
  /** Repositories of the image; none where an existing workflow may say them. */
  readonly images: readonly string[]
  /** `owner/name` of the source; undefined where no remote says it. */
  readonly source: string | undefined
  /** The host of the remote; undefined where there is none, or none that is known. */
  readonly host: string | undefined
  readonly defaultBranch: string
  /** The reusable workflow, with its version. */
  readonly workflow: string
  /** The workflow to translate, by its name or path; undefined where there is one alone. */
  readonly chosen: string | undefined
  /** Whether a workflow is written even where something publishes already that init cannot translate. */
  readonly isBeside: boolean
}

const RELEASE_WORKFLOW = `${WORKFLOWS}/release.yml`

/** Decides which files a repository gets: its settings, and a workflow; one that publishes images is translated. */
export function planOnboarding(look: RepositoryLook, facts: OnboardingFacts): OnboardingPlan {
  const cleaned = look.workflows.map(found => translateCleanups(found, cleanupFacts(facts)))
  const workflows = cleaned.flatMap(one => readWorkflow(one) ?? [])
  const publishers = workflows.flatMap(workflow => publishersIn(workflow, look.named))
  const strangers = workflows.flatMap(strangerCalls)
  const notes = cleaned.flatMap(one => one.notes)
  const file = workflowToTranslate(publishers, facts)
  const translated = file === undefined ? undefined : translationOf(look, cleaned, {file, facts, notes})
  const isUsed = look.workflows.some(({text}) => /^[^\S\n]*(?:- )?uses: \S*\/image-release\b/m.test(text))
  const fresh =
    translated === undefined && !isUsed ? freshFiles(look, publishers, {facts, notes, strangers}) : []
  const others = cleaned.filter(one => one.file !== translated?.file && one.changed.length > 0)
  if (translated !== undefined)
    notes.push(...othersThatPublish(publishers, translated, look.named), ...strangerNotes(strangers))
  const files = [
    ...(translated === undefined ? fresh : [...callSettings(look, translated, facts), {...translated}]),
    ...(isUsed && look.config === undefined && translated === undefined ? ownSettings(look, facts) : []),
    ...others.map(one => ({file: one.file, before: textOf(look, one.file), after: one.text}))
  ]
  return {
    files: files
      .map(({file: name, before, after}) => ({file: name, before, after}))
      .filter(({before, after}) => before !== after),
    notes,
    accounts: [
      ...(translated === undefined ? [] : [translated.account]),
      ...others.map(one => cleanedAccount({file: one.file, text: textOf(look, one.file) ?? ''}, one))
    ]
  }
}

function cleanupFacts({source, workflow}: OnboardingFacts): Parameters<typeof translateCleanups>[1] {
  const [owner = '', repository = ''] = (source ?? 'owner/name').split('/')
  return {packages: {owner, repository}, uses: namesOf(workflow).uses('cleanup-latest')}
}

function namesOf(workflow: string): ActionNames {
  const [path = '', version = ''] = workflow.split('@')
  const home = path.replace(/\/\.github\/workflows\/.*$/, '')
  return {workflow, uses: command => `${home}/${command}@${version}`}
}

function textOf({workflows}: RepositoryLook, file: string): string | undefined {
  return workflows.find(one => one.file === file)?.text
}

/**
 * The one workflow whose images are to be published otherwise.
 * @throws InputError where there are several and none was chosen, or the one that was chosen publishes nothing
 */
function workflowToTranslate(
  publishers: readonly Publisher[],
  {chosen}: OnboardingFacts
): string | undefined {
  const files = [...new Set(publishers.filter(({isKnown}) => isKnown).map(({file}) => file))]
  const list = files.map(file => `${file} (${imagesIn(publishers, file)})`).join(', ')
  if (chosen !== undefined) {
    const found = files.find(file => file === chosen || file === `${WORKFLOWS}/${chosen}`)
    if (found !== undefined) return found
    throw new InputError([
      {
        input: 'workflow',
        message: `${chosen} publishes no image by an action that init translates; those that do: ${list || 'none'}`
      }
    ])
  }
  if (files.length < 2) return files[0]
  throw new InputError([
    {
      input: 'workflow',
      message: `several workflows publish images: ${list}; name the one to translate, for example --workflow ${files[0]?.split('/').at(-1) ?? ''}, and the others stay as they are`
    }
  ])
}

function translationOf(
  look: RepositoryLook,
  cleaned: readonly CleanedWorkflow[],
  {file, facts, notes}: {readonly file: string; readonly facts: OnboardingFacts; readonly notes: string[]}
): TranslatedWorkflow | undefined {
  const one = cleaned.find(each => each.file === file)
  if (one === undefined) return undefined
  return draftWorkflow({file, text: textOf(look, file) ?? ''}, one, {
    names: namesOf(facts.workflow),
    around: {hasSettings: look.config !== undefined, named: look.named},
    notes
  })
}

/** The settings that a call needs; a workflow with steps of its own has them there. */
function callSettings(
  look: RepositoryLook,
  {call}: TranslatedWorkflow,
  {images}: OnboardingFacts
): PlannedFile[] {
  if (call === undefined || look.config !== undefined) return []
  const named = images.length > 0 ? {images: images.join('\n')} : {}
  const version = look.versionFile === undefined ? {} : {'version-file': look.versionFile}
  const plan = {...version, ...call.settings, ...named}
  return [{file: CONFIG, before: undefined, after: settingsText({plan, build: call.build})}]
}

interface FreshWork {
  readonly facts: OnboardingFacts
  readonly notes: string[]
  readonly strangers: readonly StrangerCall[]
}

/** Settings and a workflow for a repository that publishes no image yet; none where it does, or builds none. */
function freshFiles(
  look: RepositoryLook,
  publishers: readonly Publisher[],
  {facts, notes, strangers}: FreshWork
): PlannedFile[] {
  const likely = strangers.filter(({isLikely}) => isLikely)
  const stops = [...(facts.isBeside ? [] : publisherStops(publishers, likely)), ...missing(look, facts)]
  notes.push(...strangerNotes(strangers.filter(one => facts.isBeside || !one.isLikely)))
  notes.push(
    ...look.others.map(file => `${file} is another image perhaps: see services in docs/planning.md.`),
    ...contextNotes(look)
  )
  notes.push(...stops)
  if (stops.length > 0) return []
  return [...ownSettings(look, facts), newWorkflow(look, facts)]
}

function missing(look: RepositoryLook, {host, source, images}: OnboardingFacts): string[] {
  if (look.config !== undefined) return []
  return [
    ...(look.containerfile === undefined && look.contexts.length === 0
      ? [
          'No Containerfile or Dockerfile was found, and nothing is written: write one, or say where it is, file: PATH in .github/image-release.yml, and run init again.'
        ]
      : []),
    ...(source === undefined && images.length === 0
      ? [
          'There is no remote that says where the image goes: give it, --images REGISTRY/OWNER/NAME, or add the remote (git remote add origin URL).'
        ]
      : []),
    ...(host === undefined || isGithub(host) ? [] : [elsewhere(host)])
  ]
}

/** Hosts that are no GitHub Enterprise Server. */
const OTHERS = /(?:^|\.)(?:gitlab|bitbucket|codeberg|gitea|forgejo|sr)\.|(?:^|\.)dev\.azure\.com$/

/** What there is for a remote on a host that is not github.com: its name does not say whether it is GitHub all the same. */
function elsewhere(host: string): string {
  const pipeline =
    'see examples/gitlab, examples/jenkins and docs/delivery.md for a pipeline there, and run image-release compute-tags, build-by-digest and merge-manifest in it.'
  return OTHERS.test(host)
    ? `The remote is on ${host}, which runs no workflow of GitHub: ${pipeline}`
    : `The remote is on ${host}, and workflows are written for github.com and ghe.com only. If it is a GitHub Enterprise Server, the actions run there step by step, and release.yml does not: see docs/support.md. If it is another host: ${pipeline}`
}

/** A host that nobody knows is taken for GitHub: a folder without a remote may become one. */
function isGithub(host: string | undefined): boolean {
  return host === undefined || host === 'github.com' || host.endsWith('.ghe.com')
}

function newWorkflow(look: RepositoryLook, facts: OnboardingFacts): PlannedFile {
  const isTaken = look.workflows.some(({file}) => file === RELEASE_WORKFLOW)
  const file = isTaken ? `${WORKFLOWS}/image-release.yml` : RELEASE_WORKFLOW
  const other = textOf(look, file)
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

/** The accounts as text, one after the other. */
export function accountsOf({accounts}: OnboardingPlan): string {
  return accounts.map(accountText).join('\n')
}
