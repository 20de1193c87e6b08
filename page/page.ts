import type {ReportData} from '../src/reporting/report-data.js'
import {checks} from './checks.js'
import {cleanup} from './cleanup.js'
import {el, say, section} from './dom.js'
import {findings} from './findings.js'
import {history} from './history.js'
import {images} from './images.js'
import {journey} from './journey.js'
import {layers} from './layers.js'
import {overview} from './overview.js'
import {packages} from './packages.js'
import {progress} from './progress.js'
import {search} from './search.js'
import {tags} from './tags.js'

const SECTIONS = [progress, journey, tags, images, layers, findings, packages, checks, cleanup, history]

/** Draws the page from its document. Returns what it drew. */
function draw(data: ReportData): readonly Element[] {
  const main = el('main', {}, ...SECTIONS.map(make => make(data)), notes(data))
  const links = [...main.querySelectorAll('section')].map(({id}) =>
    el('li', {}, el('a', {href: `#${id}`}, main.querySelector(`#${id}-title`)?.textContent ?? id))
  )
  const ending =
    data.progress === undefined
      ? 'This page asks for nothing and sends nothing.'
      : 'This page asks the program that gave it out, and nobody else.'
  const drawn = [
    overview(data),
    el('nav', {'aria-label': 'Sections'}, el('ul', {}, ...links), search(main)),
    main,
    el('footer', {}, `Made by image-release ${data.program}. ${ending}`),
    el('p', {id: 'live', class: 'off-screen', 'aria-live': 'polite'})
  ]
  document.body.append(...drawn)
  return drawn
}

function notes({notes: all}: ReportData): HTMLElement | undefined {
  if (all.length === 0) return undefined
  return section('notes', 'Notes', el('ul', {}, ...all.map(note => el('li', {}, note))))
}

/** Asks for the document anew, and draws it again if it says something else. */
function follow(first: ReportData, drawn: readonly Element[]): void {
  const state = {text: spoken(first), drawn}
  const look = async (): Promise<void> => {
    try {
      const data = (await (await fetch('/release.json')).json()) as ReportData
      const text = spoken(data)
      if (text === state.text) return
      const top = scrollY
      for (const element of state.drawn) element.remove()
      Object.assign(state, {text, drawn: draw(data)})
      scrollTo(0, top)
      say('The release went on')
    } catch {
      // The program was stopped: what was seen last stays.
    }
  }
  const again = (): void => {
    void look().finally(() => setTimeout(again, 1000))
  }
  setTimeout(again, 1000)
}

/** All that it says but for when it was made. */
function spoken(data: ReportData): string {
  return JSON.stringify({...data, made: ''})
}

const data = JSON.parse(document.getElementById('report')?.textContent ?? '{}') as ReportData
const drawn = draw(data)
if (data.progress !== undefined) follow(data, drawn)
