import {ReleaseError, messageOf} from '../errors.js'
import {hexOf} from '../oci/digest.js'
import type {Attest} from '../ports.js'

type Environment = Readonly<Record<string, string | undefined>>

const PERMISSIONS = 'permissions of the job: id-token: write and attestations: write'

/**
 * Makes build provenance with GitHub's own library: signed by the identity of the workflow, and kept with the repository.
 * The library is loaded with the first attestation.
 * @throws ReleaseError ATTEST_FAILED outside a job of GitHub Actions, where a permission is missing, or where a service
 * of GitHub or Sigstore fails
 */
export function githubAttester(environment: Environment): Attest {
  return async (subjects, given) => {
    const token = given ?? environment['GITHUB_TOKEN']
    assertPossible(environment, token)
    try {
      const {attestProvenance} = await import('@actions/attest')
      const {bundle, attestationID} = await withQuietOutput(async () =>
        attestProvenance({
          subjects: subjects.map(({name, digest}) => ({name, digest: {sha256: hexOf(digest)}})),
          token
        })
      )
      return {bundle: JSON.stringify(bundle), url: urlOf(environment, attestationID)}
    } catch (cause) {
      const names = subjects.map(({name, digest}) => `${name}@${digest}`).join(', ')
      throw new ReleaseError('ATTEST_FAILED', `${names} could not be attested: ${messageOf(cause)}`, {
        cause,
        hint: hintFor(messageOf(cause))
      })
    }
  }
}

/** What the runner gives a job that may attest, so that a missing permission is said by its name. */
function assertPossible(environment: Environment, token: string | undefined): asserts token is string {
  if (environment['GITHUB_ACTIONS'] !== 'true')
    throw new ReleaseError('ATTEST_FAILED', 'only a job of GitHub Actions can attest', {
      hint: 'Sign with cosign elsewhere: sign: before-tags.'
    })
  if (isEnterpriseServer(environment['GITHUB_SERVER_URL']))
    throw new ReleaseError('SERVER_UNSUPPORTED', 'GitHub Enterprise Server attests nothing', {
      hint: 'Sign with cosign instead: sign: before-tags.'
    })
  if (!environment['ACTIONS_ID_TOKEN_REQUEST_URL'])
    throw new ReleaseError('ATTEST_FAILED', 'this job may not ask GitHub for an identity token', {
      hint: `Add to the ${PERMISSIONS}.`
    })
  if (!token)
    throw new ReleaseError('ATTEST_FAILED', 'there is no token to keep an attestation with', {
      hint: 'Give the input github-token, or set GITHUB_TOKEN.'
    })
}

/** github.com, and Enterprise Cloud under a name of its own, are no Enterprise Server (@actions/artifact, settings.ts). */
function isEnterpriseServer(url = 'https://github.com'): boolean {
  return !/^(github\.com|.*\.ghe\.com|.*\.localhost|localhost|127\.0\.0\.1)$/i.test(new URL(url).hostname)
}

/**
 * The library prints workflow commands, such as the masking of its tokens, to the standard output, which is for the
 * outputs of a command. The runner takes them from the other stream as well.
 */
async function withQuietOutput<T>(body: () => Promise<T>): Promise<T> {
  const {stdout, stderr} = process
  const write = Reflect.get(stdout, 'write')
  Reflect.set(stdout, 'write', stderr.write.bind(stderr))
  try {
    return await body()
  } finally {
    Reflect.set(stdout, 'write', write)
  }
}

function hintFor(message: string): string {
  if (/persist|not accessible|403|forbidden/i.test(message)) return `Check the ${PERMISSIONS}.`
  if (/id token|oidc/i.test(message)) return `Check the ${PERMISSIONS}; a run of a fork gets none of them.`
  return 'Nothing further was done; run this job again when the service answers.'
}

function urlOf(environment: Environment, id: string | undefined): string | undefined {
  const {GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository} = environment
  return id && server && repository ? `${server}/${repository}/attestations/${id}` : undefined
}
