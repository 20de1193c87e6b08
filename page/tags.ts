import type {ReportData, ReportTag} from '../src/reporting/report-data.js'
import {counted} from './amounts.js'
import {badge, digestOf, nothing, row, section, table} from './dom.js'

const STATES: Readonly<Record<ReportTag['state'], Parameters<typeof badge>>> = {
  new: ['good', 'new'],
  moved: ['good', 'moved'],
  same: ['plain', 'same'],
  kept: ['warn', 'kept'],
  planned: ['plain', 'planned']
}

/** All tags on all registries. */
export function tags({targets}: ReportData): HTMLElement {
  const all = targets.flatMap(target => target.tags.map(tag => ({target, tag})))
  if (all.length === 0) return section('tags', 'Tags', nothing('The documents name no tags.'))
  const hasClass = all.some(({tag}) => tag.class !== undefined)
  const hasNow = all.some(({tag}) => tag.now !== undefined)
  return section(
    'tags',
    'Tags',
    table(
      `${counted(all.length, 'tag')} on all registries`,
      [
        ...['Tag', 'Image', ...(hasClass ? ['Class'] : []), 'What happened', 'Before', 'After'],
        ...(hasNow ? ['Now'] : [])
      ],
      all.map(({target, tag}) => [
        tag.reference,
        target.name,
        ...(hasClass ? [tag.class ?? ''] : []),
        badge(...STATES[tag.state]),
        digestOf(tag.before),
        tag.after === undefined ? '' : digestOf(tag.after),
        ...(hasNow ? [nowOf(tag)] : [])
      ]),
      all.map(({target, tag}) => `${tag.reference} ${target.name}`)
    )
  )
}

function nowOf({now}: ReportTag): HTMLElement | string {
  if (now === undefined) return ''
  return now === 'nothing' ? badge('bad', 'gone') : row(badge('warn', 'moved since'), digestOf(now))
}
