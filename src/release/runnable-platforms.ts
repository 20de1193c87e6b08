import {findContainerfile, readContainerfile} from '../building/builders/build-context.js'
import {findTargetStep} from '../building/builders/run-platform.js'
import type {PlatformSupport} from '../building/builders/platform-support.js'
import {ReleaseError} from '../errors.js'
import {type Platform, formatPlatform} from '../oci/platform.js'
import type {BuildJob} from '../building/build-job.js'
import type {BuildTools} from '../building/build-tools.js'
import {requestOf} from '../building/build-request.js'
import type {BuildInputs} from '../building/inputs/build-inputs.js'

/** A step that runs programs of a platform, and how the builder runs them. */
interface ForeignStep {
  readonly platform: Platform
  readonly support: PlatformSupport
  /** `Containerfile:7` */
  readonly place: string
}

/**
 * Says what is emulated, and refuses what cannot run here, before anything is built. A platform of which nothing runs needs
 * nothing.
 * @throws ReleaseError RUNNER_UNSUPPORTED, with every platform that has no place to run
 */
export async function assertRunnable(
  given: BuildInputs,
  jobs: readonly BuildJob[],
  {maker, ports: {reporter}}: Pick<BuildTools, 'maker' | 'ports'>
): Promise<void> {
  if ('reference' in maker) return
  const steps: ForeignStep[] = []
  for (const job of jobs) {
    const support = maker.support(job.platform)
    if (support.how === 'native') continue
    const place = await stepOf(given, job)
    if (place !== undefined) steps.push({platform: job.platform, support, place})
  }
  for (const {line, how} of new Map(steps.map(linesOf)).values())
    if (how === 'emulated' || how === 'unknown') reporter.notice(line)
  const refused = [...new Map(steps.filter(({support}) => support.how === 'none').map(linesOf)).values()]
  if (refused.length === 0) return
  throw new ReleaseError('RUNNER_UNSUPPORTED', refused.map(({line}) => line).join('\n'), {
    hint: `Nothing was built. ${ADVICE}`
  })
}

const ADVICE =
  'Register an emulator (docker run --privileged --rm tonistiigi/binfmt --install all; in a workflow docker/setup-qemu-action), give buildx a node of that platform (docker buildx create --append), build each platform on a runner of its own (the reusable workflow), or let only FROM --platform=$BUILDPLATFORM stages run something.'

function linesOf({
  platform,
  support: {how, by},
  place
}: ForeignStep): [string, {line: string; how: PlatformSupport['how']}] {
  const name = formatPlatform(platform)
  const line =
    how === 'none'
      ? `${name} cannot be built here: ${place} runs a program of it, and ${by}`
      : how === 'emulated'
        ? `${name} is emulated (${by}): what ${place} and later steps run takes several times as long as on a machine of that platform`
        : `Whether ${name} runs here is not known (${by}), and ${place} runs a program of it`
  return [`${name} ${how}`, {line, how}]
}

/** The first step that runs programs of the platform; undefined where nothing does, or the sources are not here. */
async function stepOf(given: BuildInputs, job: BuildJob): Promise<string | undefined> {
  const request = requestOf(given, job, '')
  const file = findContainerfile(request)
  const text = readContainerfile(file)
  if (text === '') return undefined
  const step = await findTargetStep(text, request.target)
  return step === undefined ? undefined : `${file ?? ''}:${step.line}`
}
