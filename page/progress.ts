import type {ReportData, ReportProgress} from '../src/reporting/report-data.js'
import {counted} from './amounts.js'
import {badge, digestOf, el, section, table} from './dom.js'

const STATES: Readonly<Record<ReportProgress['state'], Parameters<typeof badge>>> = {
  running: ['warn', 'under way'],
  done: ['good', 'done'],
  failed: ['bad', 'failed'],
  cancelled: ['warn', 'cancelled'],
  unknown: ['plain', 'no run is noted']
}

/** How far a release has come; nothing for one that is over. */
export function progress({progress: run}: ReportData): HTMLElement | undefined {
  if (run === undefined) return undefined
  const {state, command, started, message, hint, builds, tags} = run
  return section(
    'progress',
    'Progress',
    el(
      'p',
      {class: 'row'},
      badge(...STATES[state]),
      command !== undefined && el('code', {}, command),
      started !== undefined && el('span', {}, `since ${started.slice(11, 19)} UTC`)
    ),
    message !== undefined && el('p', {}, message),
    hint !== undefined && el('p', {class: 'quiet'}, hint),
    builds.length > 0 && buildTable(builds),
    tags.length > 0 && tagTable(tags)
  )
}

function buildTable(builds: ReportProgress['builds']): HTMLElement {
  const built = builds.filter(({digest}) => digest !== undefined).length
  return table(
    `${built} of ${counted(builds.length, 'build')}`,
    ['Build', 'State', 'Digest'],
    builds.map(({name, digest}) => [
      name,
      digest === undefined ? badge('plain', 'waiting') : badge('good', 'built'),
      digest === undefined ? '' : digestOf(digest)
    ]),
    builds.map(({name}) => name)
  )
}

function tagTable(tags: ReportProgress['tags']): HTMLElement {
  const moved = tags.filter(({now, after}) => now === after).length
  return table(
    `${moved} of ${counted(tags.length, 'tag')} at the new image`,
    ['Tag', 'State', 'Before', 'After'],
    tags.map(({reference, before, after, now}) => [
      reference,
      now === after ? badge('good', 'moved') : badge('plain', now === undefined ? 'not known' : 'waiting'),
      digestOf(before),
      digestOf(after)
    ]),
    tags.map(({reference}) => reference)
  )
}
