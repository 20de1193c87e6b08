import {ReleaseError} from '../../errors.js'
import {matchesPattern} from '../../patterns/name-pattern.js'

/** Packages of one owner, by their names. */
export interface PackagePattern {
  readonly text: string
  /** `ghcr.io`, or the host of containers of a GitHub Enterprise Server. */
  readonly registry: string
  readonly owner: string
  /** Whether a name, without host and owner, is one of these. */
  readonly matches: (name: string) => boolean
  /** Whether these are left out of what others choose. */
  readonly isExclusion: boolean
}

/**
 * Reads `ghcr.io/OWNER/NAME`, with `*` for anything in the name, and `!` in front of what is left out.
 * @throws ReleaseError INPUT_INVALID
 */
export function parsePackagePattern(text: string): PackagePattern {
  const [, not = '', registry = '', owner = '', name = ''] =
    /^(!?)([\w.-]+(?::\d+)?)\/([\w-]+)\/([\w.*\/-]+)$/.exec(text) ?? []
  const isHost = registry.includes('.') || registry.includes(':') || registry === 'localhost'
  if (name === '' || !isHost)
    throw new ReleaseError(
      'INPUT_INVALID',
      `${JSON.stringify(text)} is not a pattern of packages such as ghcr.io/org/team-*, with the name of the owner`
    )
  return {
    text,
    registry,
    owner,
    matches: matchesPattern(name.toLowerCase()),
    isExclusion: not !== ''
  }
}
