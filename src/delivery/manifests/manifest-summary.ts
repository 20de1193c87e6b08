import {
  type Markdown,
  code,
  joined,
  link,
  markdownTable,
  prose,
  textTable,
  words
} from '../../shared/markdown.js'
import type {ManifestPlace, PlaceState} from './manifest-place.js'

/** Where the change went. */
export interface ManifestDelivery {
  readonly branch: string
  readonly commit: string | undefined
  readonly pullRequest: string | undefined
  readonly isDry: boolean
}

/** The log's lines: each place, and what became of it. */
export function manifestLines(places: readonly ManifestPlace[], isDry: boolean): string[] {
  return textTable(places.map(one => [`  ${one.file}`, one.place, stateOf(one, isDry), wayOf(one)]))
}

/** The section of the job summary. */
export function manifestSummary(places: readonly ManifestPlace[], delivery: ManifestDelivery): Markdown {
  const {isDry, commit, branch, pullRequest} = delivery
  const title = isDry ? prose`## Manifests (dry run, nothing was written)` : prose`## Manifests`
  const where = [
    ...(commit === undefined ? [] : [prose`Commit ${code(commit.slice(0, 7))} on ${code(branch)}.`]),
    ...(pullRequest === undefined ? [] : [prose`Pull request: ${link(pullRequest)}`])
  ]
  return joined([title, placeTable(places, isDry), ...where])
}

/** The table of places alone, for the text of a pull request. */
export function placeTable(places: readonly ManifestPlace[], isDry = false): Markdown {
  const rows = places.map(one => [
    code(one.file),
    words(one.place),
    words(stateOf(one, isDry)),
    words(wayOf(one))
  ])
  return markdownTable(['File', 'Place', '', 'Image'], rows)
}

const WORDS: Readonly<Record<PlaceState, string>> = {
  changed: 'changed',
  same: 'as it is',
  newer: 'stays, a newer version runs',
  variant: 'stays, another variant',
  template: 'stays, a template'
}

function stateOf({state}: ManifestPlace, isDry: boolean): string {
  return state === 'changed' && isDry ? 'would change' : WORDS[state]
}

function wayOf({from, to, state}: ManifestPlace): string {
  if (state !== 'changed') return state === 'same' ? to : from
  return from === '' ? to : `${from} → ${to}`
}
