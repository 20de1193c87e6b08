import {scaleLinear} from 'd3-scale'
import type {ReportBuild, ReportData} from '../src/reporting/report-data.js'
import {formatTime} from './amounts.js'
import {el, nothing, section} from './dom.js'

/** How many kinds of phases have a colour of their own. */
const KINDS = ['build', 'scan', 'test', 'sbom', 'push']

/** The journey: each build job with its phases, side by side as they run. */
export function journey({builds}: ReportData): HTMLElement {
  if (builds.length === 0)
    return section(
      'journey',
      'Journey',
      nothing('No metrics were given: builds keep them with keep-metrics.')
    )
  const end = Math.max(
    1,
    ...builds.flatMap(build => spansOf(build).map(({start, milliseconds}) => start + milliseconds))
  )
  const scale = scaleLinear().domain([0, end]).range([0, 100])
  return section(
    'journey',
    'Journey',
    el('p', {class: 'quiet'}, 'Each build job from its own start; they run side by side.'),
    legend(),
    el(
      'div',
      {class: 'scroll tall', role: 'region', tabindex: 0, 'aria-label': 'Times of all builds'},
      el(
        'table',
        {class: 'timeline'},
        el('caption', {}, 'Times of all builds'),
        el(
          'thead',
          {},
          el(
            'tr',
            {},
            el('th', {scope: 'col'}, 'Build'),
            el('th', {scope: 'col'}, axis(scale)),
            el('th', {scope: 'col'}, 'Took')
          )
        ),
        el('tbody', {}, ...builds.map(build => line(build, scale)))
      )
    )
  )
}

type Scale = ReturnType<typeof scaleLinear<number, number>>

function spansOf({phases, buildTime}: ReportBuild): ReportBuild['phases'] {
  return phases.length > 0 ? phases : [{name: 'build', start: 0, milliseconds: buildTime}]
}

function line(build: ReportBuild, scale: Scale): HTMLElement {
  const spans = spansOf(build)
  const took = Math.max(...spans.map(({start, milliseconds}) => start + milliseconds))
  const bars = spans.map(({name, start, milliseconds}) => {
    const text = `${name}: ${formatTime(milliseconds)}, from ${formatTime(start)} on`
    const bar = el('li', {class: `bar ${kindOf(name)}`, title: text}, el('span', {class: 'off-screen'}, text))
    bar.style.insetInlineStart = `${scale(start)}%`
    bar.style.width = `max(2px, ${scale(milliseconds)}%)`
    return bar
  })
  return el(
    'tr',
    {'data-key': `${build.target} ${build.platform}`.toLowerCase()},
    el('th', {scope: 'row'}, `${build.target} `, el('span', {class: 'quiet'}, build.platform)),
    el('td', {}, el('ul', {class: 'bars'}, ...bars)),
    el('td', {class: 'number'}, formatTime(took))
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

function legend(): HTMLElement {
  return el(
    'ul',
    {class: 'legend'},
    ...[...KINDS, 'other'].map(kind => el('li', {}, el('i', {class: `bar ${kind}`}), kind))
  )
}

function kindOf(name: string): string {
  return KINDS.find(kind => name.startsWith(kind)) ?? 'other'
}
