import type {RegistryLogin} from '../inputs/registry-credential.js'
import type {Credentials, Ports} from '../ports.js'
import {Registries, type RegistriesOptions} from '../registry/registries.js'
import {ReleaseJournal} from '../transaction/release-journal.js'
import type {ReleaseRegistries} from '../transaction/tag-transaction.js'

/** How the inputs say the registries are reached. */
export interface RegistryInputs {
  readonly insecure: readonly string[]
  readonly 'registry-credentials': readonly RegistryLogin[]
}

/** A runner kills 7.5 s after it asked to stop; the undoing must be over by then. */
const UNDO_MILLISECONDS = 7000

/** The registries of a command. */
export function openRegistries(
  inputs: RegistryInputs,
  ports: Ports,
  retries: Pick<RegistriesOptions, 'tries'> = {}
): Registries {
  const {insecure} = inputs
  for (const {password} of inputs['registry-credentials']) ports.reporter.secret(password)
  return new Registries({...ports, ...retries, insecure, credentials: credentialsOf(inputs, ports)})
}

/** The registries of a release, which can be undone after the run was cancelled. */
export function openReleaseRegistries(inputs: RegistryInputs, ports: Ports): ReleaseRegistries {
  return {
    clock: ports.clock,
    signal: ports.signal,
    journal: new ReleaseJournal(ports),
    working: openRegistries(inputs, ports),
    undoing: () => {
      const signal = ports.signal.aborted ? AbortSignal.timeout(UNDO_MILLISECONDS) : ports.signal
      return openRegistries(inputs, {...ports, signal})
    }
  }
}

/** A login of the inputs goes before one of the configuration. */
export function credentialsOf(inputs: RegistryInputs, ports: Ports): Credentials {
  return async (registry, repository) => {
    const given = inputs['registry-credentials'].find(login => login.registry === registry)
    return given ?? (await ports.credentials(registry, repository))
  }
}
