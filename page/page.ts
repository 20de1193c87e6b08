import type {ReportData} from '../src/reporting/report-data.js'
import {checks} from './checks.js'
import {cleanup} from './cleanup.js'
import {el, section} from './dom.js'
import {findings} from './findings.js'
import {history} from './history.js'
import {images} from './images.js'
import {journey} from './journey.js'
import {layers} from './layers.js'
import {overview} from './overview.js'
import {packages} from './packages.js'
import {search} from './search.js'
import {tags} from './tags.js'

const SECTIONS = [journey, tags, images, layers, findings, packages, checks, cleanup, history]

/** Draws the page from the document that stands in it. */
function draw(data: ReportData): void {
  const main = el('main', {}, ...SECTIONS.map(make => make(data)), notes(data))
  const links = [...main.querySelectorAll('section')].map(({id}) =>
    el('li', {}, el('a', {href: `#${id}`}, main.querySelector(`#${id}-title`)?.textContent ?? id))
  )
  document.body.append(
    overview(data),
    el('nav', {'aria-label': 'Sections'}, el('ul', {}, ...links), search(main)),
    main,
    el('footer', {}, `Made by image-release ${data.program}. This page asks for nothing and sends nothing.`),
    el('p', {id: 'live', class: 'off-screen', 'aria-live': 'polite'})
  )
}

function notes({notes: all}: ReportData): HTMLElement | undefined {
  if (all.length === 0) return undefined
  return section('notes', 'Notes', el('ul', {}, ...all.map(note => el('li', {}, note))))
}

draw(JSON.parse(document.getElementById('report')?.textContent ?? '{}') as ReportData)
