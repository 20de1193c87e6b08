import {ReleaseError} from '../../errors.js'
import {isLoopback} from '../../oci/reference.js'
import type {Credential, HttpRequest, Send} from '../../ports.js'
import {registryErrorOf} from '../client/registry-error.js'
import {isTransient} from '../client/retry.js'
import {readBodyStart, readBody} from '../transport/body.js'
import type {Challenge} from './challenge.js'
import {objectIn, tryParseJson} from '../../shared/json.js'
import {basicAuthorization} from '../../shared/basic-login.js'

/** A bearer token and when it ends, in milliseconds since the epoch. */
export interface Token {
  readonly value: string
  readonly expires: number
}

const DEFAULT_LIFETIME_SECONDS = 60
const MAX_TOKEN_BODY = 64 * 1024
/** A token is renewed this long before it ends, so that it does not end on the way. */
const EARLY_MILLISECONDS = 5000

/** What a token is asked for: where, for whom, for which actions. */
export interface TokenRequest {
  /** The registry's own URL. */
  readonly registry: URL
  readonly challenge: Challenge
  readonly scopes: readonly string[]
  readonly credential: Credential | undefined
  readonly now: () => number
}

/**
 * Fetches a bearer token (distribution docs, spec/auth/token.md and oauth.md). A refresh token goes by POST, a
 * password by Basic.
 * @throws ReleaseError CREDENTIALS_INVALID where the realm refuses or is not one to be trusted with a password;
 * RegistryError where it fails in passing
 */
export async function fetchToken(send: Send, request: TokenRequest): Promise<Token> {
  const realm = realmOf(request)
  const message =
    request.credential?.identityToken === undefined
      ? basicRequest(realm, request)
      : refreshRequest(realm, request)
  const response = await send(message)
  if (response.status === 200)
    return readToken(await readBody(message, response, MAX_TOKEN_BODY), request, realm)
  const failure = registryErrorOf(message, response, await readBodyStart(response, MAX_TOKEN_BODY))
  throw isTransient(failure) ? failure : refused(request, realm, response.status)
}

function basicRequest(realm: URL, {challenge, scopes, credential}: TokenRequest): HttpRequest {
  const url = new URL(realm)
  const service = challenge.parameters['service']
  if (service !== undefined) url.searchParams.set('service', service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  return {method: 'GET', url, headers: credential ? {authorization: basicAuthorization(credential)} : {}}
}

function refreshRequest(realm: URL, {challenge, scopes, credential}: TokenRequest): HttpRequest {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: credential?.identityToken ?? '',
    service: challenge.parameters['service'] ?? '',
    scope: scopes.join(' '),
    client_id: 'image-release'
  })
  const headers = {'content-type': 'application/x-www-form-urlencoded'}
  return {method: 'POST', url: realm, headers, body: new TextEncoder().encode(form.toString())}
}

/** The realm is chosen by whoever answers as the registry; a password goes there only over TLS, or to a loopback. */
function realmOf({registry, challenge}: TokenRequest): URL {
  const text = challenge.parameters['realm'] ?? ''
  const realm = URL.canParse(text) ? new URL(text) : undefined
  if (realm !== undefined && isSafeRealm(realm, registry)) return realm
  throw new ReleaseError(
    'CREDENTIALS_INVALID',
    `${registry.host} sends for tokens to ${JSON.stringify(text)}, which is not safe`,
    {
      hint: 'The token server must be an https address.'
    }
  )
}

function isSafeRealm(realm: URL, registry: URL): boolean {
  if (realm.protocol === 'https:') return true
  const isNear = realm.host === registry.host || (isLoopback(registry.host) && isLoopback(realm.host))
  return realm.protocol === 'http:' && registry.protocol === 'http:' && isNear
}

function readToken(body: Uint8Array, request: TokenRequest, realm: URL): Token {
  const answer = objectIn(tryParseJson(body))
  // Either field may have it, and the other may be there and empty.
  const value = [answer['token'], answer['access_token']].find(
    (field): field is string => typeof field === 'string' && field !== ''
  )
  if (value === undefined)
    throw new ReleaseError(
      'CREDENTIALS_INVALID',
      `${realm.host} answered without a token for ${request.registry.host}`
    )
  const lifetime = Number(answer['expires_in'])
  const milliseconds = (lifetime > 0 ? lifetime : DEFAULT_LIFETIME_SECONDS) * 1000
  return {value, expires: request.now() + milliseconds - Math.min(EARLY_MILLISECONDS, milliseconds / 4)}
}

function refused({registry, credential, scopes}: TokenRequest, realm: URL, status: number): ReleaseError {
  const what = credential ? `the credentials for ${registry.host}` : 'an anonymous request'
  return new ReleaseError(
    'CREDENTIALS_INVALID',
    `${realm.host} rejected ${what} (${status}), asked for ${scopes.join(' ')}`,
    {
      hint: credential
        ? `Log in to ${registry.host} again: the password or token is wrong, has expired, or lacks the permission.`
        : `Log in to ${registry.host} first (docker login ${registry.host}).`
    }
  )
}
