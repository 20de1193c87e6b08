import {createHash, timingSafeEqual} from 'node:crypto'
import {type BasicLogin, decodeLogin} from '../shared/basic-login.js'

/** What a user may do in every repository. Pushing includes neither pulling nor deleting. */
export type UserRight = 'pull' | 'push' | 'delete'

export const USER_RIGHTS: readonly UserRight[] = ['pull', 'push', 'delete']

/** Someone who may use the registry. */
export interface User {
  readonly username: string
  readonly password: string
  /** All rights where this is left out. */
  readonly rights?: readonly UserRight[]
}

/** The users of a registry with authentication, and what those may do who do not say who they are. */
export interface Users {
  readonly users: readonly User[]
  /** Rights without a name and password: nothing, or `['pull']` for a public registry. */
  readonly anonymous?: readonly UserRight[]
}

/** Actions on one thing, as a token names them (distribution, docs/spec/auth/scope.md). */
export interface TokenScope {
  /** `repository`, or `registry` for the list of repositories. */
  readonly type: string
  readonly name: string
  readonly actions: readonly string[]
}

/** What the maker of a request may do. */
export interface GrantedAccess {
  mayPull(repository: string): boolean
}

/** What a request tells of its maker. */
export interface Asker {
  readonly authorization: string | undefined
  /** The address that the client used, where a token endpoint is to be found too: `http://host:port`. */
  readonly origin: string
}

/**
 * Decides whether a request may do what it needs.
 * @throws Refusal 401 with a challenge, or 403 DENIED
 */
export type Authorize = (asker: Asker, needs: readonly TokenScope[]) => GrantedAccess

export function scopeOfRepository(name: string, ...actions: readonly UserRight[]): TokenScope {
  return {type: 'repository', name, actions}
}

/** The scopes as a challenge and a token request write them: `repository:a/b:pull,push`. */
export function formatScopes(scopes: readonly TokenScope[]): string {
  return scopes.map(scope => `${scope.type}:${scope.name}:${scope.actions.join(',')}`).join(' ')
}

/** The user with this name and password. Takes the same time whatever is wrong. */
export function findUser(users: readonly User[], username: string, password: string): User | undefined {
  const matching = users.filter(user => {
    const isName = equals(user.username, username)
    const isPassword = equals(user.password, password)
    return isName && isPassword
  })
  return matching[0]
}

/** Name and password of an `Authorization: Basic` header (RFC 7617); undefined where it is none. */
export function parseBasic(header: string | undefined): BasicLogin | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? '')?.[1]
  return encoded === undefined ? undefined : decodeLogin(encoded)
}

/** The rights of someone by a scope's actions; the catalogue may be read by all who may pull. */
export function isAllowed(rights: readonly UserRight[], scope: TokenScope): boolean {
  if (scope.type === 'registry') return rights.includes('pull')
  return scope.actions.every(action => rights.some(right => right === action))
}

export function rightsOf(user: User): readonly UserRight[] {
  return user.rights ?? USER_RIGHTS
}

function equals(one: string, other: string): boolean {
  return timingSafeEqual(sha256(one), sha256(other))
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
