import {ReleaseError} from '../../errors.js'
import {parseRegistry} from '../../oci/reference.js'
import {encodeLogin} from '../../shared/basic-login.js'
import {maskForms} from '../../command/mask-forms.js'

/** A login for one registry, as an input gives it. */
export interface RegistryLogin {
  /** Host and port; empty if that is missing, too. */
  readonly registry: string
  readonly username: string
  readonly password: string
  /** What it lacks: the secrets that a line is made of are empty in runs of forks and of Dependabot. */
  readonly missing?: 'login' | 'user name' | 'password'
}

/**
 * Reads `registry=username:password`. The text is in no message: it is a secret.
 * @throws ReleaseError INPUT_INVALID
 */
export function parseRegistryLogin(line: string): RegistryLogin {
  const [, registry = '', login = ''] = /^([^=\s]*)\s*=\s*(.*)$/.exec(line.trim()) ?? [undefined, '', line]
  const [, username = '', password = ''] = /^([^:\s]*)\s*(?::\s*(.*))?$/.exec(login) ?? []
  const isNothing = /^:?$/.test(login.replace(/\s/g, ''))
  if (isNothing && line.includes('='))
    return {registry: registry === '' ? '' : parseRegistry(registry), username, password, missing: 'login'}
  if (registry === '' || !login.includes(':') || (username === '' && password === ''))
    throw new ReleaseError(
      'INPUT_INVALID',
      'a line is not registry=username:password (not shown, it is a secret)'
    )
  const missing = username === '' ? 'user name' : 'password'
  const isWhole = username !== '' && password !== ''
  return {registry: parseRegistry(registry), username, password, ...(isWhole ? {} : {missing})}
}

/** The logins that have all that a registry asks for. */
export function completeLogins(logins: readonly RegistryLogin[]): readonly RegistryLogin[] {
  return logins.filter(({missing}) => missing === undefined)
}

/**
 * All that gives a login away where a registry, a proxy or a program repeats it: its password and token in all their forms,
 * and both as Basic authentication has them.
 */
export function secretForms(login: {
  readonly username: string
  readonly password: string
  readonly identityToken?: string
}): string[] {
  const basic = login.password === '' ? [] : [encodeLogin(login)]
  return [...new Set([...maskForms(login.password), ...maskForms(login.identityToken ?? ''), ...basic])]
}
