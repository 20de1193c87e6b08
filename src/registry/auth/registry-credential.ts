import {ReleaseError} from '../../errors.js'
import {parseRegistry} from '../../oci/reference.js'

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

/** Fewer characters stand in many words: to hide them would make a log that nobody can read, and tell which they are. */
const LEAST_SECRET = 4

/**
 * All that gives a login away where a registry, a proxy or a program repeats it: its password and token as they are, in a
 * URL and in JSON, and the base64 of both forms of Basic authentication.
 */
export function secretForms(login: {
  readonly username: string
  readonly password: string
  readonly identityToken?: string
}): string[] {
  const texts = [login.password, login.identityToken ?? ''].filter(text => text.trim().length >= LEAST_SECRET)
  const forms = texts.flatMap(text => [
    text,
    encodeURIComponent(text),
    JSON.stringify(text).slice(1, -1),
    base64(text)
  ])
  const basic = login.password === '' ? [] : [base64(`${login.username}:${login.password}`)]
  return [...new Set([...forms, ...basic])]
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
