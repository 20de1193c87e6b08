import type {Clock, Credential, Credentials, HttpRequest, HttpResponse, Send} from '../../ports.js'
import {ReleaseError} from '../../errors.js'
import {type Challenge, parseChallenges} from './challenge.js'
import {ScopeBook} from './scopes.js'
import {basicAuthorization} from '../../shared/basic-login.js'
import {type Token, fetchToken} from './token.js'

/** What a caller may do in a repository, in the words of token scopes. */
export type Access = 'pull' | 'pull,push' | 'pull,push,delete'

/** An answer, and whether a login was given for it: what to do about a refusal depends on that. */
export interface AuthorizedResponse extends HttpResponse {
  readonly isLoggedIn: boolean
}

/** Sends a request with the right to do `access` in the repositories of the scopes. */
export type AuthorizedSend = (request: HttpRequest, scopes: readonly string[]) => Promise<AuthorizedResponse>

/** The scope that a token is asked for (distribution docs, spec/auth/scope.md). */
export function repositoryScope(name: string, access: Access): string {
  return `repository:${name}:${access}`
}

/**
 * Answers a registry's challenges. The first request of a registry finds out what it wants; later ones bring it
 * along, and requests of one scope share one token. A refused token is renewed once, never for ever.
 * @param registry the URL of the registry's API; credentials go to this host and its realm only
 */
export function authorize(
  next: Send,
  registry: URL,
  host: string,
  {credentials, clock}: {readonly credentials: Credentials; readonly clock: Clock}
): AuthorizedSend {
  const session = new AuthSession(next, registry, name => credentials(host, name), clock)
  return (request, scopes) => session.send(request, scopes)
}

type FindCredential = (repository: string | undefined) => Promise<Credential | undefined>

class AuthSession {
  readonly #next: Send
  readonly #registry: URL
  readonly #findCredential: FindCredential
  readonly #clock: Clock
  readonly #tokens = new Map<string, Promise<Token>>()
  /** By the name of the repository: a login may be for a part of a registry. */
  readonly #credentials = new Map<string | undefined, Promise<Credential | undefined>>()
  readonly #scopes = new ScopeBook()
  #challenge: Challenge | undefined

  constructor(next: Send, registry: URL, findCredential: FindCredential, clock: Clock) {
    this.#next = next
    this.#registry = registry
    this.#findCredential = findCredential
    this.#clock = clock
  }

  async send(request: HttpRequest, scopes: readonly string[]): Promise<AuthorizedResponse> {
    const response = await this.#exchange(request, scopes)
    return {...response, isLoggedIn: (await this.#credentials.get(repositoryIn(scopes))) !== undefined}
  }

  async #exchange(request: HttpRequest, scopes: readonly string[]): Promise<HttpResponse> {
    if (request.url.origin !== this.#registry.origin) return await this.#next(request)
    let authorization = await this.#authorization(scopes)
    let response = await this.#next(withAuthorization(request, authorization))
    for (let renewals = 0; response.status === 401 && renewals < 2; renewals++) {
      const challenge = chooseChallenge(response)
      if (challenge === undefined) return response
      const isNarrowed = await this.#learn(challenge, scopes, authorization)
      // A token is renewed once; once more only where the scopes of the challenge are now asked for alone.
      if (renewals > 0 && !isNarrowed) return response
      const renewed = await this.#authorization(scopes)
      if (renewed === undefined || (renewed === authorization && challenge.scheme === 'basic'))
        return response
      response.body.resume()
      authorization = renewed
      response = await this.#next(withAuthorization(request, authorization))
    }
    return response
  }

  /** Remembers what the registry wants, and forgets the token that it refused. */
  async #learn(
    challenge: Challenge,
    scopes: readonly string[],
    refused: string | undefined
  ): Promise<boolean> {
    this.#challenge = challenge
    const asked = this.#scopes.wanted(scopes)
    const known = this.#tokens.get(keyOf(asked))
    const isRefused = known !== undefined && refused === `Bearer ${(await known).value}`
    if (isRefused && this.#tokens.get(keyOf(asked)) === known) this.#tokens.delete(keyOf(asked))
    return this.#scopes.learn(scopes, challenge.parameters['scope'], isRefused ? asked : undefined)
  }

  async #authorization(scopes: readonly string[]): Promise<string | undefined> {
    const challenge = this.#challenge
    if (challenge === undefined) return undefined
    const credential = await this.#credential(repositoryIn(scopes))
    if (challenge.scheme === 'basic') return credential && basicAuthorization(credential)
    return `Bearer ${(await this.#token(challenge, scopes, credential)).value}`
  }

  #credential(repository: string | undefined): Promise<Credential | undefined> {
    const known = this.#credentials.get(repository) ?? this.#findCredential(repository)
    this.#credentials.set(repository, known)
    return known
  }

  async #token(
    challenge: Challenge,
    scopes: readonly string[],
    credential: Credential | undefined
  ): Promise<Token> {
    const wanted = this.#scopes.wanted(scopes)
    try {
      return await this.#sharedToken(challenge, wanted, credential)
    } catch (error) {
      const isRefused = error instanceof ReleaseError && error.code === 'CREDENTIALS_INVALID'
      if (!isRefused || wanted.length === 1) throw error
      // Some token servers refuse more than one scope, whatever they are.
      this.#scopes.askForOne()
      return await this.#sharedToken(challenge, this.#scopes.wanted(scopes), credential)
    }
  }

  async #sharedToken(
    challenge: Challenge,
    scopes: readonly string[],
    credential: Credential | undefined
  ): Promise<Token> {
    const key = keyOf(scopes)
    const known = this.#tokens.get(key)
    if (known !== undefined) {
      const token = await known
      if (token.expires > this.#clock.now()) return token
      // Another caller may have put a fresh token in its place while this one waited.
      if (this.#tokens.get(key) === known) this.#tokens.delete(key)
    }
    const pending = this.#tokens.get(key) ?? this.#fetch(challenge, scopes, credential)
    this.#tokens.set(key, pending)
    pending.catch(() => this.#tokens.delete(key))
    return await pending
  }

  #fetch(
    challenge: Challenge,
    scopes: readonly string[],
    credential: Credential | undefined
  ): Promise<Token> {
    const now = (): number => this.#clock.now()
    return fetchToken(this.#next, {registry: this.#registry, challenge, scopes, credential, now})
  }
}

/** Bearer is preferred where both are offered: a password then goes to the realm only. */
function chooseChallenge(response: HttpResponse): Challenge | undefined {
  const challenges = parseChallenges(response.headers['www-authenticate'] ?? '')
  return (
    challenges.find(({scheme}) => scheme === 'bearer') ?? challenges.find(({scheme}) => scheme === 'basic')
  )
}

function withAuthorization(request: HttpRequest, authorization: string | undefined): HttpRequest {
  return authorization === undefined ? request : {...request, headers: {...request.headers, authorization}}
}

function keyOf(scopes: readonly string[]): string {
  return scopes.join(' ')
}

/** The repository that a request is for: its scope comes first. */
function repositoryIn([scope = '']: readonly string[]): string | undefined {
  return /^repository:(.+):/.exec(scope)?.[1]
}
