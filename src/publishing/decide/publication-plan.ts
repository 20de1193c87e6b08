import {ReleaseError, messageOf} from '../../errors.js'
import {BARE_VERSION, VERSION} from '../../oci/annotations.js'
import type {Digest} from '../../oci/digest.js'
import {parsePlatform} from '../../oci/platform.js'
import {parseRepository, parseTag} from '../../oci/reference.js'
import type {Plan, PlannedTag, PlannedTarget} from '../../contracts/plan.js'
import {parseDigestRecord} from '../../contracts/digest-record.js'
import type {PlannedImage, PublishedTag, ReleaseFacts} from '../../contracts/planned-image.js'

/** The names of all records that a plan asks for. */
export function recordNames(plan: Plan): string[] {
  return earningTargets(plan).flatMap(({builds}) => builds.map(({record}) => record))
}

/** A variant may be built and tested on an event on which it produces no tags: there is nothing of it to publish. */
function earningTargets({targets}: Plan): PlannedTarget[] {
  return targets.filter(({tags}) => tags.length > 0)
}

/** What a plan says of the release as a whole. */
export function factsOfPlan({source, version}: Plan): ReleaseFacts {
  return {revision: source.revision, created: source.created, ...(version === undefined ? {} : {version})}
}

/**
 * Joins a plan and the records that were found for it.
 * @throws ReleaseError RELEASE_INCOMPLETE, with a line for every record that is missing or is none
 */
export function joinRecords(plan: Plan, records: ReadonlyMap<string, Uint8Array>): PlannedImage[] {
  const faults: string[] = []
  const publications = earningTargets(plan).map(target =>
    plannedImageOf(target, digestsOf(target, records, faults))
  )
  if (faults.length === 0) return publications
  const all = recordNames(plan).length
  throw new ReleaseError(
    'RELEASE_INCOMPLETE',
    `${all - faults.length} of ${all} digest records are there and good; the release needs all of them:\n  ${faults.join('\n  ')}`,
    {hint: 'Nothing was written. Run the build jobs that are named here again, then this job.'}
  )
}

function digestsOf(
  target: PlannedTarget,
  records: ReadonlyMap<string, Uint8Array>,
  faults: string[]
): Map<string, Digest> {
  const digests = new Map<string, Digest>()
  for (const {record, platform} of target.builds) {
    const bytes = records.get(record)
    if (bytes === undefined) {
      faults.push(`${target.name} ${platform}: record ${record} is missing`)
      continue
    }
    try {
      digests.set(platform, parseDigestRecord(record, bytes))
    } catch (error) {
      faults.push(`${target.name} ${platform}: ${messageOf(error)}`)
    }
  }
  return digests
}

function plannedImageOf(target: PlannedTarget, digests: ReadonlyMap<string, Digest>): PlannedImage {
  return {
    target: target.name,
    repositories: target.images.map(parseRepository),
    tags: target.tags.map(publishedTag),
    builds: [...digests].map(([platform, digest]) => ({digest, platform: parsePlatform(platform)})),
    annotations: target.annotations
  }
}

function publishedTag({name, class: tagClass, newest}: PlannedTag): PublishedTag {
  return {name: parseTag(name), class: tagClass, ...(newest === undefined ? {} : {newest})}
}

/** What is known of one image of a release: `named` is the version as its annotations write it. */
export function candidateOf(
  facts: ReleaseFacts,
  annotations: Readonly<Record<string, string>>
): ReleaseFacts {
  const {[VERSION]: named} = annotations
  return {...facts, ...(named === undefined ? {} : {named})}
}

/** The annotations of an index: those that are planned, and the version alone where they name more than that. */
export function indexAnnotations(
  annotations: Readonly<Record<string, string>>,
  {version}: ReleaseFacts
): Readonly<Record<string, string>> {
  const isNamed = version === undefined || annotations[VERSION] === version
  return isNamed ? annotations : {...annotations, [BARE_VERSION]: version}
}
