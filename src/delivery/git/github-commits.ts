import {ReleaseError} from '../../errors.js'
import type {GithubApi} from '../../ports.js'
import type {GitRepository} from './git-repository.js'
import {askGithub, errorsIn, fieldOf, githubRefusal, answerText} from '../../github/github-answer.js'
import type {LocalCommit} from './local-commits.js'
import type {Publish} from './manifest-delivery.js'
import {REST} from '../../github/rest-paths.js'

const RIGHT = 'contents: write'

/** A repository on GitHub, and what is here of it. */
export interface GithubCommitPlace {
  readonly api: GithubApi
  /** `owner/name` */
  readonly name: string
  readonly repository: GitRepository
}

/**
 * Makes commits anew through GitHub's API, which signs what an app or the token of a job commits without an author of its
 * own: such commits are «Verified», and a branch that wants signed commits takes them (docs.github.com, "Signature
 * verification for bots"). The branch is moved when all of them are there and are signed.
 * @throws ReleaseError GITHUB_FAILED with what GitHub said, and where it did not sign
 */
export function committingThroughGithub(place: GithubCommitPlace): Publish {
  return async (commit, branch, standing) => {
    const names = new Map<string, string>()
    for (const local of await place.repository.localCommits(commit))
      names.set(local.name, await commitAnew(local, names, place))
    const published = names.get(commit) ?? commit
    const isForward = standing !== undefined && (await place.repository.leadsTo(standing, commit))
    const isDone = await moveBranch(published, {branch, standing, isForward}, place)
    return isDone ? published : undefined
  }
}

async function commitAnew(
  local: LocalCommit,
  names: ReadonlyMap<string, string>,
  place: GithubCommitPlace
): Promise<string> {
  await makeTree(local, place)
  const {tree, parents, message} = local
  const anew = parents.map(parent => names.get(parent) ?? parent)
  const commit = await post('commits', {message, tree, parents: anew}, place)
  const verification = fieldOf(commit, 'verification')
  if (fieldOf(verification, 'verified') === true) return answerText(commit, 'sha')
  throw new ReleaseError(
    'GITHUB_FAILED',
    `GitHub did not sign the commit ${answerText(commit, 'sha')}: ${answerText(verification, 'reason')}`,
    {
      hint: 'No branch was moved. Give git-token the token of the job or of a GitHub App: commits of a person have to be signed by a key, sign-commits: key.'
    }
  )
}

/** @throws ReleaseError GITHUB_FAILED where GitHub makes another tree of the same files */
async function makeTree(
  {name: commit, tree, baseTree, files}: LocalCommit,
  place: GithubCommitPlace
): Promise<void> {
  if (files.length === 0) return
  for (const {content} of files)
    if (content !== undefined) await post('blobs', {content, encoding: 'base64'}, place)
  const entries = files.map(({path, mode, blob = null}) => ({path, mode, type: 'blob', sha: blob}))
  const made = answerText(await post('trees', {base_tree: baseTree, tree: entries}, place), 'sha')
  if (made === tree) return
  throw new ReleaseError(
    'GITHUB_FAILED',
    `GitHub made the tree ${made} of commit ${commit}, which has ${tree}`,
    {
      hint: 'No branch was moved. Commit by a push: leave sign-commits: github out.'
    }
  )
}

async function post(kind: string, body: object, {api, name}: GithubCommitPlace): Promise<unknown> {
  const request = {method: 'POST', path: REST.gitObjects(name, kind), body} as const
  return (await askGithub(api, request, {expect: [201], right: RIGHT})).body
}

/** False where somebody else has moved the branch since it was read. */
async function moveBranch(
  sha: string,
  {
    branch,
    standing,
    isForward
  }: {readonly branch: string; readonly standing: string | undefined; readonly isForward: boolean},
  {api, name}: GithubCommitPlace
): Promise<boolean> {
  const at = `heads/${branch}`
  if (standing !== undefined && !isForward && (await tipOf(at, {api, name})) !== standing) return false
  const request =
    standing === undefined
      ? ({
          method: 'POST',
          path: REST.gitRefs(name),
          body: {ref: `refs/${at}`, sha}
        } as const)
      : ({
          method: 'PATCH',
          path: REST.movedGitRef(name, at),
          body: {sha, force: !isForward}
        } as const)
  const answer = await askGithub(api, request, {expect: [200, 201, 422], right: RIGHT})
  if (answer.status !== 422) return true
  const said = [answerText(answer.body, 'message'), ...errorsIn(answer.body)].join(' ')
  if (/not a fast forward|already exists|does not exist/i.test(said)) return false
  throw githubRefusal(request, answer, RIGHT)
}

async function tipOf(
  at: string,
  {api, name}: Pick<GithubCommitPlace, 'api' | 'name'>
): Promise<string | undefined> {
  const path = REST.gitRef(name, at)
  const {status, body} = await askGithub(api, {method: 'GET', path}, {expect: [200, 404], right: RIGHT})
  return status === 200 ? answerText(fieldOf(body, 'object'), 'sha') : undefined
}
