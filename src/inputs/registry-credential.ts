import {ReleaseError} from '../errors.js'
import {parseRegistry} from '../oci/reference.js'

/** A login for one registry, as an input gives it. */
export interface RegistryLogin {
  /** Host and port. */
  readonly registry: string
  readonly username: string
  readonly password: string
}

/**
 * Reads `registry=username:password`. The text is in no message: it is a secret.
 * @throws ReleaseError INPUT_INVALID
 */
export function parseRegistryLogin(line: string): RegistryLogin {
  const match = /^([^=\s]+)=([^:\s]+):(.+)$/.exec(line.trim())
  const [, registry = '', username = '', password = ''] = match ?? []
  if (match === null)
    throw new ReleaseError(
      'INPUT_INVALID',
      'a line is not registry=username:password (not shown, it is a secret)'
    )
  return {registry: parseRegistry(registry), username, password}
}
