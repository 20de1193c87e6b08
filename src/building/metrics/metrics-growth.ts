import type {BuildMetrics} from '../../contracts/metrics.js'

/** Something that grew since an earlier build. */
export interface Growth {
  readonly what: 'image size' | 'layers' | 'build time' | 'vulnerabilities'
  readonly before: number
  readonly now: number
  /** Of what it was before; Infinity where it was nothing. */
  readonly percent: number
}

/** Milliseconds: a build that is faster says nothing by its time. */
const SHORT_BUILD = 10_000

/** The metrics of the same image in an earlier run; undefined where it was not built. */
export function baselineOf(
  metrics: BuildMetrics,
  earlier: readonly BuildMetrics[]
): BuildMetrics | undefined {
  return earlier.findLast(({target, platform}) => target === metrics.target && platform === metrics.platform)
}

/** Everything that grew by more than so many percent. */
export function growthOf(now: BuildMetrics, before: BuildMetrics, maxPercent: number): Growth[] {
  const all: [Growth['what'], number, number][] = [
    ['image size', before.imageSize, now.imageSize],
    ['layers', before.layerCount, now.layerCount]
  ]
  if (now.buildTime > SHORT_BUILD) all.push(['build time', before.buildTime, now.buildTime])
  if (before.vulnerabilities !== undefined && now.vulnerabilities !== undefined)
    all.push(['vulnerabilities', totalOf(before.vulnerabilities), totalOf(now.vulnerabilities)])
  return all
    .map(([what, was, is]) => ({what, before: was, now: is, percent: percentOf(was, is)}))
    .filter(({percent}) => percent > maxPercent)
}

function percentOf(before: number, now: number): number {
  if (before === 0) return now === 0 ? 0 : Infinity
  return ((now - before) / before) * 100
}

function totalOf(found: NonNullable<BuildMetrics['vulnerabilities']>): number {
  return found.critical + found.high + found.medium + found.low + found.unknown
}
