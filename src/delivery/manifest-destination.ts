import {type GitAddress, parseGitAddress} from './git/git-address.js'
import {type GitAuthor, GitRepository} from './git/git-repository.js'
import {committingThroughGithub} from './git/github-commits.js'
import {type Editing, type Publish, deliverToBranch} from './git/manifest-delivery.js'
import type {ManifestEdit} from './manifests/manifest-edit.js'
import {type PullRequestExtras, type PullRequestPlace, deliverByPullRequest} from './git/pull-request.js'
import {editWorkTree} from './git/work-tree.js'
import {InputError, ReleaseError} from '../errors.js'
import type {GithubApi, Ports} from '../ports.js'
import {placeTable} from './manifests/manifest-summary.js'

/** Where manifests are, and how a change gets there, as the inputs say. */
export interface DestinationOptions {
  readonly deliver: 'commit' | 'pull-request' | 'files'
  readonly 'manifests-repository': GitAddress | undefined
  readonly 'manifests-branch': string | undefined
  readonly 'pull-request-branch': string | undefined
  readonly 'pull-request-labels': readonly string[]
  readonly 'pull-request-reviewers': readonly string[]
  readonly 'pull-request-merge': 'never' | 'merge' | 'squash' | 'rebase'
  readonly 'sign-commits': 'auto' | 'key' | 'github' | 'never'
  readonly author: GitAuthor | undefined
  readonly attempts: number
  readonly 'git-token': string | undefined
  readonly 'git-username': string | undefined
  readonly 'github-repository': string | undefined
  readonly 'github-token': string | undefined
  readonly 'dry-run': boolean
}

/** What is written, and in which words. */
export interface ManifestChange {
  readonly edit: Editing
  readonly message: string
  /** The images that are deployed. */
  readonly targets: readonly string[]
}

/** What became of a change. */
export interface Delivered {
  readonly edit: ManifestEdit
  readonly branch?: string
  readonly commit?: string | undefined
  readonly pull?: {readonly url: string; readonly number: number} | undefined
  /** Whether the pull request is closed: its base has all that it proposed. */
  readonly isClosed?: boolean
}

/** Brings a change of manifests to where they are. */
export async function deliver(
  given: DestinationOptions,
  ports: Ports,
  change: ManifestChange
): Promise<Delivered> {
  if (given.deliver === 'files') return {edit: await editWorkTree(change.edit, given['dry-run'])}
  const address = given['manifests-repository'] ?? (await originOf(ports))
  const access = {
    address,
    token: given['git-token'] ?? given['github-token'],
    username: given['git-username'] ?? '',
    author: given.author ?? (await configuredAuthor(ports)),
    isSigned: await signsByKey(given['sign-commits'], ports),
    isByGithub: given['sign-commits'] === 'github'
  }
  const repository = await GitRepository.open(access, ports)
  try {
    const base = given['manifests-branch'] ?? (await repository.defaultBranch())
    return await deliverTo(base, {given, ports, change, repository, address})
  } finally {
    await repository.close()
  }
}

interface Parts {
  readonly given: DestinationOptions
  readonly ports: Ports
  readonly change: ManifestChange
  readonly repository: GitRepository
  readonly address: GitAddress
}

async function deliverTo(base: string, all: Parts): Promise<Delivered> {
  const {given, ports, change, repository, address} = all
  const {edit, message, targets} = change
  const parts = {repository, publish: publishBy(all), clock: ports.clock, signal: ports.signal}
  const wish = {edit, message: () => message, attempts: given.attempts, dryRun: given['dry-run']}
  if (given.deliver === 'commit')
    return {branch: base, ...(await deliverToBranch({...wish, branch: base}, parts))}
  const branch = given['pull-request-branch'] ?? ''
  if (branch === base)
    throw new InputError([
      {
        input: 'pull-request-branch',
        message: `is ${base}, the branch that the pull request is to change: it would be pushed to directly`
      }
    ])
  const place: PullRequestPlace = {
    api: githubOf(all),
    repository: githubNameOf(given, address),
    base
  }
  const [title = ''] = message.split('\n')
  return {
    branch,
    ...(await deliverByPullRequest({...wish, branch}, place, {
      parts,
      extras: extrasOf(given),
      text: delivery => ({title, body: placeTable(delivery.edit.places), targets})
    }))
  }
}

function githubOf({given, ports}: Parts): GithubApi {
  return ports.github(given['github-token'] ?? given['git-token'])
}

/** What GitHub is to sign is committed by its API, by the token that may write there; all else is pushed. */
function publishBy({given, ports, repository, address}: Parts): Publish | undefined {
  if (given['sign-commits'] !== 'github' || given['dry-run']) return undefined
  return committingThroughGithub({
    api: ports.github(given['git-token'] ?? given['github-token']),
    name: githubNameOf(given, address),
    repository
  })
}

function extrasOf(given: DestinationOptions): PullRequestExtras {
  const merge = given['pull-request-merge']
  return {
    labels: given['pull-request-labels'],
    reviewers: given['pull-request-reviewers'],
    merge: merge === 'never' ? undefined : merge
  }
}

/** As `git commit` does: by the key of this machine where its configuration says so. */
async function signsByKey(wish: DestinationOptions['sign-commits'], {exec}: Ports): Promise<boolean> {
  if (wish !== 'auto') return wish === 'key'
  const {stdout} = await exec('git', ['config', '--type=bool', '--get', 'commit.gpgsign'])
  return stdout.trim() === 'true'
}

/** @throws InputError where neither an input nor the address says it */
function githubNameOf(given: DestinationOptions, {fullName}: GitAddress): string {
  const name = given['github-repository'] ?? fullName
  if (name !== undefined) return name
  throw new InputError([
    {input: 'github-repository', message: 'is required: the address of the manifests does not say it'}
  ])
}

/** @throws InputError where this folder was cloned from nowhere */
async function originOf({exec}: Ports): Promise<GitAddress> {
  const {exitCode, stdout} = await exec('git', ['config', '--get', 'remote.origin.url'])
  if (exitCode === 0 && stdout.trim() !== '') return parseGitAddress(stdout.trim())
  throw new InputError([
    {input: 'manifests-repository', message: 'is required: this folder is of no repository with an origin'}
  ])
}

/** The bot of GitHub's jobs, by the address that GitHub shows it for. */
const BOT: GitAuthor = {
  name: 'github-actions[bot]',
  email: '41898282+github-actions[bot]@users.noreply.github.com'
}

async function configuredAuthor({exec}: Ports): Promise<GitAuthor> {
  const [name, email] = await Promise.all(
    ['user.name', 'user.email'].map(async key => (await exec('git', ['config', '--get', key])).stdout.trim())
  )
  return name && email ? {name, email} : BOT
}

/**
 * Reads `Name <mail>`.
 * @throws ReleaseError INPUT_INVALID
 */
export function parseAuthor(text: string): GitAuthor {
  const [, name, email] = /^([^<>\n]*[^<>\s])\s*<([^<>\s]+@[^<>\s]+)>$/.exec(text) ?? []
  if (name !== undefined && email !== undefined) return {name, email}
  throw new ReleaseError('INPUT_INVALID', `${JSON.stringify(text)} is not written as Name <mail@example.com>`)
}
