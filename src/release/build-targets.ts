import {eachAtOnce} from '../shared/at-once.js'
import {messageOf} from '../errors.js'
import {type Digest, shortDigest} from '../oci/digest.js'
import {parsePlatform} from '../oci/platform.js'
import type {Plan} from '../contracts/plan.js'
import type {Ports} from '../ports.js'
import {formatDigestRecord} from '../contracts/digest-record.js'
import type {BuildView} from '../building/build-result.js'
import {checkPushRights} from '../building/build-push.js'
import {type CheckedInputs, checkInputs} from '../building/build-request.js'
import {type GatedJob, buildAndSaveRecord} from '../building/build-run.js'
import {type BuildTools, findTools} from '../building/build-tools.js'
import {planGates} from '../building/gate-plan.js'
import type {BuildInputs} from '../building/inputs/build-inputs.js'
import {assertMayPublish} from '../ci/untrusted-runs.js'
import {jobLog} from './job-log.js'
import {findKept} from './kept-builds.js'
import {assertRunnable} from './runnable-platforms.js'
import {sourceState} from './source-state.js'

/** All builds of a plan, found to be possible. Nothing is built yet. */
export interface PreparedBuilds {
  readonly given: BuildInputs
  readonly jobs: readonly PreparedJob[]
  readonly tools: BuildTools
}

/** One build, and the secrets of its target. */
export interface PreparedJob extends GatedJob, Pick<BuildTools, 'secrets'> {}

/** How the builds of a plan are run. */
export interface ReleaseBuilds {
  readonly atOnce: number
  /** Whether what an earlier call built is looked for. */
  readonly resume: boolean
}

/** What became of one build. */
export interface TargetBuild extends Pick<GatedJob, 'job' | 'gates'> {
  readonly digest: Digest
  /** Absent where an earlier call built it. */
  readonly view?: BuildView
}

/**
 * Checks everything that can be wrong before the first build, and finds a builder for all of them.
 * @throws InputError; ReleaseError BUILDER_MISSING, RUNNER_UNSUPPORTED
 */
export async function prepareBuilds(
  settings: BuildInputs,
  plan: Plan,
  ports: Ports
): Promise<PreparedBuilds> {
  const given: BuildInputs = {
    ...settings,
    plan,
    'hand-over': settings['hand-over'] === 'output' ? 'output' : 'either'
  }
  const checked = plan.targets.map(({name, builds}) =>
    checkInputs(
      {...given, 'plan-target': name, platforms: builds.map(({platform}) => parsePlatform(platform))},
      ports
    )
  )
  const found = checked.flatMap(({jobs}) => jobs)
  const sources = await sourceState(
    found.map(({build}) => given.context ?? build?.context ?? '.'),
    ports
  )
  const jobs = await Promise.all(
    checked.flatMap(({jobs: ofTarget, secrets}) =>
      ofTarget.map(async job => ({job, gates: await planGates(given, job, ports), sources, secrets}))
    )
  )
  if (found.some(({push}) => push)) await assertMayPublish(ports)
  const tools = await findTools(given, ports, together(checked))
  await assertRunnable(given, found, tools)
  return {given, jobs, tools}
}

/**
 * Makes sure that every image can be pushed, before the first is built.
 * @throws ReleaseError RIGHT_MISSING, with every repository that refuses; REGISTRY_UNREACHABLE
 */
export async function checkPushes({jobs, tools}: PreparedBuilds): Promise<void> {
  await checkPushRights(
    jobs.map(({job}) => job),
    tools
  )
}

/** What is asked for all targets of one builder; of secrets each target gets its own. */
function together(checked: readonly CheckedInputs[]): CheckedInputs {
  const secrets = checked.map(one => one.secrets)
  return {
    jobs: checked.flatMap(({jobs}) => jobs),
    secrets: {
      secrets: [],
      hidden: [...new Set(secrets.flatMap(({hidden}) => hidden))],
      notes: [...new Set(secrets.flatMap(({notes}) => notes))]
    },
    gitToken: checked.find(({gitToken}) => gitToken !== undefined)?.gitToken,
    features: [...new Set(checked.flatMap(({features}) => features))]
  }
}

/**
 * Builds all images of a plan, some side by side, and hands each over. After a failure nothing new is begun, and what is
 * under way comes to its end, so that a later call can go on from there.
 * @throws what the first build that failed threw
 */
export async function buildTargets(
  {given, jobs, tools: found}: PreparedBuilds,
  {atOnce, resume}: ReleaseBuilds,
  ports: Ports
): Promise<TargetBuild[]> {
  const tools = withPorts(found, ports)
  const failures: Error[] = []
  const built = await eachAtOnce(
    jobs,
    async one => {
      if (failures.length > 0) return []
      try {
        return [await buildLogged(given, one, {tools, resume, isOfSeveral: jobs.length > 1})]
      } catch (error) {
        failures.push(error instanceof Error ? error : new Error(messageOf(error)))
        return []
      }
    },
    atOnce
  )
  const [first, ...others] = failures
  if (first === undefined) return built.flat()
  for (const other of others) tools.ports.reporter.warning(messageOf(other))
  throw first
}

interface LoggedBuild {
  readonly tools: BuildTools
  readonly resume: boolean
  readonly isOfSeveral: boolean
}

/** Every build of several has a log of its own, and a line at the foot of a terminal. */
async function buildLogged(
  given: BuildInputs,
  one: PreparedJob,
  {tools, resume, isOfSeveral}: LoggedBuild
): Promise<TargetBuild> {
  const {reporter, clock} = tools.ports
  const log = jobLog(reporter, {title: one.gates.title, isOfSeveral}, clock)
  const own = withPorts({...tools, secrets: one.secrets}, {...tools.ports, reporter: log.reporter})
  try {
    const built = await buildOne(given, one, {tools: own, resume})
    log.end(`${built.view === undefined ? 'built before' : 'built'}: ${shortDigest(built.digest)}`)
    return built
  } catch (error) {
    log.end('failed')
    throw error
  }
}

function withPorts({maker, ...tools}: BuildTools, ports: Ports): BuildTools {
  return {...tools, maker: 'reference' in maker ? maker : maker.withLog(ports.reporter), ports}
}

async function buildOne(
  given: BuildInputs,
  one: GatedJob,
  {tools, resume}: {readonly tools: BuildTools; readonly resume: boolean}
): Promise<TargetBuild> {
  const {job, gates} = one
  tools.ports.signal.throwIfAborted()
  const kept = resume && job.push ? await findKept(given, one, tools) : undefined
  if (kept !== undefined) {
    tools.ports.reporter.info(
      `${gates.title}: ${shortDigest(kept)} is built already, and is in every registry.`
    )
    return {job, gates, digest: kept}
  }
  const view = await buildAndSaveRecord(given, one, tools)
  return {job, gates, digest: view.root.digest, view}
}

/** The records of these builds, as a merge takes them. */
export function recordsOf(builds: readonly TargetBuild[]): Map<string, Uint8Array> {
  return new Map(builds.map(({job, digest}) => [job.record, formatDigestRecord(digest)]))
}
