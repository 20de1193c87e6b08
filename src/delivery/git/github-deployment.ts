import type {GithubApi} from '../../ports.js'
import {askGithub, fieldOf, answerText} from '../../github/github-answer.js'
import type {DeploymentFacts} from '../manifests/deployment-facts.js'
import {tryParseJson} from '../../shared/json.js'
import {REST} from '../../github/rest-paths.js'

/** What is deployed where, for the page of an environment on GitHub. */
export interface GithubDeployment {
  readonly api: GithubApi
  /** `owner/name` of what was released. */
  readonly repository: string
  /** The commit, branch or Git tag that was released. */
  readonly ref: string
  readonly environment: string
  readonly facts: readonly DeploymentFacts[]
}

/** How far a deployment is: `queued` as long as a pull request proposes it, `success` where the manifests name it. */
export interface DeploymentStatus {
  readonly state: 'queued' | 'success'
  readonly description: string
  /** The page of the pull request. */
  readonly url: string | undefined
}

const RIGHT = 'deployments: write'
/** GitHub: "Maximum length of 140 characters." (REST API, deployment statuses, 2026-11). */
const MAX_DESCRIPTION = 140

/**
 * Registers a deployment to an environment, and says how far it is. The newest deployment there is gone on with where it
 * has the same commit and the same images, so that a run which is repeated adds none.
 * @returns its number
 * @throws ReleaseError GITHUB_FAILED with what GitHub said
 */
export async function registerDeployment(
  deployment: GithubDeployment,
  status: DeploymentStatus
): Promise<number> {
  const id = (await findSame(deployment)) ?? (await create(deployment))
  if ((await stateOf(deployment, id)) !== status.state) await say(deployment, id, status)
  return id
}

async function findSame(deployment: GithubDeployment): Promise<number | undefined> {
  const {api, repository, ref, environment} = deployment
  const path = REST.deployments(repository)
  const query = {environment, task: 'deploy', per_page: '1'}
  const {body} = await askGithub(api, {method: 'GET', path, query}, {expect: [200], right: RIGHT})
  const newest: unknown = Array.isArray(body) ? body[0] : undefined
  const isSame =
    [answerText(newest, 'ref'), answerText(newest, 'sha')].includes(ref) &&
    imagesIn(fieldOf(newest, 'payload')) === imagesOf(deployment).join(' ')
  return isSame ? Number(fieldOf(newest, 'id')) : undefined
}

async function create(deployment: GithubDeployment): Promise<number> {
  const {api, repository, ref, environment} = deployment
  const body = {
    ref,
    environment,
    task: 'deploy',
    // What was released is deployed, whatever its branch has got since; and its checks were those of the release.
    auto_merge: false,
    required_contexts: [],
    description: 'image-release',
    payload: {images: imagesOf(deployment)}
  }
  const path = REST.deployments(repository)
  const answer = await askGithub(api, {method: 'POST', path, body}, {expect: [201], right: RIGHT})
  return Number(fieldOf(answer.body, 'id'))
}

/** The newest state that was said; undefined where none was. */
async function stateOf({api, repository}: GithubDeployment, id: number): Promise<string | undefined> {
  const path = REST.deploymentStatuses(repository, id)
  const query = {per_page: '1'}
  const {body} = await askGithub(api, {method: 'GET', path, query}, {expect: [200], right: RIGHT})
  return Array.isArray(body) && body.length > 0 ? answerText(body[0], 'state') : undefined
}

async function say(
  {api, repository}: GithubDeployment,
  id: number,
  {state, description, url}: DeploymentStatus
): Promise<void> {
  const body = {
    state,
    description: description.slice(0, MAX_DESCRIPTION),
    ...(url === undefined ? {} : {log_url: url})
  }
  const path = REST.deploymentStatuses(repository, id)
  await askGithub(api, {method: 'POST', path, body}, {expect: [201], right: RIGHT})
}

function imagesOf({facts}: GithubDeployment): string[] {
  return facts.map(({image, digest}) => `${image}@${digest}`).sort()
}

/** GitHub gives a payload as it was sent, or as its text. */
function imagesIn(payload: unknown): string {
  const images = fieldOf(typeof payload === 'string' ? tryParseJson(payload) : payload, 'images')
  return Array.isArray(images) ? images.map(String).sort().join(' ') : ''
}
