import {type BuiltImage, readBuiltImage} from '../builders/built-image.js'
import {formatPlatform} from '../oci/platform.js'
import type {LocalImage} from '../ports.js'
import type {BuildJob} from '../release/build-job.js'
import type {BuildInputs} from './build-inputs.js'
import {requestOf} from './build-request.js'
import type {BuildTools} from './build-tools.js'

/** One build, and the folder that it has for itself. */
export interface BuildPlace {
  readonly job: BuildJob
  /** Taken away when the job is over. */
  readonly folder: string
}

/** What a builder made of a job: bytes that are read from the folder, and not pushed yet. */
export interface BuiltJob extends BuiltImage {
  readonly image: LocalImage
  /** Name and version, `buildah 1.28.2`. */
  readonly builder: string
  readonly milliseconds: number
}

/**
 * Builds the image of a job, in the job's folder.
 * @throws BuilderError where the build fails; ReleaseError PLATFORM_MISMATCH, LAYOUT_INVALID, CANCELLED
 */
export async function buildImage(
  given: BuildInputs,
  {job, folder}: BuildPlace,
  {builder, version, ports}: BuildTools
): Promise<BuiltJob> {
  const start = ports.clock.now()
  const image = await ports.reporter.group(`Build ${formatPlatform(job.platform)}`, () =>
    builder.build(requestOf(given, job, folder))
  )
  const milliseconds = ports.clock.now() - start
  return {...(await readBuiltImage(image)), image, builder: `${builder.name} ${version}`, milliseconds}
}
