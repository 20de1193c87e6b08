import {type BuiltImage, assertPlatform} from './builders/built-image.js'
import type {BuildRequest, Builder, CacheFlags} from './builders/builder.js'
import {type TierUse, deadTiers, watchTiers} from './builders/cache-tiers-log.js'
import {type CacheHits, countCacheHits} from './builders/cache-hits.js'
import {watchStepCaches} from './builders/step-cache-log.js'
import {assertContentPlatform} from './builders/platform-content.js'
import {takeImage} from './builders/prebuilt.js'
import {messageOf} from '../errors.js'
import {formatPlatform} from '../oci/platform.js'
import {formatRepository} from '../oci/reference.js'
import type {LocalImage, Ports} from '../ports.js'
import {CONFIG_VARIABLES} from '../registry/auth/docker-config.js'
import {writeFurtherLogins} from '../registry/auth/docker-logins.js'
import {remoteImage} from '../registry/images/remote-image.js'
import type {BuildJob} from './build-job.js'
import {type BuildCache, cacheOf} from './caches/build-cache.js'
import {withoutDeadGha} from './caches/gha-cache.js'
import type {BuildInputs} from './inputs/build-inputs.js'
import {isAttested, requestOf} from './build-request.js'
import {PushedImageReader, type Reading, type ReadImage, readImage} from './read-image.js'
import {describeSourceDate, sourceDateOf} from './source-date.js'
import type {BuildTools} from './build-tools.js'
import {type ExportDecision, decideExport, isPushFault} from './caches/export-decision.js'
import {usesOfSteps, withWrittenSizes} from './caches/cache-sizes.js'
import {withLayerCaches} from './caches/layer-cache-server.js'

/** One build, and the folder that it has for itself. */
export interface BuildFolders {
  readonly job: BuildJob
  /** Taken away when the job is over. */
  readonly folder: string
}

/** What a builder made of a job: bytes that are read from the folder or a registry, and are not everywhere yet. */
export interface BuiltJob extends BuiltImage {
  readonly image: LocalImage
  /** Name and version, `buildah 1.28.2`. */
  readonly builder: string
  readonly milliseconds: number
  /** Steps that came from a cache; undefined where nothing was built. */
  readonly cacheHits: CacheHits | undefined
  /** What each cache gave and took, with buildx. */
  readonly cacheTiers: readonly TierUse[]
}

/**
 * Builds the image of a job, in the job's folder, or takes the one that another tool has built.
 * @throws BuilderError where the build fails; ReleaseError PLATFORM_MISMATCH, LAYOUT_INVALID, CANCELLED
 */
export async function buildImage(
  given: BuildInputs,
  place: BuildFolders,
  tools: BuildTools
): Promise<BuiltJob> {
  const {ports, title} = tools
  const check = given['platform-check']
  const hits = countCacheHits()
  const {usable: cache, dead: deadBefore} = usableCache(given, place.job, tools)
  const tiers = watchTiers(cache)
  const stepTiers: TierUse[] = []
  const watch = (line: string): void => {
    hits.watch(line)
    tiers.watch(line)
  }
  const start = ports.clock.now()
  const made = await ports.reporter.group(`Build ${formatPlatform(place.job.platform)}`, () =>
    makeImage(given, place, {...tools, cache, watch, stepTiers, check})
  )
  const milliseconds = ports.clock.now() - start
  const counted = hits.result()
  const told = [...deadBefore, ...tiers.result()]
  for (const dead of deadTiers(told)) ports.reporter.warning(dead)
  const {image, built, content} =
    'built' in made ? made : await readImage(made, {check, signal: ports.signal})
  assertContentPlatform(content, built, check, ports)
  const sources = {image: built.document, registries: tools.registries}
  const cacheTiers = [...(await withWrittenSizes(told, cache, sources)), ...stepTiers]
  return {
    ...built,
    image,
    builder: title,
    milliseconds,
    cacheTiers,
    cacheHits: counted.steps === 0 ? undefined : counted
  }
}

/** The caches of a job, without those of which it is known that they cannot work. podman and buildah ask GitHub's by this program. */
function usableCache(
  given: BuildInputs,
  job: BuildJob,
  {maker, cacheUse, ports}: BuildTools
): ReturnType<typeof withoutDeadGha<BuildCache>> {
  const cache = cacheOf(given, job, cacheUse)
  const isBuildx = 'name' in maker && maker.name === 'buildx'
  if (!isBuildx) return {usable: cache, dead: []}
  return withoutDeadGha(cache, {environment: ports.environment, now: ports.clock.now()})
}

type Making = BuildTools &
  Pick<Reading, 'check'> &
  Required<Pick<BuildRequest, 'watch'>> & {
    readonly cache: BuildCache
    /** Where it is said what each cache of podman or buildah gave and took. */
    readonly stepTiers: TierUse[]
  }

async function makeImage(
  given: BuildInputs,
  {job, folder}: BuildFolders,
  making: Making
): Promise<LocalImage | ReadImage> {
  const {maker, registries} = making
  const asked = requestOf(given, job, folder)
  if ('reference' in maker) {
    const client = registries.repository(maker.repository, 'pull')
    return await takeImage(await remoteImage(client, maker.reference), asked, making.ports.signal)
  }
  const {fresh, ...cache} = making.cache
  const date = await sourceDateOf(given, job, making.ports)
  making.ports.reporter.info(describeSourceDate(date, dateObstacles(given, maker)))
  const request = {
    ...asked,
    noCache: asked.noCache || fresh,
    pull: asked.pull || fresh,
    ...(date === undefined ? {} : {sourceDateEpoch: date.seconds}),
    environment: await loginsOf(given, folder, making.ports),
    secrets: making.secrets.secrets,
    hidden: making.secrets.hidden,
    watch: making.watch
  }
  const decision = decideExport(given, job, maker)
  if (maker.name === 'buildx') making.ports.reporter.info(`Export: ${decision.reason}.`)
  const build = (served: CacheFlags): Promise<LocalImage | ReadImage> =>
    exportImage(decision, {...request, cache: served}, {...making, maker})
  if (maker.name === 'buildx') return await build(cache)
  const steps = watchStepCaches()
  const watch = (line: string): void => {
    making.watch(line)
    steps.watch(line)
  }
  return await withLayerCaches(cache, making, async (served, names) => {
    const image = await exportImage(decision, {...request, watch, cache: served}, {...making, maker})
    making.stepTiers.push(...(await usesOfSteps(steps.result(served), names, registries)))
    return image
  })
}

/** Why two builds of a commit differ, whatever is in their files. */
function dateObstacles(given: BuildInputs, {dateObstacle}: Builder): string[] {
  const {provenance, attests} = given
  const isDated = isAttested(provenance) || attests.some(entry => entry.includes('type=provenance'))
  return [
    ...(dateObstacle === undefined ? [] : [dateObstacle]),
    ...(isDated
      ? ['provenance says when it was built, and the index of both has another digest each time']
      : [])
  ]
}

/** Variables of the logins that came as inputs: base images and caches may need them, and a push of the builder's own. */
async function loginsOf(
  {'registry-credentials': logins}: BuildInputs,
  folder: string,
  {environment}: Ports
): Promise<Readonly<Record<string, string>>> {
  if (logins.length === 0) return {}
  const variables = Object.fromEntries(CONFIG_VARIABLES.map(name => [name, environment(name)]))
  const byRegistry = Object.fromEntries([...logins].reverse().map(login => [login.registry, login]))
  return await writeFurtherLogins(folder, byRegistry, variables)
}

async function exportImage(
  {native, isOptional}: ExportDecision,
  request: BuildRequest,
  making: Making & {readonly maker: Builder}
): Promise<LocalImage | ReadImage> {
  const {maker, registries, ports, check} = making
  if (native === undefined) return await maker.build(request)
  const client = registries.repository(native.repository, 'pull,push')
  const reader = new PushedImageReader(client, {check, signal: ports.signal})
  const watch = (line: string): void => {
    request.watch?.(line)
    reader.watch(line)
  }
  try {
    const pushed = await reader.read(await native.push.push({...request, watch}, native.repository))
    assertPlatform(maker.name, pushed.built, request.platform)
    return pushed
  } catch (fault) {
    if (!isOptional || !isPushFault(fault)) throw fault
    ports.reporter.notice(
      `buildx could not push to ${formatRepository(native.repository)} by itself, so that the image is exported as files: ${messageOf(fault).split('\n')[0] ?? ''}`
    )
    return await maker.build(request)
  }
}
