import {assertWhole} from './post-check.js'
import type {PlannedRepository} from '../repository-cleanup.js'
import {needsSightings, writeSightings} from '../inventory/sightings.js'
import {type SweepResult, type Undeleted, sweep} from './sweep.js'
import {ReleaseError} from '../../errors.js'
import type {Digest} from '../../oci/digest.js'
import type {Ports} from '../../ports.js'
import type {CleanupView} from '../cleanup-result.js'
import type {PlannedCache} from '../policy/actions-caches.js'
import type {CleanupPlan} from '../policy/cleanup-plan.js'
import type {CleanupSources} from '../cleanup-sources.js'

/** What was done everywhere, and what of it a person has to look at. */
export interface Done {
  /** Of the repositories that were begun. */
  readonly views: readonly CleanupView[]
  /** Those that are gone. */
  readonly caches: readonly PlannedCache[]
  /** What the hosts did not delete, each with the name of its repository. */
  readonly undeleted: readonly (Undeleted & {readonly image: string})[]
  /** Tags that were found broken. */
  readonly faults: readonly ReleaseError[]
  /** Why it ended before its end; undefined where it did not. */
  readonly stop: {readonly cause: unknown} | undefined
}

interface Doing {
  readonly caches: readonly PlannedCache[]
  readonly sources: CleanupSources
  readonly ports: Ports
}

/** Deletes by the plans, one repository after the other. A failure ends it; what was done until then is told all the same. */
export async function workOff(
  planned: readonly PlannedRepository[],
  {caches, sources, ports}: Doing
): Promise<Done> {
  const cleaned: Cleaned[] = []
  const gone: PlannedCache[] = []
  const stop = await stopOf(async () => {
    for (const one of planned) {
      const last = await cleanOne(one, sources, ports)
      cleaned.push(last)
      if (last.stop !== undefined) throw last.stop.cause
    }
    await sources.deleteCaches(caches, cache => void gone.push(cache))
  })
  return {
    views: cleaned.map(({view}) => view),
    caches: gone,
    undeleted: cleaned.flatMap(({view: {image}, undeleted}) => undeleted.map(one => ({...one, image}))),
    faults: cleaned.map(({fault}) => fault).filter(fault => fault !== undefined),
    stop
  }
}

/**
 * @throws what ended the work, with the outputs; ReleaseError VERIFY_FAILED where a tag is broken; CLEANUP_INCOMPLETE where
 * a host did not delete what a rule chose
 */
export function assertDone({faults, undeleted, stop}: Done, outputs: Readonly<Record<string, string>>): void {
  const messages = faults.map(({message}) => message)
  const hints = faults.map(({hint}) => hint ?? '')
  if (stop !== undefined) throw stoppedBy(stop.cause, {messages, hints, outputs})
  if (faults.length > 0)
    throw new ReleaseError('VERIFY_FAILED', messages.join('; '), {outputs, hint: hints.join(' ')})
  const refused = undeleted
    .filter(({isPardoned}) => isPardoned !== true)
    .map(({image, what, tags}) => `${image}: ${[what, ...tags].join(' ')}`)
  if (refused.length === 0) return
  throw new ReleaseError('CLEANUP_INCOMPLETE', `not all was deleted that was to go: ${refused.join('; ')}`, {
    outputs,
    hint: 'What stays is whole, and the rest is deleted. The warnings say why; name in keep-tags what is to stay, or run this again.'
  })
}

/** The failure itself, with what was done before it, and with the tags that are broken since. */
function stoppedBy(
  cause: unknown,
  {
    messages,
    hints,
    outputs
  }: {
    readonly messages: readonly string[]
    readonly hints: readonly string[]
    readonly outputs: Readonly<Record<string, string>>
  }
): unknown {
  if (!(cause instanceof ReleaseError)) return cause
  return new ReleaseError(cause.code, [cause.message, ...messages].join('; '), {
    cause,
    outputs,
    hint: [...(cause.hint === undefined ? [] : [cause.hint]), ...hints].join(' ')
  })
}

async function stopOf(work: () => Promise<void>): Promise<Done['stop']> {
  try {
    await work()
    return undefined
  } catch (cause) {
    return {cause}
  }
}

interface Cleaned extends Pick<Done, 'stop'> {
  readonly view: CleanupView
  readonly undeleted: readonly Undeleted[]
  readonly fault?: ReleaseError | undefined
}

async function cleanOne(one: PlannedRepository, sources: CleanupSources, ports: Ports): Promise<Cleaned> {
  const {client, plan, capabilities} = one
  const {refusal} = capabilities
  if (takesNothingAway(plan)) {
    await noteSightings(one, [], ports)
    return {view: {image: client.name, plan, undeleted: []}, undeleted: [], stop: undefined}
  }
  if (refusal !== undefined) {
    sources.warnRefusal(client.name, refusal)
    const view = {image: client.name, plan: nothingOf(plan), refusal: refusal.reason, undeleted: []}
    return {view, undeleted: [], stop: undefined}
  }
  const result = await sweep(one, ports)
  sources.warn(client.name, result)
  const checked = await checkOf(one, result, ports)
  return {
    view: {image: client.name, plan: deletedPart(plan, result), undeleted: result.undeleted},
    undeleted: result.undeleted,
    ...checked
  }
}

/** What a cancelled run has no time for, and a registry that fails no answer to, leaves the first failure as it is. */
async function checkOf(
  one: PlannedRepository,
  result: SweepResult,
  ports: Ports
): Promise<Pick<Cleaned, 'fault' | 'stop'>> {
  if (ports.signal.aborted) return {stop: result.stop}
  let fault: ReleaseError | undefined
  const failed = await stopOf(async () => {
    fault = await faultOf(async () => await assertWhole(one, result))
    await noteSightings(one, result.versions, ports)
  })
  return {fault, stop: result.stop ?? failed}
}

/** Where ages decide, a later run has to know what was here now. */
export async function noteSightings(
  one: PlannedRepository,
  deleted: readonly Digest[],
  {reporter}: Ports
): Promise<void> {
  if (one.capabilities.refusal === undefined && needsSightings(one))
    await writeSightings(one, deleted, reporter)
}

/** The other repositories are cleaned, and the report is written, before a broken tag ends the run. */
async function faultOf(check: () => Promise<void>): Promise<ReleaseError | undefined> {
  try {
    await check()
    return undefined
  } catch (error) {
    if (error instanceof ReleaseError && error.code === 'VERIFY_FAILED') return error
    throw error
  }
}

/** Whether nothing goes. */
export function takesNothingAway({tags, waves}: CleanupPlan): boolean {
  return tags.length + waves.length === 0
}

function nothingOf(plan: CleanupPlan): CleanupPlan {
  return {...plan, tags: [], waves: []}
}

/** What was really deleted, where the host or what happened meanwhile kept some of it. */
function deletedPart(plan: CleanupPlan, result: SweepResult): CleanupPlan {
  const [versions, tags] = [new Set(result.versions), new Set(result.tags)]
  const kept = plan.waves.flat().flatMap(version => {
    const reason = result.kept.get(version.digest)
    return reason === undefined || versions.has(version.digest) ? [] : [{...version, reason}]
  })
  return {
    ...plan,
    kept: [...plan.kept, ...kept],
    tags: plan.tags.filter(({tag}) => tags.has(tag)),
    waves: plan.waves.map(wave => wave.filter(({digest}) => versions.has(digest)))
  }
}
