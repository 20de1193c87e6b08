import {type CacheEntry, formatCachePlace, parseCacheFlag} from '../caches/cache-flag.js'
import {BUILDKIT_STEP, countCacheHits} from './cache-hits.js'

/** What a build had of one cache, as BuildKit's log tells it. */
export interface TierUse {
  /** As the builder was told it: `type=registry,ref=ghcr.io/o/cache:main`. */
  readonly tier: string
  readonly direction: 'read' | 'written'
  /** Milliseconds; undefined where the log does not say. */
  readonly milliseconds?: number
  /** Digests of layers that were written, or was there. */
  readonly layers?: readonly string[]
  /** Steps that it gave or took; undefined where the builder does not say. */
  readonly steps?: number
  /** Bytes that it gave or took; undefined where nobody says. */
  readonly bytes?: number
  /** Whether this is what several gave: BuildKit does not say which of them. */
  readonly isTogether?: boolean
  /** Whether nothing was there yet, as on a first run. */
  readonly isEmpty: boolean
  /** Why it gave or took nothing. */
  readonly fault?: string
  /**
   * Whether the log tells its beginning alone. BuildKit keeps what two caches say of one kind of work apart only if it is read
   * between the two (util/progress, by the name of the work); what has no end by that gets no line for its own end, be that
   * DONE or ERROR (util/progress/progressui, 0.31).
   */
  readonly isUntold?: boolean
}

/** Gathers it while a build runs. */
export interface TierWatch {
  readonly watch: (line: string) => void
  readonly result: () => readonly TierUse[]
}

/** `#3 importing cache manifest from ghcr.io/o/cache:main`, `#10 exporting cache to registry`, `#11 exporting to GitHub Actions Cache` (BuildKit, plain progress). */
const BEGIN =
  /^#(\d+) (importing cache manifest from|exporting cache to|exporting to(?= GitHub Actions Cache$)) (.+)$/
/** The first line of a build: one that failed at the push is done anew, and its steps have the same numbers. */
const START = /^#0 building with /
const DONE = /^#(\d+) DONE ([\d.]+)s$/
const ERROR = /^#(\d+) ERROR: (.+)$/
const LAYER = /^#(\d+) writing layer (sha256:[0-9a-f]{64})/
/** `#9 sha256:… 1.06MB / 1.06MB 0.1s done`: a layer that a step fetched. */
const FETCHED = /^#(\d+) (sha256:[0-9a-f]{64}) (?:\S+ \/ )?([\d.]+)([kMGT]?)B (?:\S+ )?done$/
const UNITS = ['', 'k', 'M', 'G', 'T']
/** buildx opens folders itself. */
const SKIPPED = /^WARNING: local cache import at (.+) skipped due to err: (.+)$/
/** What says that there is no cache yet, and not that it cannot be reached. */
const EMPTY = /not found|no such file|does not exist/i

/** How BuildKit names the kinds of caches that it writes. */
const WRITTEN_AS: ReadonlyMap<string, string> = new Map([
  ['registry', 'registry'],
  ['client directory', 'local'],
  ['GitHub Actions Cache', 'gha']
])

interface Step {
  readonly tiers: readonly string[]
  readonly direction: TierUse['direction']
  readonly layers: Set<string>
  milliseconds?: number
  fault?: string
}

/**
 * Watches what becomes of the caches of a build by buildx. The log names a cache that is read by its place, and one that is
 * written by its kind only: where there are several of one kind, they are told together.
 */
export function watchTiers({
  from,
  to
}: {
  readonly from: readonly string[]
  readonly to: readonly string[]
}): TierWatch {
  const steps = new Map<string, Step>()
  const skipped: TierUse[] = []
  let given = countGiven()
  const begin = (number: string, verb: string, name: string): void => {
    if (steps.has(number)) return
    const isRead = verb.startsWith('importing')
    const tiers = isRead ? readAs(from, name) : writtenAs(to, name)
    steps.set(number, {tiers, direction: isRead ? 'read' : 'written', layers: new Set()})
  }
  const watch = (line: string): void => {
    const text = line.trim()
    if (START.test(text)) {
      steps.clear()
      skipped.length = 0
      given = countGiven()
    }
    given.watch(text)
    const [, number = '', verb, name] = BEGIN.exec(text) ?? []
    if (verb !== undefined && name !== undefined) begin(number, verb, name)
    const [, ended = '', seconds] = DONE.exec(text) ?? []
    if (seconds !== undefined) set(steps.get(ended), {milliseconds: Number(seconds) * 1000})
    const [, failed = '', fault] = ERROR.exec(text) ?? []
    if (fault !== undefined) set(steps.get(failed), {fault})
    const [, writing = '', layer] = LAYER.exec(text) ?? []
    if (layer !== undefined) steps.get(writing)?.layers.add(layer)
    const [, folder, reason] = SKIPPED.exec(text) ?? []
    if (folder !== undefined && reason !== undefined)
      skipped.push(
        useOf({tiers: [`type=local,src=${folder}`], direction: 'read', layers: new Set(), fault: reason})
      )
  }
  return {watch, result: () => withGiven([...[...steps.values()].map(useOf), ...skipped], given.result())}
}

/** Counts what steps had of caches: those that came from one, and the layers that were fetched for steps, but for FROM. */
function countGiven() {
  const hits = countCacheHits()
  const isStep = new Set<string>()
  const fetched = new Map<string, number>()
  return {
    watch(text: string): void {
      hits.watch(text)
      const step = BUILDKIT_STEP.exec(text)?.[1]
      if (step !== undefined) isStep.add(step)
      const [, number = '', layer, amount, unit = ''] = FETCHED.exec(text) ?? []
      if (layer !== undefined && isStep.has(number))
        fetched.set(layer, Math.round(Number(amount) * 1000 ** UNITS.indexOf(unit)))
    },
    result: () => ({
      steps: hits.result().cached,
      bytes: [...fetched.values()].reduce((sum, size) => sum + size, 0)
    })
  }
}

/** That of one cache that was found is its own; that of several is told of them together. */
function withGiven(uses: readonly TierUse[], given: Required<Pick<TierUse, 'steps' | 'bytes'>>): TierUse[] {
  const found = uses.filter(({direction, fault, isUntold}) => direction === 'read' && !fault && !isUntold)
  const tier = found.map(use => use.tier).join(' and ')
  if (found.length > 1)
    return [...uses, {tier, direction: 'read', isEmpty: false, isTogether: true, ...given}]
  return uses.map(use => (use === found[0] ? {...use, ...given} : use))
}

function set(step: Step | undefined, fields: Partial<Pick<Step, 'milliseconds' | 'fault'>>): void {
  if (step !== undefined) Object.assign(step, fields)
}

function useOf({tiers, direction, milliseconds, layers, fault}: Step): TierUse {
  return {
    tier: tiers.join(' and '),
    direction,
    ...(milliseconds === undefined ? {} : {milliseconds}),
    ...(direction === 'written' ? {layers: [...layers]} : {}),
    isEmpty: direction === 'read' && fault !== undefined && EMPTY.test(fault),
    ...(fault === undefined ? {} : {fault}),
    ...(fault === undefined && milliseconds === undefined ? {isUntold: true} : {})
  }
}

/** A registry is named by its reference; `gha:123` and `local:123` by a number of BuildKit's own. */
function readAs(flags: readonly string[], name: string): readonly string[] {
  const entries = flags.flatMap(parseCacheFlag)
  const named = entries.filter(({attributes}) => attributes.get('ref') === name)
  const kind = /^(gha|local):/.exec(name)?.[1]
  const found = named.length > 0 ? named : entries.filter(({type}) => type === kind)
  return placesOf(found, name)
}

function writtenAs(flags: readonly string[], name: string): readonly string[] {
  const found = flags.flatMap(parseCacheFlag).filter(({type}) => type === WRITTEN_AS.get(name))
  return placesOf(found, name)
}

function placesOf(found: readonly CacheEntry[], name: string): readonly string[] {
  return found.length > 0 ? [...new Set(found.map(formatCachePlace))] : [name]
}

/** A tier that gave or took nothing although it should: what to say to whoever can change its line. */
export function deadTiers(uses: readonly TierUse[]): string[] {
  return uses.filter(({isEmpty}) => !isEmpty).flatMap(use => warningOf(use) ?? [])
}

function warningOf({tier, direction, fault, isUntold = false}: TierUse): string | undefined {
  const line = `its line in cache, ${direction === 'read' ? 'cache-from' : 'cache-to'} or the login for it`
  if (fault !== undefined)
    return `The cache ${tier} could not be ${direction}: ${fault}. Every build goes without it: fix ${line}, or take the line out.`
  if (!isUntold) return undefined
  return `Whether the cache ${tier} was ${direction} is not known: BuildKit's log tells its beginning, and not its end. Where builds to come find nothing in it, fix ${line}.`
}
