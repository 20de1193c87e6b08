import {
  USER_RIGHTS,
  type UserRight,
  type TokenScope,
  type User,
  type Users,
  findUser,
  formatScopes,
  isAllowed,
  parseBasic,
  rightsOf
} from './access.js'
import {type ServerExchange, type Reply, jsonReply, readRequest} from './exchange.js'
import {Refusal} from './refusal.js'
import type {TokenSigner} from './signed-token.js'
import {TOKEN_SERVICE} from './token-auth.js'

/** What the token endpoint works with. */
export interface TokenIssuer extends Users {
  readonly signer: TokenSigner
  readonly lifetimeSeconds: number
  readonly now: () => number
}

/** How long a refresh token is good for, in seconds. */
const REFRESH_LIFETIME = 30 * 24 * 3600

/** A form that asks for a token is far smaller than this. */
const MAX_FORM_SIZE = 64 * 1024

/**
 * Gives tokens out: GET with Basic (distribution, docs/spec/auth/token.md), or POST with an OAuth2 form (oauth.md).
 * A token holds what was asked for as far as the user has the right: less is no error here.
 * @throws Refusal 401 for a wrong name, password or refresh token
 */
export async function answerToken(issuer: TokenIssuer, exchange: ServerExchange): Promise<Reply> {
  if (exchange.method === 'POST') return answerForm(issuer, await readForm(exchange))
  const given = parseBasic(exchange.headers.authorization)
  const user = given && requireUser(issuer, given.username, given.password)
  const isOffline = exchange.query.get('offline_token') === 'true'
  return tokenReply(issuer, user, {scopes: exchange.query.getAll('scope'), isOffline})
}

function answerForm(issuer: TokenIssuer, form: URLSearchParams): Reply {
  const wanted = {scopes: form.getAll('scope'), isOffline: form.get('access_type') === 'offline'}
  switch (form.get('grant_type')) {
    case 'password':
      return tokenReply(
        issuer,
        requireUser(issuer, form.get('username') ?? '', form.get('password') ?? ''),
        wanted
      )
    case 'refresh_token':
      return tokenReply(issuer, refreshingUser(issuer, form.get('refresh_token') ?? ''), {
        ...wanted,
        isOffline: true
      })
    default:
      throw new Refusal('UNSUPPORTED', 'grant_type is neither password nor refresh_token', {status: 400})
  }
}

function tokenReply(
  issuer: TokenIssuer,
  user: User | undefined,
  wanted: {scopes: readonly string[]; isOffline: boolean}
): Reply {
  const rights = user ? rightsOf(user) : (issuer.anonymous ?? [])
  if (user === undefined && rights.length === 0) throw unknownUser()
  const access = wanted.scopes.flatMap(text => text.split(' ')).flatMap(text => grantedOf(text, rights))
  const seconds = issuer.now() / 1000
  const issuedAt = Math.floor(seconds)
  const claims = {sub: user?.username ?? '', aud: TOKEN_SERVICE, iat: issuedAt, access}
  // In whole seconds, and never sooner than the client is told.
  const exp = Math.ceil(seconds + issuer.lifetimeSeconds)
  const token = issuer.signer.sign({...claims, use: 'access', exp})
  const refresh = {...claims, use: 'refresh', exp: issuedAt + REFRESH_LIFETIME, access: []} as const
  return jsonReply(200, {
    token,
    access_token: token,
    scope: formatScopes(access),
    expires_in: issuer.lifetimeSeconds,
    issued_at: new Date(issuedAt * 1000).toISOString(),
    ...(user && wanted.isOffline ? {refresh_token: issuer.signer.sign(refresh)} : {})
  })
}

/** What of one scope the rights allow; nothing for a scope that is not understood. */
function grantedOf(text: string, rights: readonly UserRight[]): TokenScope[] {
  const [, type = '', name = '', list = ''] = /^([a-z]+)(?:\([a-z]+\))?:(.+):([a-z*,]+)$/.exec(text) ?? []
  const asked = list.split(',').flatMap(action => (action === '*' ? actionsOf(type) : [action]))
  const actions = asked.filter(action => isAllowed(rights, {type, name, actions: [action]}))
  return type === '' ? [] : [{type, name, actions}]
}

/** All actions on a repository; on the registry itself `*` is an action. */
function actionsOf(type: string): readonly string[] {
  return type === 'registry' ? ['*'] : USER_RIGHTS
}

function requireUser(issuer: TokenIssuer, username: string, password: string): User {
  const user = findUser(issuer.users, username, password)
  if (user === undefined) throw unknownUser()
  return user
}

function refreshingUser(issuer: TokenIssuer, token: string): User {
  const claims = issuer.signer.verify(token)
  const isGood = claims?.use === 'refresh' && claims.exp * 1000 > issuer.now()
  const user = issuer.users.find(entry => isGood && entry.username === claims.sub)
  if (user === undefined) throw unknownUser()
  return user
}

function unknownUser(): Refusal {
  return new Refusal('UNAUTHORIZED', 'a user name and password that the registry knows are needed', {
    headers: {'www-authenticate': 'Basic realm="image-release registry", charset="UTF-8"'}
  })
}

async function readForm(exchange: ServerExchange): Promise<URLSearchParams> {
  const bytes = await readRequest(exchange.body, MAX_FORM_SIZE)
  if (bytes === undefined) throw new Refusal('SIZE_INVALID', 'the form is too large', {status: 413})
  return new URLSearchParams(Buffer.from(bytes).toString('utf8'))
}
