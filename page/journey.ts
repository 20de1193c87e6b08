import {scaleLinear} from 'd3-scale'
import type {ReportBuild, ReportData} from '../src/reporting/report-data.js'
import {formatTime} from './amounts.js'
import {el, nothing, section} from './dom.js'

/** How many kinds of phases have a colour of their own. */
const KINDS = ['build', 'scan', 'test', 'sbom', 'push']

/** A line of the timeline. */
interface Line {
  readonly name: string
  readonly platform: string
  readonly key: string
  /** Milliseconds from the beginning of the axis on. */
  readonly offset: number
  readonly spans: ReportBuild['phases']
}

const STEPS: Readonly<Record<string, string>> = {
  'compute-tags': 'Plan',
  'merge-manifest': 'Merge',
  'verify-release': 'Verify',
  'cleanup-latest': 'Clean-up'
}

/** The journey: the plan, each build job with its phases, side by side as they run, merge, verification and clean-up. */
export function journey({builds, steps}: ReportData): HTMLElement {
  if (builds.length === 0 && steps.length === 0)
    return section(
      'journey',
      'Journey',
      nothing('No metrics were given: builds keep them with keep-metrics.')
    )
  const isDated = builds.every(({began}) => began !== undefined)
  const lines = isDated ? datedLines(builds, steps) : builds.map(build => buildLine(build, 0))
  const undated = isDated ? [] : steps
  const end = Math.max(1, ...lines.map(endOf))
  const scale = scaleLinear().domain([0, end]).range([0, 100])
  const caption = steps.length === 0 ? 'Times of all builds' : 'Times of all jobs'
  return section(
    'journey',
    'Journey',
    el(
      'p',
      {class: 'quiet'},
      isDated
        ? `From the first step to the last: ${formatTime(end)}. Builds run side by side.`
        : 'Each build job from its own start; they run side by side.'
    ),
    legend(steps.length > 0),
    timeline(caption, lines, scale),
    undated.length > 0 &&
      el(
        'p',
        {},
        undated
          .map(({step, milliseconds}) => `${STEPS[step] ?? step} took ${formatTime(milliseconds)}`)
          .join(', ')
      )
  )
}

/** All of them on one axis, in the order of their begin. */
function datedLines(builds: ReportData['builds'], steps: ReportData['steps']): Line[] {
  const times = [...builds.map(({began}) => began ?? ''), ...steps.map(({began}) => began)]
  const first = Math.min(...times.map(Date.parse))
  const offsetOf = (began = ''): number => Date.parse(began) - first
  const all = [
    ...steps.map(step => stepLine(step, offsetOf(step.began))),
    ...builds.map(build => buildLine(build, offsetOf(build.began)))
  ]
  return all.sort((a, b) => a.offset - b.offset)
}

function buildLine(build: ReportBuild, offset: number): Line {
  const {target, platform, phases, buildTime} = build
  const spans = phases.length > 0 ? phases : [{name: 'build', start: 0, milliseconds: buildTime}]
  return {name: target, platform, key: `${target} ${platform}`, offset, spans}
}

function stepLine({step, milliseconds}: ReportData['steps'][number], offset: number): Line {
  const name = STEPS[step] ?? step
  return {name, platform: '', key: name, offset, spans: [{name: 'step', start: 0, milliseconds}]}
}

type Scale = ReturnType<typeof scaleLinear<number, number>>

function tookOf({spans}: Line): number {
  return Math.max(...spans.map(({start, milliseconds}) => start + milliseconds))
}

function endOf(line: Line): number {
  return line.offset + tookOf(line)
}

function timeline(caption: string, lines: readonly Line[], scale: Scale): HTMLElement {
  return el(
    'div',
    {class: 'scroll tall', role: 'region', tabindex: 0, 'aria-label': caption},
    el(
      'table',
      {class: 'timeline'},
      el('caption', {}, caption),
      el(
        'thead',
        {},
        el(
          'tr',
          {},
          el('th', {scope: 'col'}, 'Job'),
          el('th', {scope: 'col'}, axis(scale)),
          el('th', {scope: 'col'}, 'Took')
        )
      ),
      el('tbody', {}, ...lines.map(line => drawn(line, scale)))
    )
  )
}

function drawn(line: Line, scale: Scale): HTMLElement {
  const {name: job, platform, key, offset, spans} = line
  const bars = spans.map(({name, start, milliseconds}) => {
    const text = `${name === 'step' ? job : name}: ${formatTime(milliseconds)}, from ${formatTime(offset + start)} on`
    const bar = el('li', {class: `bar ${kindOf(name)}`, title: text}, el('span', {class: 'off-screen'}, text))
    bar.style.insetInlineStart = `${scale(offset + start)}%`
    bar.style.width = `max(2px, ${scale(milliseconds)}%)`
    return bar
  })
  return el(
    'tr',
    {'data-key': key.toLowerCase()},
    el('th', {scope: 'row'}, `${job} `, el('span', {class: 'quiet'}, platform)),
    el('td', {}, el('ul', {class: 'bars'}, ...bars)),
    el('td', {class: 'number'}, formatTime(tookOf(line)))
  )
}

function axis(scale: Scale): HTMLElement {
  const ticks = scale
    .ticks(4)
    .filter(tick => scale(tick) < 92)
    .map((tick, at) => {
      const label = el('span', {class: at % 3 === 0 ? '' : 'if-wide'}, formatTime(tick))
      label.style.insetInlineStart = `${scale(tick)}%`
      return label
    })
  return el('div', {class: 'axis'}, el('span', {class: 'off-screen'}, 'Phases'), ...ticks)
}

function legend(hasSteps: boolean): HTMLElement {
  return el(
    'ul',
    {class: 'legend'},
    ...[...(hasSteps ? ['step'] : []), ...KINDS, 'other'].map(kind =>
      el('li', {}, el('i', {class: `bar ${kind}`}), kind)
    )
  )
}

function kindOf(name: string): string {
  return ['step', ...KINDS].find(kind => name.startsWith(kind)) ?? 'other'
}
