import {messageOf} from '../errors.js'
import {type Repository, formatRepository} from '../oci/reference.js'
import type {LocalImage} from '../ports.js'
import {BlobPlaces} from '../registry/blob-places.js'
import {pushImage} from '../registry/image-push.js'
import type {BuildJob} from '../release/build-job.js'
import type {PushView} from '../reports/build-summary.js'
import type {BuildTools} from './build-tools.js'

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
