import {InputError} from '../../errors.js'
import type {RegistryLogin} from './registry-credential.js'
import type {Reporter} from '../../ports.js'

/**
 * Says which logins are left out because the secrets that they are made of are empty.
 * @param isNeeded false in a run that publishes nothing: what is there in part is then left out, too
 * @throws InputError with all that lack their user name or password, if they are needed
 */
export function assertLogins(
  logins: readonly RegistryLogin[],
  reporter: Pick<Reporter, 'notice'>,
  {isNeeded}: {readonly isNeeded: boolean}
): void {
  const halves = logins.filter(({missing}) => missing === 'user name' || missing === 'password')
  if (isNeeded && halves.length > 0)
    throw new InputError(
      halves.map(({registry, missing}) => ({
        input: 'registry-credentials',
        message: `the login for ${registry} has no ${missing ?? ''}; set the secret or variable that the line takes it from`
      }))
    )
  for (const login of logins)
    if (login.missing !== undefined)
      reporter.notice(
        `${nameOf(login)} is left out: it has no ${lackOf(login)}. Runs of forks and of Dependabot have no secrets; in any other run, set those that registry-credentials takes it from.`
      )
}

function nameOf({registry}: RegistryLogin): string {
  return registry === '' ? 'A login without a registry' : `The login for ${registry}`
}

function lackOf({missing}: RegistryLogin): string {
  return missing === 'login' ? 'user name and no password' : (missing ?? '')
}

/** What to do about a login that is missing. */
export function loginHint(registry: string): string {
  if (registry === 'ghcr.io')
    return 'Give registry-credentials the line ghcr.io=${{ github.actor }}:${{ github.token }}.'
  const variables = registry === 'docker.io' ? ', such as DOCKERHUB_USERNAME and DOCKERHUB_TOKEN' : ''
  return `Give registry-credentials a line ${registry}=USER:PASSWORD, and set the secrets that it takes them from${variables}. For release.yml the secret REGISTRY_CREDENTIALS holds the line.`
}
