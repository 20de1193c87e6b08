import {scaleLinear} from 'd3-scale'
import {line} from 'd3-shape'
import type {ReleaseNumbers} from '../src/contracts/release-history.js'
import type {ReportData} from '../src/reporting/report-data.js'
import {formatSize, formatTime, percent, total} from './amounts.js'
import {el, nothing, section, svg, table} from './dom.js'

type Build = ReleaseNumbers['builds'][number]

/** A number of a release that is drawn over all of them. */
interface Measure {
  readonly name: string
  readonly format: (value: number) => string
  /** Undefined where the release does not say. */
  readonly of: (builds: readonly Build[]) => number | undefined
}

const MEASURES: readonly Measure[] = [
  {
    name: 'Slowest build',
    format: formatTime,
    of: builds => Math.max(...builds.map(({buildTime}) => buildTime))
  },
  {
    name: 'Size of all platforms',
    format: formatSize,
    of: builds => total(builds, ({imageSize}) => imageSize)
  },
  {name: 'Layers', format: whole, of: builds => total(builds, ({layerCount}) => layerCount)},
  {
    name: 'Vulnerabilities',
    format: whole,
    of: builds =>
      builds.some(({findings}) => findings)
        ? total(builds, ({findings: found}) =>
            found === undefined ? 0 : found.critical + found.high + found.medium + found.low + found.unknown
          )
        : undefined
  },
  {
    name: 'Steps from a cache',
    format: percent,
    of: builds => {
      const steps = total(builds, ({cache}) => cache?.steps ?? 0)
      return steps === 0 ? undefined : total(builds, ({cache}) => cache?.hits ?? 0) / steps
    }
  },
  {name: 'Sent to registries', format: formatSize, of: builds => total(builds, ({sent}) => sent)}
]

/** Charts over releases, and the same as a table. */
export function history({history: releases}: ReportData): HTMLElement {
  const known = releases.filter(({builds}) => builds.length > 0)
  if (known.length < 2)
    return section('history', 'History', nothing('No metrics of earlier releases are known.'))
  return section(
    'history',
    'History',
    el('div', {class: 'charts'}, ...MEASURES.map(measure => chart(measure, known))),
    table(
      'The numbers of each release',
      ['Release', ...MEASURES.map(({name}) => name)],
      known.map(({name, builds}) => [name, ...MEASURES.map(({of, format}) => said(of(builds), format))])
    )
  )
}

function whole(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1)
}

function said(value: number | undefined, format: Measure['format']): string {
  return value === undefined ? 'not known' : format(value)
}

interface Point {
  readonly x: number
  readonly value: number
  readonly name: string
}

const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM] = [320, 150, 4, 24, 22]

function chart({name, format, of}: Measure, releases: readonly ReleaseNumbers[]): HTMLElement {
  const points = releases.flatMap((release, x): Point[] => {
    const value = of(release.builds)
    return value === undefined ? [] : [{x, value, name: release.name}]
  })
  const last = points.at(-1)
  const says = last === undefined ? 'not known' : format(last.value)
  const caption = el('figcaption', {}, el('strong', {}, name), ' ', says)
  if (last === undefined) return el('figure', {}, caption)
  const label = `${name} over ${releases.length} releases, now ${says}; the table says all`
  const names = [releases[0]?.name ?? '', releases.at(-1)?.name ?? '']
  return el('figure', {}, caption, drawing(points, {label, format, names, count: releases.length}))
}

interface Labels {
  readonly label: string
  readonly format: (value: number) => string
  readonly names: readonly string[]
  readonly count: number
}

/** From zero up: what grew by a little is to look so. */
function drawing(points: readonly Point[], {label, format, names, count}: Labels): SVGSVGElement {
  const x = scaleLinear()
    .domain([0, count - 1])
    .range([LEFT + 4, WIDTH - 8])
  const most = Math.max(...points.map(({value}) => value)) || 1
  const y = scaleLinear()
    .domain([0, most])
    .range([HEIGHT - BOTTOM, TOP])
  const rule = (value: number, kind: string): SVGElement =>
    svg('line', {x1: LEFT, x2: WIDTH, y1: y(value), y2: y(value), class: kind})
  return svg(
    'svg',
    {class: 'chart', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': label},
    ...[most / 2, most].flatMap(value => [
      rule(value, 'grid'),
      svg('text', {x: LEFT, y: y(value) - 3}, format(value))
    ]),
    rule(0, 'base'),
    svg('path', {
      d:
        line<Point>(
          point => x(point.x),
          point => y(point.value)
        )([...points]) ?? ''
    }),
    ...points.map(point =>
      svg(
        'circle',
        {cx: x(point.x), cy: y(point.value), r: 3.5},
        svg('title', {}, `${point.name}: ${format(point.value)}`)
      )
    ),
    svg('text', {x: LEFT, y: HEIGHT - 6}, short(names[0] ?? '')),
    svg('text', {x: WIDTH - 4, y: HEIGHT - 6, 'text-anchor': 'end'}, short(names[1] ?? ''))
  )
}

function short(name: string): string {
  return name.length <= 18 ? name : `${name.slice(0, 17)}…`
}
