import {ReleaseError, messageOf} from '../errors.js'
import type {RecordedBuild} from '../contracts/record-origin.js'
import type {Ports} from '../ports.js'
import {formatDigestRecord} from '../contracts/digest-record.js'
import type {BuildView} from './build-result.js'

/** How a digest comes to merge-manifest: `either` prefers the artifact, and does without where it must. */
export type RecordDelivery = 'artifact' | 'either' | 'output'

/**
 * Keeps the digest for merge-manifest. Only now: a record says that the image is wholly there on every registry.
 * @throws ReleaseError ARTIFACT_FAILED where it is to be an artifact, and the service does not take it; RECORD_TAKEN where
 * another build has handed over under the name
 */
export async function saveDigestRecord(
  {job, root}: Pick<BuildView, 'job' | 'root'>,
  {how, build}: {readonly how: RecordDelivery; readonly build: RecordedBuild},
  {digests, reporter}: Pick<Ports, 'digests' | 'reporter'>
): Promise<void> {
  if (how === 'output') {
    reporter.info(`Saved the digest in the outputs alone, as ${job.record}.`)
    return
  }
  try {
    const place = await digests.save(job.record, formatDigestRecord(root.digest), build)
    reporter.info(`Saved the digest as ${job.record} (${place}).`)
  } catch (error) {
    if (how === 'artifact' || !(error instanceof ReleaseError) || error.code !== 'ARTIFACT_FAILED')
      throw error
    reporter.warning(
      `${messageOf(error)}; the digest is in the outputs that begin with record instead: give them to merge-manifest as records`
    )
  }
}
