import {messageOf} from '../errors.js'
import {type Repository, formatRepository} from '../oci/reference.js'
import type {LocalImage} from '../ports.js'
import {BlobPlaces} from '../registry/images/blob-locations.js'
import {pushImage} from '../registry/images/image-push.js'
import {assertPushRights} from '../registry/client/rights.js'
import type {BuildJob} from './build-job.js'
import type {PushView} from './build-result.js'
import type {BuildTools} from './build-tools.js'

/**
 * Makes sure that what the jobs make can be pushed, before it is made.
 * @throws ReleaseError RIGHT_MISSING, with every repository that refuses; REGISTRY_UNREACHABLE
 */
export async function checkPushRights(
  jobs: readonly BuildJob[],
  {registries, ports}: Pick<BuildTools, 'registries' | 'ports'>
): Promise<void> {
  const repositories = jobs.flatMap(job => (job.push ? job.repositories : []))
  const different = new Map(repositories.map(repository => [formatRepository(repository), repository]))
  const clients = [...different.values()].map(repository => registries.repository(repository, 'pull,push'))
  for (const doubt of await assertPushRights(clients))
    ports.reporter.warning(`Whether this job may push is not known: ${doubt}`)
}

/** Pushes to all registries side by side. All are let come to their end, so that each says what is wrong with it. */
export async function pushEverywhere(
  image: LocalImage,
  {repositories}: BuildJob,
  {registries, ports}: BuildTools
): Promise<PushView[]> {
  const options = {reporter: ports.reporter, places: new BlobPlaces()}
  const results = await Promise.allSettled(
    repositories.map(async repository => {
      const start = ports.clock.now()
      const pushed = await pushImage(registries.repository(repository, 'pull,push'), image, options)
      return {...pushed, milliseconds: ports.clock.now() - start}
    })
  )
  const failures = results.flatMap((result, at): {repository: Repository; reason: unknown}[] => {
    const repository = repositories[at]
    return result.status === 'rejected' && repository !== undefined
      ? [{repository, reason: result.reason}]
      : []
  })
  const [first, ...others] = failures
  if (first === undefined)
    return results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  for (const {repository, reason} of others)
    ports.reporter.warning(`${formatRepository(repository)}: ${messageOf(reason)}`)
  throw first.reason
}
