import type {BuildMetrics, CacheMetric, VulnerabilityMetric} from './metrics.js'

/** The version of the format of a history. Fields may be added within a version. */
export const HISTORY_SCHEMA = 1

/** The type of the referrer that keeps the metrics of a release beside its index, and of its one blob. */
export const HISTORY_TYPE = 'application/vnd.image-release.metrics.v1+json'

/** How many earlier releases a history remembers. */
const MAX_EARLIER = 50

/** Numbers of one build, without its layers and phases. */
export interface BuildNumbers {
  readonly target: string
  readonly platform: string
  /** Milliseconds. */
  readonly buildTime: number
  /** Bytes that a pull fetches. */
  readonly imageSize: number
  readonly layerCount: number
  readonly cache?: CacheMetric
  readonly findings?: VulnerabilityMetric
  /** Bytes that were sent to registries, and bytes that were there already. */
  readonly sent: number
  readonly skipped: number
}

/** The numbers of one release. */
export interface ReleaseNumbers {
  /** Its version, else the start of its commit. */
  readonly name: string
  /** ISO 8601. */
  readonly created?: string
  readonly builds: readonly BuildNumbers[]
}

/** The metrics of one image of a release, and the numbers of the releases before, from the oldest on. */
export interface ReleaseHistory {
  readonly name: string
  readonly created?: string
  readonly builds: readonly BuildMetrics[]
  readonly earlier: readonly ReleaseNumbers[]
}

/** What a chart over releases shows of a build. */
export function numbersOf(metrics: BuildMetrics): BuildNumbers {
  const {platform, buildTime, imageSize, layerCount, cache, vulnerabilities} = metrics
  const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)
  return {
    target: metrics.target ?? 'image',
    platform,
    buildTime,
    imageSize,
    layerCount,
    ...(cache === undefined ? {} : {cache}),
    ...(vulnerabilities === undefined ? {} : {findings: vulnerabilities}),
    sent: sum(metrics.registries.map(({uploaded}) => uploaded)),
    skipped: sum(metrics.registries.map(({skipped}) => skipped))
  }
}

/** All releases that a history knows, from the oldest on; the last is its own. */
export function releasesOf({name, created, builds, earlier}: ReleaseHistory): ReleaseNumbers[] {
  return [...earlier, {name, ...(created === undefined ? {} : {created}), builds: builds.map(numbersOf)}]
}

/** The history of a release that comes after another. One of the same name takes its place: it is the same release. */
export function nextHistory(
  release: Omit<ReleaseHistory, 'earlier'>,
  before: ReleaseHistory | undefined
): ReleaseHistory {
  const known = before === undefined ? [] : releasesOf(before)
  const earlier = known.filter(({name}) => name !== release.name).slice(-MAX_EARLIER)
  return {...release, earlier}
}

/** The document as one line of JSON. */
export function formatHistory(history: ReleaseHistory): string {
  return JSON.stringify({schema: HISTORY_SCHEMA, ...history})
}
