import {ReleaseError, messageOf} from '../errors.js'
import type {Digest} from '../oci/digest.js'
import {formatReference} from '../oci/reference.js'
import type {Ports} from '../ports.js'
import {isWholeImage} from '../registry/client/image-presence.js'
import {parseDigestRecord} from '../contracts/digest-record.js'
import {buildOf} from '../building/build-request.js'
import type {GatedJob} from '../building/build-run.js'
import type {BuildTools} from '../building/build-tools.js'
import type {BuildInputs} from '../building/inputs/build-inputs.js'

/**
 * The digest of what an earlier call built, where it is still what this one would build: the record is of this plan, this
 * build and these sources, and every registry has all of the image by its digest. What of that is not so is said, and the
 * image is built again.
 */
export async function findKept(
  given: BuildInputs,
  {job, gates, sources}: GatedJob,
  {registries, ports}: Pick<BuildTools, 'registries' | 'ports'>
): Promise<Digest | undefined> {
  if (sources === undefined) return undefined
  const digest = await readRecord(job.record, {...buildOf(given, job, ports), sources}, ports)
  if (digest === undefined) return undefined
  for (const repository of job.repositories) {
    if (await isWholeImage(registries.repository(repository, 'pull'), digest)) continue
    ports.reporter.notice(
      `${gates.title}: ${formatReference(repository, digest)} is not wholly there, and is built again.`
    )
    return undefined
  }
  return digest
}

async function readRecord(
  name: string,
  build: Parameters<Ports['digests']['find']>[1],
  {digests, reporter}: Pick<Ports, 'digests' | 'reporter'>
): Promise<Digest | undefined> {
  try {
    const record = await digests.find(name, build)
    return record === undefined ? undefined : parseDigestRecord(name, record)
  } catch (error) {
    if (!(error instanceof ReleaseError) || error.code !== 'RECORD_INVALID') throw error
    reporter.notice(`${messageOf(error)}; it is built again.`)
    return undefined
  }
}
