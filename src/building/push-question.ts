import {formatPlatform} from '../oci/platform.js'
import {formatRepository} from '../oci/reference.js'
import type {Plan} from '../contracts/plan.js'
import type {BuildJob} from './build-job.js'

/** What builds are going to push, for a question: a line for each repository, with the tags that the merge is to move. */
export function pushLines(jobs: readonly BuildJob[], plan: Plan | undefined): string[] {
  return jobs.flatMap(job =>
    job.repositories.map(repository => {
      const tags = plan?.targets.find(({name}) => name === job.target)?.tags.map(({name}) => name) ?? []
      const coming = tags.length === 0 ? 'no tag' : `no tag yet; to come: ${tags.join(', ')}`
      return `${formatRepository(repository)}: ${formatPlatform(job.platform)}, ${coming}`
    })
  )
}
