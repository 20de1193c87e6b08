import type {ReportData} from '../src/reporting/report-data.js'
import {counted, formatSize, formatTime, total} from './amounts.js'
import {type Child, badge, el} from './dom.js'

/** The head of the page: what was released, and how it stands. */
export function overview(data: ReportData): HTMLElement {
  const {source, version, targets} = data
  const name = source?.repository ?? targets[0]?.images[0] ?? 'Release'
  return el(
    'header',
    {},
    el('h1', {}, version === undefined ? name : `${name} ${version}`),
    el('p', {class: 'row'}, verdict(data), ...facts(data)),
    el('dl', {class: 'cards'}, ...cards(data))
  )
}

function verdict({checks, targets}: ReportData): HTMLElement {
  const tags = targets.flatMap(target => target.tags)
  const faults = total(checks, check => check.faults.length)
  const moved = tags.filter(({now}) => now !== undefined).length
  if (faults > 0) return badge('bad', counted(faults, 'fault'))
  if (moved > 0) return badge('warn', `${counted(moved, 'tag')} moved since`)
  if (checks.some(({kind}) => kind === 'tag')) return badge('good', 'verified')
  return badge('plain', targets.some(({digest}) => digest !== undefined) ? 'published' : 'not published')
}

function facts({source, made}: ReportData): Child[] {
  return [
    ...(source === undefined
      ? []
      : [
          el(
            'span',
            {},
            `${source.ref.replace(/^refs\/(?:heads|tags)\//, '')} at `,
            el('code', {}, source.revision.slice(0, 12))
          ),
          el('span', {}, `by ${source.event}`)
        ]),
    el('span', {class: 'quiet'}, `page made ${made.slice(0, 16).replace('T', ' ')} UTC`)
  ]
}

function cards({targets, builds, checks, cleanup}: ReportData): HTMLElement[] {
  const registries = new Set(targets.flatMap(({images}) => images.map(image => image.split('/')[0])))
  const tags = targets.flatMap(target => target.tags)
  const moved = tags.filter(({state}) => state === 'new' || state === 'moved').length
  const platforms = targets.flatMap(target => target.platforms)
  const size = total(platforms, platform => platform.size ?? 0)
  const passed = checks.filter(({faults}) => faults.length === 0).length
  return [
    card(
      'Images',
      `${targets.length}`,
      `${counted(platforms.length, 'platform')} on ${counted(registries.size, 'registry', 'registries')}`
    ),
    card('Tags', `${tags.length}`, `${moved} new or moved`),
    ...(size > 0 ? [card('Size', formatSize(size), 'all platforms, as they are stored')] : []),
    ...(builds.length > 0 ? buildCards(builds) : []),
    card(
      'Checks',
      `${checks.length}`,
      checks.length === 0 ? 'none in the documents' : `${passed} without a fault`
    ),
    ...(cleanup === undefined
      ? []
      : [card('Cleaned up', `${total(cleanup, ({deleted}) => deleted.length)}`, 'manifests deleted')])
  ]
}

function buildCards(builds: ReportData['builds']): HTMLElement[] {
  const slowest = Math.max(...builds.map(({buildTime}) => buildTime))
  const skipped = total(builds, build => build.skipped)
  return [
    card('Slowest build', formatTime(slowest), `of ${counted(builds.length, 'build')}`),
    card('Sent', formatSize(total(builds, ({sent}) => sent)), `${formatSize(skipped)} already present`)
  ]
}

function card(name: string, value: string, remark: string): HTMLElement {
  return el('div', {}, el('dt', {}, name), el('dd', {}, el('strong', {}, value), el('span', {}, remark)))
}
