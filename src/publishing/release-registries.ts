import type {Ports} from '../ports.js'
import {
  type RegistryInputs,
  credentialsOf,
  openRegistries,
  registriesOf
} from '../registry/open-registries.js'
import type {HostOf} from './move/created-tags.js'
import {patienceOf} from '../registry/client/patience.js'
import {ReleaseJournal} from './move/release-journal.js'
import type {ReleaseRegistries} from './move/tag-transaction.js'

/** How the inputs say the registries of a release are reached, and GitHub's API, by which tags on ghcr.io are deleted. */
export interface ReleaseInputs extends RegistryInputs {
  readonly 'github-token': string | undefined
  /** Milliseconds for which a registry is waited for that does not show yet what was written. */
  readonly wait: number
}

/** A runner kills 7.5 s after it asked to stop; the undoing must be over by then. */
const UNDO_MILLISECONDS = 7000

/** The registries of a release, which can be undone after the run was cancelled. */
export function openReleaseRegistries(inputs: ReleaseInputs, ports: Ports): ReleaseRegistries {
  return {
    patience: patienceOf(inputs, ports),
    journal: new ReleaseJournal(ports),
    working: openRegistries(inputs, ports),
    undoing: () => {
      const signal = ports.signal.aborted ? AbortSignal.timeout(UNDO_MILLISECONDS) : ports.signal
      const lasting = {...ports, signal}
      return {
        registries: registriesOf(inputs, lasting),
        hostOf: hostsOf(inputs, lasting),
        patience: patienceOf(inputs, lasting)
      }
    }
  }
}

/** The hosts of packages, each loaded only where tags have to be deleted there. */
function hostsOf(inputs: ReleaseInputs, ports: Ports): HostOf {
  const credentials = credentialsOf(inputs, ports)
  return async client => {
    const {backendKindOf, openBackend} = await import('../cleanup/vendors/backend-choice.js')
    const {repository} = client
    const kind = backendKindOf(repository)
    if (kind === 'registry') return undefined
    return await openBackend(kind, {
      repository,
      client,
      deleting: client,
      isDryRun: false,
      ports,
      githubToken: inputs['github-token'],
      credential: async () => await credentials(repository.registry),
      runsIn: ports.environment('GITHUB_REPOSITORY')
    })
  }
}
