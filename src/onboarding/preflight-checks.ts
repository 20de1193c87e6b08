import {ReleaseError, messageOf} from '../errors.js'
import {type Repository, formatRepository} from '../oci/reference.js'
import type {Credentials, Ports} from '../ports.js'
import type {Registries} from '../registry/client/registries.js'
import {
  REPOSITORY_RIGHTS,
  type RepositoryRight,
  askReleaseRight,
  askRight
} from '../registry/client/rights.js'
import type {PreflightCheck} from './preflight-check.js'
import {findCosign} from '../signing/cosign.js'
import {loginHint} from '../registry/auth/logins.js'
import {REST} from '../github/rest-paths.js'

/** What a job may be asked for that is no right in a repository. */
export const JOB_RIGHTS = ['artifacts', 'sign', 'sign-with-key', 'release'] as const
export type JobRight = (typeof JOB_RIGHTS)[number]

/** Whether there is a login for a registry at all, which takes no request. */
export const LOGIN = 'login'
export type Right = RepositoryRight | typeof LOGIN | JobRight
export const RIGHTS: readonly Right[] = [...REPOSITORY_RIGHTS, LOGIN, ...JOB_RIGHTS]

/** An answer without the time that it took. */
type Finding = Pick<PreflightCheck, 'answer' | 'reason' | 'hint'>

/** Milliseconds after which a registry that says nothing is not waited for. */
export const PATIENCE = 10_000

const ACCESS = {pull: 'pull', push: 'pull,push', delete: 'pull,push,delete'} as const

/**
 * Asks a registry for a right in one repository.
 * @param patience fires when the registry has had its time
 */
export async function checkRepository(
  registries: Registries,
  repository: Repository,
  right: RepositoryRight,
  {clock, patience}: Pick<Ports, 'clock'> & {readonly patience: AbortSignal}
): Promise<PreflightCheck> {
  return await timed(clock, {where: formatRepository(repository), right}, async () => {
    if (right === 'delete' && repository.registry === 'ghcr.io') return GHCR_DELETES
    try {
      const client = registries.repository(repository, ACCESS[right])
      const {answer, fault} = right === 'push' ? await askReleaseRight(client) : await askRight(client, right)
      return {answer, reason: fault?.message, hint: fault?.hint}
    } catch (error) {
      if (!patience.aborted) throw error
      return {answer: 'unknown', reason: `${repository.registry} did not answer in ${PATIENCE / 1000} s`}
    }
  })
}

/** Services that let nobody push without a login. */
const CLOSED =
  /^(docker\.io|ghcr\.io|quay\.io|registry\.gitlab\.com|.*\.amazonaws\.com(\.cn)?|(.*[.-])?(gcr\.io|docker\.pkg\.dev)|.*\.azurecr\.(io|cn|us))$/

/** Looks for a login, and asks no registry. */
export async function checkLogin(
  registry: string,
  credentials: Credentials,
  {clock}: Pick<Ports, 'clock'>
): Promise<PreflightCheck> {
  return await timed(clock, {where: registry, right: LOGIN}, async () => {
    try {
      if ((await credentials(registry)) !== undefined) return {answer: 'yes'}
    } catch (error) {
      if (!(error instanceof ReleaseError)) throw error
      return {answer: 'no', reason: error.message, hint: error.hint}
    }
    if (!CLOSED.test(registry))
      return {answer: 'unknown', reason: `there is no login; ${registry} may take pushes without one`}
    return {answer: 'no', reason: `there is no login for ${registry}`, hint: loginHint(registry)}
  })
}

/** GHCR refuses DELETE whoever asks (405, seen 2026-11); GitHub's API does it. */
const GHCR_DELETES: Finding = {
  answer: 'unknown',
  reason: 'ghcr.io deletes by the API of GitHub, which does not say beforehand',
  hint: 'cleanup-latest needs "packages: write", and for the repository the role Admin in the settings of the package.'
}

/** Finds out whether this job can do something beside what registries let it. */
export async function checkJob(right: JobRight, ports: Ports): Promise<PreflightCheck> {
  return await timed(ports.clock, {where: 'this job', right}, async () => await JOB_CHECKS[right](ports))
}

const JOB_CHECKS: Readonly<Record<JobRight, (ports: Ports) => Promise<Finding>>> = {
  artifacts: checkArtifacts,
  sign: async ports => {
    const cosign = await checkCosign(ports)
    return cosign.answer === 'yes' ? checkIdentity(ports) : cosign
  },
  'sign-with-key': checkCosign,
  release: checkRelease
}

/** A command line keeps what it hands over in folders. */
function checkArtifacts({environment}: Ports): Promise<Finding> {
  const needed = ['ACTIONS_RUNTIME_TOKEN', 'ACTIONS_RESULTS_URL']
  const missing = needed.filter(name => (environment(name) ?? '') === '')
  if (environment('GITHUB_ACTIONS') !== 'true' || missing.length === 0)
    return Promise.resolve({answer: 'yes'})
  return Promise.resolve({
    answer: 'no',
    reason: `the runner offers no artifacts: ${missing.join(' and ')} not set`,
    hint: 'Hand the digests over by the output records of build-by-digest, or use a runner with artifacts.'
  })
}

async function checkCosign(ports: Ports): Promise<Finding> {
  try {
    await findCosign(ports)
    return {answer: 'yes'}
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error
    return {answer: 'no', reason: error.message, hint: error.hint}
  }
}

/** Signing without a key needs a token of who signs; cosign finds it by these variables. */
function checkIdentity({environment}: Ports): Finding {
  const names = ['ACTIONS_ID_TOKEN_REQUEST_URL', 'SIGSTORE_ID_TOKEN']
  if (names.some(name => (environment(name) ?? '') !== '')) return {answer: 'yes'}
  return {
    answer: 'no',
    reason: 'there is no identity token to sign with',
    hint: 'Give this job "id-token: write" (in GitLab CI: id_tokens with SIGSTORE_ID_TOKEN), or sign with a key.'
  }
}

/** Has GitHub write notes that are kept nowhere: that needs the same right as a release does. */
async function checkRelease(ports: Ports): Promise<Finding> {
  try {
    const {source} = await ports.workflowRun()
    const {status} = await ports.github()({
      method: 'POST',
      path: REST.generatedNotes(source.fullName),
      body: {tag_name: 'preflight'},
      signal: ports.signal
    })
    if (status === 200) return {answer: 'yes'}
    const answer = [401, 403, 404].includes(status) ? 'no' : 'unknown'
    return {answer, reason: `GitHub answers ${status}`, hint: 'Give this job "contents: write".'}
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error
    const answer = error.code === 'CREDENTIALS_INVALID' ? 'no' : 'unknown'
    return {answer, reason: messageOf(error), hint: error.hint}
  }
}

async function timed(
  clock: Ports['clock'],
  of: Pick<PreflightCheck, 'where' | 'right'>,
  check: () => Promise<Finding>
): Promise<PreflightCheck> {
  const start = clock.now()
  const finding = await check()
  return {...of, ...finding, milliseconds: clock.now() - start}
}
