import {ReleaseError} from '../../errors.js'
import type {GithubAnswer, GithubApi} from '../../ports.js'
import type {Markdown} from '../../shared/markdown.js'
import {putSection} from '../notes/notes-section.js'
import {askGithub, errorsIn, fieldOf, githubRefusal, answerText} from '../../github/github-answer.js'
import type {GitRepository} from './git-repository.js'
import {
  type Delivery,
  type DeliveryParts,
  type DeliveryOptions,
  commitOn,
  noBranch,
  untilDone
} from './manifest-delivery.js'
import {REST} from '../../github/rest-paths.js'

/** Where a pull request is made. */
export interface PullRequestPlace {
  readonly api: GithubApi
  /** `owner/name` */
  readonly repository: string
  /** The branch that it changes. */
  readonly base: string
}

/** A pull request as GitHub has it. */
export interface PullRequest {
  readonly number: number
  readonly url: string
}

/** What a pull request gets when it is opened; what people change of it later stays. */
export interface PullRequestExtras {
  readonly labels: readonly string[]
  /** Names of people, and of teams as `org/team`. */
  readonly reviewers: readonly string[]
  /** How GitHub is to merge it as soon as its rules allow; never by itself where it is undefined. */
  readonly merge: 'merge' | 'squash' | 'rebase' | undefined
}

/** What a pull request says. */
export interface PullRequestText {
  readonly title: string
  readonly body: Markdown
  /** The images that the text is about: others that share the pull request have a section each. */
  readonly targets: readonly string[]
}

/** What became of a change that goes by pull request. */
export interface ProposedDelivery extends Delivery {
  /** Undefined where nothing has to change and none is open, or in a dry run. */
  readonly pull: PullRequest | undefined
  /** Whether its base has all that it proposed: it is closed then. */
  readonly isClosed?: boolean
}

interface OpenPull extends PullRequest {
  /** How GraphQL names it. */
  readonly id: string
  readonly title: string
  readonly body: string
}

const RIGHT = 'pull-requests: write'
/** Characters of the name of a section: a release may have very many images. */
const MAX_NAME = 200

/**
 * Commits edits to a branch of their own, and opens a pull request for it. One that is open already is gone on with: its
 * branch gets another commit, and its text is brought up to date; what people wrote there stays.
 * @param wish its branch is that of the pull request
 */
export async function deliverByPullRequest(
  wish: DeliveryOptions,
  place: PullRequestPlace,
  {parts, text, extras}: PullRequestParts
): Promise<ProposedDelivery> {
  const {repository, publish} = parts
  const {open, isEmpty, ...delivery} = await untilDone(wish, parts, async () => {
    const found = await findOpen(wish.branch, place)
    const {tip, ...start} = await startOf(wish, place, {repository, open: found})
    const made = await commitOn(wish, {repository, publish, ...start})
    // A commit that GitHub made anew is not here: an edit is a difference, and without one it is the base that counts.
    const isEmpty = made?.edit.files.size === 0 && (await repository.isSame(start.base, tip))
    return made && {...made, open: found, isEmpty}
  })
  if (wish.dryRun || (delivery.commit === undefined && open === undefined)) return {...delivery, pull: open}
  if (open !== undefined && isEmpty) return {...delivery, pull: await closed(open, place), isClosed: true}
  const wanted = text(delivery)
  const pull =
    open === undefined
      ? await create(wish, place, {...wanted, extras})
      : await update(open, place, {delivery, wanted})
  return {...delivery, pull}
}

/** What a pull request is made with. */
export interface PullRequestParts {
  readonly parts: DeliveryParts
  readonly text: (delivery: Delivery) => PullRequestText
  readonly extras?: PullRequestExtras | undefined
}

/**
 * A branch that no open pull request is for is left from one that is merged or closed: it is begun anew. One that is open
 * is brought onto its base first, so that the edit is made on what is there now. Where both changed the same lines,
 * those of the base stand, and what other services proposed in others is kept; where that is not possible it is begun anew.
 * Where people have committed to it, they resolve it.
 */
async function startOf(
  {branch}: DeliveryOptions,
  {base}: PullRequestPlace,
  {repository, open}: {readonly repository: GitRepository; readonly open: OpenPull | undefined}
): Promise<{base: string; standing: string | undefined; tip: string; isJoined?: boolean}> {
  const both = open && (await repository.join(branch, base))
  if (both !== undefined) {
    const {standing, tip, joined} = both
    if (joined !== undefined) return {base: joined, standing, tip, isJoined: true}
    if (!(await repository.isOwn())) return {base: standing, standing, tip}
    return {base: (await repository.joinSettled(both, branch, base)) ?? tip, standing, tip, isJoined: true}
  }
  const standing = await repository.fetch(branch)
  const tip = await repository.fetch(base)
  if (tip === undefined) throw noBranch(base)
  return {base: tip, standing, tip}
}

async function findOpen(
  branch: string,
  {api, repository, base}: PullRequestPlace
): Promise<OpenPull | undefined> {
  const [owner = ''] = repository.split('/')
  const {body} = await askGithub(
    api,
    {
      method: 'GET',
      path: REST.pullRequests(repository),
      query: {state: 'open', head: `${owner}:${branch}`, base}
    },
    {expect: [200], right: 'pull-requests: read'}
  )
  return Array.isArray(body) && body.length > 0 ? pullIn(body[0]) : undefined
}

/** Two runs may both find none: the second is told that there is one, and goes on with it. */
async function create(
  wish: DeliveryOptions,
  place: PullRequestPlace,
  {extras, ...text}: PullRequestText & {readonly extras: PullRequestExtras | undefined}
): Promise<PullRequest> {
  const {api, repository, base} = place
  const request = {
    method: 'POST',
    path: REST.pullRequests(repository),
    body: {title: text.title, head: wish.branch, base, body: putText('', text)}
  } as const
  const answer = await askGithub(api, request, {expect: [201, 422], right: RIGHT})
  if (answer.status === 201) return await withExtras(pullIn(answer.body), place, extras)
  const open = saysExists(answer) ? await findOpen(wish.branch, place) : undefined
  if (open === undefined) throw githubRefusal(request, answer, RIGHT)
  return open
}

/** Each of them alone: GitHub has a request of its own for each, and one that it refuses is named. */
async function withExtras(
  pull: OpenPull,
  {api, repository}: PullRequestPlace,
  extras: PullRequestExtras | undefined
): Promise<OpenPull> {
  const {labels = [], reviewers = [], merge} = extras ?? {}
  const post = async (path: string, body: object, expect: number): Promise<GithubAnswer> =>
    await askGithub(api, {method: 'POST', path, body}, {expect: [expect], right: RIGHT})
  if (labels.length > 0) await post(REST.labels(repository, pull.number), {labels}, 200)
  const teams = reviewers.flatMap(name => /^[^/]+\/(.+)$/.exec(name)?.[1] ?? [])
  const people = reviewers.filter(name => !name.includes('/'))
  if (reviewers.length > 0)
    await post(REST.reviewers(repository, pull.number), {reviewers: people, team_reviewers: teams}, 201)
  if (merge !== undefined) await mergeByItself(pull, api, merge)
  return pull
}

/** docs.github.com, GraphQL, `enablePullRequestAutoMerge`; REST has no such request. */
const AUTO_MERGE =
  'mutation($id: ID!, $method: PullRequestMergeMethod!) { enablePullRequestAutoMerge(input: {pullRequestId: $id, mergeMethod: $method}) { clientMutationId } }'

async function mergeByItself(
  {id, number}: OpenPull,
  api: GithubApi,
  merge: NonNullable<PullRequestExtras['merge']>
): Promise<void> {
  const request = {
    method: 'POST',
    path: REST.graphql,
    body: {query: AUTO_MERGE, variables: {id, method: merge.toUpperCase()}}
  } as const
  const {body} = await askGithub(api, request, {expect: [200], right: RIGHT})
  const errors = errorsIn(body)
  if (errors.length === 0) return
  throw new ReleaseError(
    'GITHUB_FAILED',
    `pull request ${number} is open, and GitHub does not merge it by itself: ${errors.join('; ')}`,
    {
      hint: 'Allow auto-merge in the settings of the repository, and protect the branch by a rule that has to be met first.'
    }
  )
}

/** The base has all that it proposed: nothing is left to be merged. */
async function closed(open: OpenPull, {api, repository, base}: PullRequestPlace): Promise<PullRequest> {
  const word = `\`${base}\` has what this pull request proposed, or something newer. There is nothing left to merge.`
  const comments = REST.comments(repository, open.number)
  await askGithub(api, {method: 'POST', path: comments, body: {body: word}}, {expect: [201], right: RIGHT})
  const pull = REST.pullRequest(repository, open.number)
  await askGithub(api, {method: 'PATCH', path: pull, body: {state: 'closed'}}, {expect: [200], right: RIGHT})
  return open
}

function saysExists({body}: GithubAnswer): boolean {
  return errorsIn(body).some(error => /already exists/.test(error))
}

async function update(
  open: OpenPull,
  {api, repository}: PullRequestPlace,
  {delivery, wanted}: {readonly delivery: Delivery; readonly wanted: PullRequestText}
): Promise<PullRequest> {
  const body = putText(open.body, wanted)
  const isSame = delivery.commit === undefined || (open.title === wanted.title && open.body === body)
  if (!isSame)
    await askGithub(
      api,
      {
        method: 'PATCH',
        path: REST.pullRequest(repository, open.number),
        body: {title: wanted.title, body}
      },
      {expect: [200], right: RIGHT}
    )
  return open
}

/** Several services may share a pull request: each writes to its own section. */
function putText(text: string, {body, targets}: PullRequestText): string {
  const names = [...targets].sort().map(target => target.replace(/[^\w.-]+/g, '-'))
  return putSection(text, ['manifests', ...names].join('.').slice(0, MAX_NAME), body)
}

function pullIn(document: unknown): OpenPull {
  return {
    id: answerText(document, 'node_id'),
    number: Number(fieldOf(document, 'number')),
    url: answerText(document, 'html_url'),
    title: answerText(document, 'title'),
    body: answerText(document, 'body')
  }
}
