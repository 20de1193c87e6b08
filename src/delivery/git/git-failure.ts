import {ReleaseError} from '../../errors.js'
import type {ExecResult} from '../../ports.js'
import type {GitAddress} from './git-address.js'

/** Why a command of Git failed, in Git's own words, and what to do. */
export function gitFailure(
  [verb = '']: readonly string[],
  {stderr, stdout}: ExecResult,
  {url}: GitAddress
): ReleaseError {
  const said = `${stderr}\n${stdout}`.split('\n').filter(line => /^(fatal|error|remote|!)/.test(line))
  const message = said.map(line => line.trim()).join('; ') || stderr.trim()
  return new ReleaseError('GIT_FAILED', `git ${verb} of ${url}: ${message}`, {hint: hintFor(message)})
}

function hintFor(message: string): string | undefined {
  if (/failed to sign|gpg|signing key|public key|write commit object/i.test(message) && !/GH0/.test(message))
    return 'Give Git a key that it can use without asking (user.signingkey, gpg.format), or sign through GitHub: sign-commits: github.'
  if (/verified signatures|must be signed/i.test(message))
    return 'The branch wants signed commits: sign-commits: github, or key where Git has one.'
  if (/protected branch|hook declined|GH006|GH013|not allowed to push/i.test(message))
    return 'The branch is protected: let a pull request bring the change, --deliver pull-request.'
  if (
    /could not read Username|Authentication failed|403|401|Permission to .* denied|not found/i.test(message)
  )
    return 'Give git-token a token that may write there: the token of a job is for its own repository alone.'
  if (/publickey|Host key verification/i.test(message))
    return 'Give this job an SSH key that may write there.'
  return undefined
}
