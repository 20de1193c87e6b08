import {type RegistryLogin, completeLogins, secretForms} from '../inputs/registry-credential.js'
import type {Credential, Credentials, Ports} from '../ports.js'
import {Registries, type RegistriesOptions} from '../registry/registries.js'
import {ReleaseJournal} from '../transaction/release-journal.js'
import type {HostOf} from '../transaction/fresh-tags.js'
import type {Patience} from '../transaction/patience.js'
import type {ReleaseRegistries} from '../transaction/tag-transaction.js'
import {assertLogins} from './logins.js'
import {markdownForms} from '../reports/markdown.js'

/** How the inputs say the registries are reached. */
export interface RegistryInputs {
  readonly insecure: readonly string[]
  readonly 'registry-credentials': readonly RegistryLogin[]
}

/** How the inputs say the registries of a release are reached, and GitHub's API, by which tags on ghcr.io are deleted. */
export interface ReleaseInputs extends RegistryInputs {
  readonly 'github-token': string | undefined
  /** Milliseconds for which a registry is waited for that does not show yet what was written. */
  readonly wait: number
}

/** A runner kills 7.5 s after it asked to stop; the undoing must be over by then. */
const UNDO_MILLISECONDS = 7000

/** How a command uses registries. */
export interface RegistryUse extends Pick<RegistriesOptions, 'tries'> {
  /** Whether it needs the logins that it is given: false in a run that publishes nothing. Default: true. */
  readonly isNeeded?: boolean
}

/**
 * The registries of a command.
 * @throws InputError for a login that is needed and lacks its user name or password
 */
export function openRegistries(
  inputs: RegistryInputs,
  ports: Ports,
  {isNeeded = true, ...retries}: RegistryUse = {}
): Registries {
  assertLogins(inputs['registry-credentials'], ports.reporter, {isNeeded})
  return registriesOf(inputs, ports, retries)
}

function registriesOf(
  inputs: RegistryInputs,
  ports: Ports,
  retries: Pick<RegistriesOptions, 'tries'> = {}
): Registries {
  const {insecure} = inputs
  return new Registries({...ports, ...retries, insecure, credentials: credentialsOf(inputs, ports)})
}

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

/** How long registries are waited for. */
export function patienceOf({wait}: Pick<ReleaseInputs, 'wait'>, {clock, signal}: Ports): Patience {
  return {clock, signal, milliseconds: wait}
}

/** The hosts of packages, each loaded only where tags have to be deleted there. */
function hostsOf(inputs: ReleaseInputs, ports: Ports): HostOf {
  const credentials = credentialsOf(inputs, ports)
  return async client => {
    const {backendKindOf, openBackend} = await import('../cleanup/backend-choice.js')
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

/** A login of the inputs goes before one of the configuration. Before it is used, the log is told to show no form of it. */
export function credentialsOf(inputs: RegistryInputs, ports: Ports): Credentials {
  const logins = completeLogins(inputs['registry-credentials'])
  const masked = new Set<string>()
  const mask = (credential: Credential): void => {
    const forms = secretForms(credential).flatMap(form => [form, ...markdownForms(form)])
    for (const form of forms.filter(one => !masked.has(one))) {
      masked.add(form)
      ports.reporter.secret(form)
    }
  }
  for (const login of logins) mask(login)
  return async (registry, repository) => {
    const given = logins.find(login => login.registry === registry)
    const credential = given ?? (await ports.credentials(registry, repository))
    if (credential !== undefined) mask(credential)
    return credential
  }
}
