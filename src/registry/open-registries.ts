import {assertLogins} from './auth/logins.js'
import {type RegistryLogin, completeLogins, secretForms} from './auth/registry-credential.js'
import type {Credential, Credentials, Ports} from '../ports.js'
import {markdownForms} from '../shared/markdown.js'
import {Registries, type RegistriesOptions} from './client/registries.js'

/** How the inputs say the registries are reached. */
export interface RegistryInputs {
  readonly insecure: readonly string[]
  readonly 'registry-credentials': readonly RegistryLogin[]
}

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

/** The registries of a command whose logins were looked at before. */
export function registriesOf(
  inputs: RegistryInputs,
  ports: Ports,
  retries: Pick<RegistriesOptions, 'tries'> = {}
): Registries {
  const {insecure} = inputs
  return new Registries({...ports, ...retries, insecure, credentials: credentialsOf(inputs, ports)})
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
