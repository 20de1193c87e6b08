import type {CacheFlags} from '../builders/builder.js'
import {platformSlug} from '../../oci/platform.js'
import {formatRepository} from '../../oci/reference.js'
import type {Ports} from '../../ports.js'
import type {BuildJob} from '../build-job.js'
import {type CacheFacts, type CacheUse, askedCacheUse, decideCacheUse} from './cache-policy.js'
import {resolveCache} from './cache-tier.js'
import type {BuildInputs} from '../inputs/build-inputs.js'
import {publishRightOf} from '../../ci/untrusted-runs.js'
import type {PublishRight} from '../../ci/run-trust.js'

/** How one build uses its caches. */
export interface BuildCache extends CacheFlags {
  /** Every step is built anew, on base images that the registry is asked for. */
  readonly fresh: boolean
}

/**
 * How this run uses its caches; undefined where none are named. The policy is for caches that are named by tier, not for
 * those that the caller wrote out.
 */
export async function decideCache(given: BuildInputs, ports: Ports): Promise<CacheUse | undefined> {
  const {cache, 'cache-mode': mode, 'cache-to': written} = given
  if (cache.length === 0 && written.length === 0 && given.rebuild !== true) return undefined
  const right = await publishRightOf(ports)
  if (cache.length === 0 && given.rebuild !== true && right !== 'never') return undefined
  return useOf({...(await factsOf(given, ports)), isStrange: right !== 'auto'}, mode, right)
}

/** In a run that never publishes nothing is written for others, whatever is asked: what it builds is a stranger's. */
function useOf(facts: CacheFacts, mode: BuildInputs['cache-mode'], right: PublishRight): CacheUse {
  if (right === 'never') return {...decideCacheUse(facts), isApart: true}
  return mode === 'auto' ? decideCacheUse(facts) : askedCacheUse(mode)
}

async function factsOf(given: BuildInputs, ports: Ports): Promise<CacheFacts> {
  const {event, ref} = given.plan?.source ?? (await ports.workflowRun())
  return {
    event,
    ref,
    rebuild: given.rebuild ?? false,
    dependenciesChanged: given['cache-update'],
    stage: given.mode
  }
}

/**
 * The caches of one job.
 * @throws ReleaseError INPUT_INVALID where a place cannot be filled in
 */
export function cacheOf(given: BuildInputs, job: BuildJob, use: CacheUse | undefined): BuildCache {
  const tiers = use === undefined ? {from: [], to: []} : resolveCache(given.cache, namesOf(given, job), use)
  return {
    from: [...tiers.from, ...given['cache-from']],
    to: [...tiers.to, ...(use?.isApart === true ? [] : given['cache-to'])],
    fresh: use?.fresh ?? false
  }
}

function namesOf(given: BuildInputs, job: BuildJob): Parameters<typeof resolveCache>[1] {
  const [repository] = job.images
  const image = repository === undefined ? undefined : formatRepository(repository)
  return {
    image,
    target: job.target ?? repository?.name ?? 'image',
    platform: platformSlug(job.platform),
    prefix: given['cache-prefix'] ?? '',
    variant: job.variant ?? {}
  }
}
