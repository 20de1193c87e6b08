import type {BuildMetrics, LayerMetric, PhaseMetric} from '../../contracts/metrics.js'
import type {Growth} from './metrics-growth.js'
import {SEVERITIES} from '../../checks/scan/scan-count.js'
import {formatSeconds, formatSize} from '../../shared/format.js'
import {
  type Markdown,
  code,
  fence,
  fold,
  joined,
  markdownTable,
  prose,
  mermaidText,
  words
} from '../../shared/markdown.js'

/** The longest instruction that a row of a table shows. */
const MAX_INSTRUCTION = 80

/** Parts of the job summary: what grew, where the time went, and what makes the image large. */
export function metricsParts(metrics: BuildMetrics, growth: readonly Growth[] = []): Markdown[] {
  return [
    ...(growth.length === 0 ? [] : [growthNote(growth)]),
    ...(metrics.phases.length < 2 ? [] : [fence('mermaid', ganttOf(metrics.phases))]),
    ...(metrics.largestLayers.length < 2 ? [] : [layersPart(metrics)])
  ]
}

/** Columns of the table of an image that not every build has: heads and cells. */
export function metricColumns({cache, vulnerabilities}: BuildMetrics): readonly [string, string][] {
  return [
    ...(cache === undefined ? [] : [['Cache', hitRate(cache)] satisfies [string, string]]),
    ...(vulnerabilities === undefined
      ? []
      : [['Vulnerabilities', describe(vulnerabilities)] satisfies [string, string]])
  ]
}

/** One sentence for each thing that grew. */
export function growthLines(growth: readonly Growth[]): string[] {
  return growth.map(({what, before, now, percent}) => {
    const by = Number.isFinite(percent) ? ` by ${percent.toFixed(0)} %` : ''
    return `${what} grew${by}, from ${formatOf(what, before)} to ${formatOf(what, now)}`
  })
}

/** `75 % (9 of 12 steps)` */
function hitRate({hits, steps}: NonNullable<BuildMetrics['cache']>): string {
  return `${steps === 0 ? 0 : Math.round((hits / steps) * 100)} % (${hits} of ${steps} steps)`
}

function describe(found: NonNullable<BuildMetrics['vulnerabilities']>): string {
  const counts = SEVERITIES.filter(severity => found[severity] > 0).map(
    severity => `${found[severity]} ${severity}`
  )
  const ignored = found.ignored === 0 ? '' : `, ${found.ignored} ignored`
  return `${counts.join(', ') || 'none'}${ignored} (${found.scanner})`
}

function growthNote(growth: readonly Growth[]): Markdown {
  return joined([prose`> [!WARNING]`, ...growthLines(growth).map(line => prose`> The ${words(line)}.`)], '\n')
}

/** Milliseconds: a chart of less has ticks that are closer than a second. */
const SHORT_CHART = 20_000

/** A gantt of Mermaid: seconds since the job began, for the hours of a reader's time zone would be added to a time. */
function ganttOf(phases: readonly PhaseMetric[]): string {
  const tasks = phases.map(({name, start, milliseconds}) => {
    const label = mermaidText(name.replaceAll(/[:;#,\r\n]/g, ' '))
    return `  ${label} :${Math.round(start)}, ${Math.round(start + Math.max(milliseconds, 1))}`
  })
  const end = Math.max(...phases.map(({start, milliseconds}) => start + milliseconds))
  const axis = end < SHORT_CHART ? '%s.%L s' : '%s s'
  return ['gantt', '  dateFormat x', `  axisFormat ${axis}`, ...tasks].join('\n')
}

function layersPart({largestLayers, layerCount}: BuildMetrics): Markdown {
  return fold(
    prose`Largest ${largestLayers.length} of ${layerCount} layers`,
    markdownTable(['Size', 'Instruction'], largestLayers.map(layerRow))
  )
}

function layerRow({size, createdBy, digest}: LayerMetric): Markdown[] {
  if (createdBy === undefined) return [words(formatSize(size)), code(digest.slice(0, 19))]
  const line = createdBy.replaceAll(/\s+/g, ' ').trim()
  return [
    words(formatSize(size)),
    code(line.length > MAX_INSTRUCTION ? `${line.slice(0, MAX_INSTRUCTION)}…` : line)
  ]
}

function formatOf(what: Growth['what'], value: number): string {
  if (what === 'image size') return formatSize(value)
  return what === 'build time' ? formatSeconds(value) : String(value)
}
