import {ReleaseError} from '../../errors.js'
import {isLoopback} from '../../oci/reference.js'

/** Where a Git repository is. */
export interface GitAddress {
  /** As git takes it. */
  readonly url: string
  /** `https://host`, where a token may be sent. */
  readonly origin?: string
  /** `owner/name`, where the address has such a path. */
  readonly fullName?: string
}

/**
 * Reads the address of a repository: https, ssh, `git@host:owner/name.git`, or a folder.
 * @throws ReleaseError INPUT_INVALID, also for a password in it, and for transports that run programs
 */
export function parseGitAddress(text: string): GitAddress {
  if (/^\.{0,2}\//.test(text)) return {url: text}
  const [, path] = /^[\w.-]+@[\w.-]+:([^:]+)$/.exec(text) ?? []
  if (path !== undefined) return {url: text, ...fullNameOf(path)}
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['https:', 'http:', 'ssh:', 'file:'].includes(url.protocol))
    throw invalid(text, 'write https://host/owner/name.git, git@host:owner/name.git, or a folder')
  if (url.password !== '' || (url.username !== '' && url.protocol !== 'ssh:'))
    throw new ReleaseError(
      'INPUT_INVALID',
      'the address of a repository holds a name or password (not shown)',
      {
        hint: 'Pass the token in git-token instead.'
      }
    )
  if (url.protocol === 'http:' && !isLoopback(url.host))
    throw invalid(text, 'it would be spoken to without encryption; write https://')
  const isWeb = url.protocol.startsWith('http')
  return {url: text, ...(isWeb ? {origin: url.origin} : {}), ...fullNameOf(url.pathname)}
}

function fullNameOf(path: string): {fullName?: string} {
  const fullName = path.replace(/^\/+|(?:\.git)?\/*$/g, '')
  return fullName.includes('/') ? {fullName} : {}
}

function invalid(text: string, fault: string): ReleaseError {
  return new ReleaseError(
    'INPUT_INVALID',
    `${JSON.stringify(text)} is not the address of a repository: ${fault}`
  )
}
