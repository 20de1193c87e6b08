import {lines, list} from '../command/input.js'
import {parseRegistryLogin} from './auth/registry-credential.js'
import {parseRegistry} from '../oci/reference.js'

/** How registries are reached: for every command that asks one. Apart from other inputs, for these need no schemas. */

export const insecure = list(
  {
    summary:
      'Registries that may be spoken to over plain HTTP, or over TLS with any certificate. Plain HTTP always may be on a loopback address.',
    placeholder: 'HOST[:PORT]'
  },
  parseRegistry
)

export const registryCredentials = lines(
  {
    summary:
      'Logins as registry=username:password, one a line, for registries that the docker and podman configuration does not know.',
    placeholder: 'LOGIN',
    secret: true
  },
  parseRegistryLogin
)
