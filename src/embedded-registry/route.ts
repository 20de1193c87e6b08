import {isRepositoryName} from '../oci/reference.js'
import {Refusal} from './refusal.js'
import {TOKEN_PATH} from './token-auth.js'

/** The kinds of address that the registry has. */
export type RouteKind =
  'base' | 'catalog' | 'token' | 'uploads' | 'upload' | 'blob' | 'manifest' | 'tags' | 'referrers'

/** What an address points at: a repository, and in it a tag, digest or upload; empty where the kind has none. */
export interface RouteTarget {
  readonly repository: string
  readonly reference: string
}

export interface Route extends RouteTarget {
  readonly kind: RouteKind
}

/** The patterns of distribution-spec, "Endpoints". The name is greedy: it may itself have a part such as `blobs`. */
const PATTERNS: readonly (readonly [RouteKind, RegExp])[] = [
  ['base', /^\/v2\/?$/],
  ['catalog', /^\/v2\/_catalog$/],
  ['token', new RegExp(`^${TOKEN_PATH}$`)],
  ['uploads', /^\/v2\/(.+)\/blobs\/uploads\/?$/],
  ['upload', /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/],
  ['blob', /^\/v2\/(.+)\/blobs\/([^/]+)$/],
  ['manifest', /^\/v2\/(.+)\/manifests\/([^/]+)$/],
  ['tags', /^\/v2\/(.+)\/tags\/list$/],
  ['referrers', /^\/v2\/(.+)\/referrers\/([^/]+)$/]
]

/**
 * Finds out what a path means.
 * @throws Refusal 404 NAME_INVALID for a name that no repository can have, 404 UNSUPPORTED for another path
 */
export function parseRoute(path: string): Route {
  const decoded = decode(path)
  for (const [kind, pattern] of PATTERNS) {
    const match = pattern.exec(decoded)
    if (match === null) continue
    const [, repository = '', reference = ''] = match
    if (repository !== '' && !isRepositoryName(repository))
      throw new Refusal('NAME_INVALID', 'this is not the name of a repository', {
        detail: {name: repository.slice(0, 300)}
      })
    return {kind, repository, reference}
  }
  throw new Refusal('UNSUPPORTED', 'the registry has no such address', {status: 404})
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new Refusal('UNSUPPORTED', 'the path is not well encoded', {status: 400})
  }
}
