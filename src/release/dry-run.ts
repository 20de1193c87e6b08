import {formatPlatform} from '../oci/platform.js'
import {formatReference, parseRepository, parseTag} from '../oci/reference.js'
import type {Plan} from '../contracts/plan.js'
import type {Ports} from '../ports.js'
import {textTable} from '../shared/markdown.js'
import {openRegistries} from '../registry/open-registries.js'
import {type PreparedBuilds} from './build-targets.js'
import type {ReleaseValues} from './release-inputs.js'
import type {StepInputs} from './step-inputs.js'

interface DryRun {
  readonly plan: Plan
  readonly inputs: StepInputs
  readonly prepared: PreparedBuilds
  readonly given: ReleaseValues
}

/** Shows what would be built and pushed, and what would be left without a tag; what moves, the plan has said. */
export async function showDryRun({plan, inputs, prepared, given}: DryRun, ports: Ports): Promise<void> {
  const {jobs, tools} = prepared
  const rows = jobs.map(({job}) => {
    const support = 'reference' in tools.maker ? undefined : tools.maker.support(job.platform)
    return [
      job.target ?? '',
      formatPlatform(job.platform),
      tools.title,
      support === undefined ? '' : `${support.how} (${support.by})`,
      job.push ? job.images.map(({registry, name}) => `${registry}/${name}`).join(', ') : 'nowhere'
    ]
  })
  const lines = textTable([['TARGET', 'PLATFORM', 'BUILDER', 'RUNS', 'PUSHED TO'], ...rows])
  for (const line of ['This would be built:', ...lines]) ports.reporter.info(line)
  if (!plan.push || given.skip.includes('clean-up')) return
  const superseded = await supersededBy(plan, inputs, ports)
  if (superseded.length === 0) return
  const head = 'This would lose a tag, and be deleted when it is old enough and nothing else leads to it:'
  for (const line of [head, ...superseded.map(one => `  ${one}`)]) ports.reporter.info(line)
}

/** What is at the tags that are expected to move: REPOSITORY@DIGEST, and the tag. */
async function supersededBy(plan: Plan, inputs: StepInputs, ports: Ports): Promise<string[]> {
  const registries = openRegistries(inputs.cleanup, ports)
  const places = plan.targets.flatMap(({tags, images}) =>
    tags.flatMap(({name, expected = []}) =>
      expected
        .filter(({action}) => action === 'move')
        .flatMap(({images: at = images}) => at.map(image => ({image, tag: parseTag(name)})))
    )
  )
  const found = await Promise.all(
    places.map(async ({image, tag}) => {
      const repository = parseRepository(image)
      const standing = await registries.repository(repository, 'pull').headManifest(tag)
      return standing === undefined ? [] : [`${formatReference(repository, standing.digest)}  (${tag})`]
    })
  )
  return found.flat()
}
