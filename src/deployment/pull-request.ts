import type {GithubAnswer, GithubApi} from '../ports.js'
import {putSection} from '../reports/notes-section.js'
import {askGithub, errorsIn, fieldOf, githubRefusal, repositoryPath, textOf} from './github-answer.js'
import type {GitRepository} from './git-repository.js'
import {
  type Delivery,
  type DeliveryParts,
  type DeliveryWish,
  commitOn,
  noBranch,
  untilDone
} from './manifest-delivery.js'

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

/** What a pull request says. */
export interface PullRequestText {
  readonly title: string
  readonly body: string
}

/** What became of a change that goes by pull request. */
export interface ProposedDelivery extends Delivery {
  /** Undefined where nothing has to change and none is open, or in a dry run. */
  readonly pull: PullRequest | undefined
}

interface OpenPull extends PullRequest {
  readonly title: string
  readonly body: string
}

const RIGHT = 'pull-requests: write'
const SECTION = 'manifests'

/**
 * Commits edits to a branch of their own, and opens a pull request for it. One that is open already is gone on with: its
 * branch gets another commit, and its text is brought up to date; what people wrote there stays.
 * @param wish its branch is that of the pull request
 */
export async function deliverByPullRequest(
  wish: DeliveryWish,
  place: PullRequestPlace,
  {parts, text}: {readonly parts: DeliveryParts; readonly text: (delivery: Delivery) => PullRequestText}
): Promise<ProposedDelivery> {
  const {repository} = parts
  const {open, ...delivery} = await untilDone(wish, parts, async () => {
    const found = await findOpen(wish.branch, place)
    const made = await commitOn(wish, {
      repository,
      ...(await startOf(wish, place, {repository, open: found}))
    })
    return made && {...made, open: found}
  })
  if (wish.dryRun || (delivery.commit === undefined && open === undefined)) return {...delivery, pull: open}
  const wanted = text(delivery)
  const pull =
    open === undefined ? await create(wish, place, wanted) : await update(open, place, {delivery, wanted})
  return {...delivery, pull}
}

/**
 * A branch that no open pull request is for is left from one that is merged or closed: it is begun anew. One that is open
 * is brought onto its base first, so that the edit is made on what stands there now. Where both changed the same lines it
 * is begun anew, too, unless people have committed to it: then they resolve it.
 */
async function startOf(
  {branch}: DeliveryWish,
  {base}: PullRequestPlace,
  {repository, open}: {readonly repository: GitRepository; readonly open: OpenPull | undefined}
): Promise<{base: string; standing: string | undefined; isJoined?: boolean}> {
  const both = open && (await repository.join(branch, base))
  if (both !== undefined) {
    const {standing, tip, joined} = both
    if (joined !== undefined) return {base: joined, standing, isJoined: true}
    return (await repository.isOwn()) ? {base: tip, standing, isJoined: true} : {base: standing, standing}
  }
  const standing = await repository.fetch(branch)
  const tip = await repository.fetch(base)
  if (tip === undefined) throw noBranch(base)
  return {base: tip, standing}
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
      path: repositoryPath(repository, 'pulls'),
      query: {state: 'open', head: `${owner}:${branch}`, base}
    },
    {expect: [200], right: 'pull-requests: read'}
  )
  return Array.isArray(body) && body.length > 0 ? pullIn(body[0]) : undefined
}

/** Two runs may both find none: the second is told that there is one, and goes on with it. */
async function create(
  wish: DeliveryWish,
  place: PullRequestPlace,
  {title, body}: PullRequestText
): Promise<PullRequest> {
  const {api, repository, base} = place
  const request = {
    method: 'POST',
    path: repositoryPath(repository, 'pulls'),
    body: {title, head: wish.branch, base, body: putSection('', SECTION, body)}
  } as const
  const answer = await askGithub(api, request, {expect: [201, 422], right: RIGHT})
  if (answer.status === 201) return pullIn(answer.body)
  const open = saysExists(answer) ? await findOpen(wish.branch, place) : undefined
  if (open === undefined) throw githubRefusal(request, answer, RIGHT)
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
  const body = putSection(open.body, SECTION, wanted.body)
  const isSame = delivery.commit === undefined || (open.title === wanted.title && open.body === body)
  if (!isSame)
    await askGithub(
      api,
      {
        method: 'PATCH',
        path: repositoryPath(repository, 'pulls', open.number),
        body: {title: wanted.title, body}
      },
      {expect: [200], right: RIGHT}
    )
  return open
}

function pullIn(document: unknown): OpenPull {
  return {
    number: Number(fieldOf(document, 'number')),
    url: textOf(document, 'html_url'),
    title: textOf(document, 'title'),
    body: textOf(document, 'body')
  }
}
