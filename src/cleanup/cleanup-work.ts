import {InputError} from '../errors.js'
import type {InputValues} from '../command/input.js'
import type {Digest} from '../oci/digest.js'
import {type Repository, formatRepository, parseReference, parseRepository} from '../oci/reference.js'
import type {RetentionPolicy} from './policy/policy.js'
import type {cleanupInputs} from './cleanup-inputs.js'
import {journalDigests} from './needed-journals.js'

/** What the inputs of a clean-up say. */
export type CleanupValues = InputValues<typeof cleanupInputs>

/** One repository to clean. */
export interface Work {
  readonly repository: Repository
  /** What a tag left there. */
  readonly superseded: readonly Digest[]
  /** What the release published there; has to be whole before anything goes. */
  readonly published: readonly Digest[]
  /** Whether it is one of the release: then rules for caches choose nothing there. */
  readonly isOfRelease: boolean
}

/**
 * The repositories to clean, each with what was superseded there.
 * @throws InputError where rules for caches have no repository to choose from
 */
export function workOf(given: CleanupValues): Work[] {
  const released = given.release?.targets ?? []
  const moved = released
    .flatMap(({tags}) => tags)
    .flatMap(({reference, before, state}) =>
      before !== undefined && state === 'moved'
        ? [{repository: parseReference(reference).repository, digest: before}]
        : []
    )
  const published = released.flatMap(({digest, images}) =>
    images.map(image => ({repository: parseRepository(image), digest}))
  )
  const all = [...moved, ...given.superseded]
  const repositories = [...given.images, ...published, ...all.map(({repository}) => repository)].map(named)
  const byName = new Map(repositories.map(repository => [formatRepository(repository), repository]))
  const work = [...byName].map(([name, repository]): Work => {
    const [superseded, here] = [digestsOf(all, name), digestsOf(published, name)]
    return {repository, superseded, published: here, isOfRelease: superseded.length + here.length > 0}
  })
  assertPlaceOfCaches(given['cache-tags'], work)
  return work
}

/** @throws InputError where rules for caches have no repository to choose from */
function assertPlaceOfCaches(rules: readonly unknown[], work: readonly Work[]): void {
  if (rules.length === 0 || work.some(({isOfRelease}) => !isOfRelease)) return
  const names = work.map(({repository}) => formatRepository(repository)).join(', ')
  const message = `chooses from no repository of a release, and there are only such: ${names}. Name the repository of the caches in images`
  throw new InputError([{input: 'cache-tags', message}])
}

function named(one: Repository | {readonly repository: Repository}): Repository {
  return 'repository' in one ? one.repository : one
}

function digestsOf(
  all: readonly {readonly repository: Repository; readonly digest: Digest}[],
  name: string
): Digest[] {
  const here = all.filter(({repository}) => formatRepository(repository) === name)
  return [...new Set(here.map(({digest}) => digest))]
}

/** What may go from a repository. */
export function policyOf(
  given: CleanupValues,
  {repository, superseded, isOfRelease}: Work,
  {now, deployed}: Pick<RetentionPolicy, 'now' | 'deployed'>
): RetentionPolicy {
  const cache = cachePolicyOf(given, 'cache-tags')
  return {
    superseded,
    keepVersions: given['keep-versions'],
    keepPatches: given['keep-patches'],
    supersededPrereleases: given['superseded-prereleases'],
    keepTags: given['keep-tags'],
    keepImages: given['keep-images'],
    deployed,
    deleteTags: given['delete-tags'],
    keepNewest: given['keep-newest'],
    wholeImages: given['whole-images'],
    untagged: given.untagged,
    keepNewestUntagged: given['keep-newest-untagged'],
    orphans: given.orphans,
    orphanedReferrers: given['orphaned-referrers'],
    ghosts: given['ghost-images'],
    partialImages: given['partial-images'],
    olderThan: given['older-than'],
    untaggedAge: given['untagged-age'] ?? given['older-than'],
    orphansAge: given['orphans-age'] ?? given['older-than'],
    pullRequests: {patterns: given['pull-request-tags'], closed: new Set()},
    development: {patterns: given['development-tags'], olderThan: given['development-age']},
    cache: isOfRelease ? {...cache, patterns: []} : cache,
    journal: journalDigests(given.journal ?? [], formatRepository(repository)),
    grace: given['min-age'],
    now,
    limits: {maxDelete: given['max-delete'], maxShare: given['max-share']}
  }
}

/** What of caches may go: those of a registry, or of GitHub Actions. */
export function cachePolicyOf(
  given: CleanupValues,
  input: 'cache-tags' | 'actions-caches'
): RetentionPolicy['cache'] {
  return {patterns: given[input], olderThan: given['cache-age'], maxSize: given['cache-size']}
}
