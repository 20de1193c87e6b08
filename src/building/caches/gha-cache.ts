import {isObject, tryParseJson} from '../../shared/json.js'
import type {TierUse} from '../builders/cache-tiers-log.js'
import {type CacheEntry, formatCachePlace, parseCacheFlag} from './cache-flag.js'
import type {CacheLists} from './cache-tier.js'

/** What of a run decides whether buildx can use GitHub's cache. */
export interface GhaFacts {
  readonly environment: (name: string) => string | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * Leaves out the caches of type gha that cannot work: buildx drops one that has no token or address without a word, and
 * BuildKit fails the whole build over a token that it cannot read, whatever `ignore-error` says, for it reads it before it
 * builds (buildx 0.33, build/opt.go; BuildKit 0.31, control.go; go-actions-cache, New).
 */
export function withoutDeadGha<T extends CacheLists>(
  cache: T,
  facts: GhaFacts
): {readonly usable: T; readonly dead: readonly TierUse[]} {
  const dead: TierUse[] = []
  const works = (direction: TierUse['direction']) => (flag: string) => {
    const entries = parseCacheFlag(flag)
    const faults = entries.flatMap(entry => {
      const fault = ghaFault(entry, facts)
      return fault === undefined ? [] : [{tier: formatCachePlace(entry), direction, isEmpty: false, fault}]
    })
    dead.push(...faults)
    return faults.length === 0
  }
  const usable = {...cache, from: cache.from.filter(works('read')), to: cache.to.filter(works('written'))}
  return {usable, dead}
}

/** Why a cache of type gha is dead before anybody is asked; undefined where it may work, and for any other type. */
export function ghaFault({type, attributes}: CacheEntry, {environment, now}: GhaFacts): string | undefined {
  if (type !== 'gha') return undefined
  const ofFlag = attributes.get('token')
  const token = ofFlag ?? environment('ACTIONS_RUNTIME_TOKEN') ?? ''
  const name = ofFlag === undefined ? 'ACTIONS_RUNTIME_TOKEN' : 'its token'
  const addresses = [
    attributes.get('url_v2'),
    attributes.get('url'),
    environment('ACTIONS_CACHE_URL'),
    environment('ACTIONS_RESULTS_URL')
  ]
  if (token === '')
    return 'there is no ACTIONS_RUNTIME_TOKEN, which GitHub gives to actions and not to steps with run'
  if (!addresses.some(Boolean))
    return 'there is no ACTIONS_RESULTS_URL, which GitHub gives to actions and not to steps with run'
  const fault = tokenFault(token, now)
  return fault === undefined ? undefined : `${name} ${fault}`
}

/** What BuildKit does not take as a token of the cache: its words are for people who cannot see the token. */
function tokenFault(token: string, now: number): string | undefined {
  const parts = token.split('.')
  const [header, claims] = parts.slice(0, 2).map(part => tryParseJson(decoded(part)))
  if (parts.length !== 3 || !isObject(header) || !isObject(claims)) return 'is no token of three parts (JWT)'
  if (!ALGORITHMS.test(typeof header['alg'] === 'string' ? header['alg'] : ''))
    return 'is signed by no algorithm that is known'
  const {ac, exp, nbf} = claims
  if (typeof ac !== 'string' || !Array.isArray(tryParseJson(ac)))
    return 'says nothing of what it may do in a cache (ac)'
  if (typeof exp !== 'number' || typeof nbf !== 'number') return 'does not say how long it holds (nbf, exp)'
  if (now > exp * 1000) return `has expired at ${new Date(exp * 1000).toISOString()}`
  if (now < nbf * 1000) return `does not hold before ${new Date(nbf * 1000).toISOString()}`
  return undefined
}

/** Those of golang-jwt. */
const ALGORITHMS = /^(?:(?:HS|RS|ES|PS)(?:256|384|512)|EdDSA|none)$/

function decoded(part: string): string {
  return /^[\w-]+$/.test(part) ? Buffer.from(part, 'base64url').toString('utf8') : ''
}
