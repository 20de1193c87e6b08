import {code, markdownTable, textTable} from './markdown.js'

/** One place of a manifest that names an image. */
export interface ManifestPlace {
  readonly file: string
  readonly place: string
  readonly from: string
  readonly to: string
  readonly isChanged: boolean
  /** Whether it stays because a newer version runs. */
  readonly isKept: boolean
}

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
export function manifestSummary(places: readonly ManifestPlace[], delivery: ManifestDelivery): string {
  const {isDry, commit, branch, pullRequest} = delivery
  const title = isDry ? '## Manifests (dry run, nothing was written)' : '## Manifests'
  const where = [
    ...(commit === undefined ? [] : [`Commit ${code(commit.slice(0, 7))} on ${code(branch)}.`]),
    ...(pullRequest === undefined ? [] : [`Pull request: ${pullRequest}`])
  ]
  return [title, placeTable(places, isDry), ...where].join('\n\n')
}

/** The table of places alone, for the text of a pull request. */
export function placeTable(places: readonly ManifestPlace[], isDry = false): string {
  const rows = places.map(one => [code(one.file), one.place, stateOf(one, isDry), wayOf(one)])
  return markdownTable(['File', 'Place', '', 'Image'], rows)
}

function stateOf({isChanged, isKept}: ManifestPlace, isDry: boolean): string {
  if (isKept) return 'stays, a newer version runs'
  if (!isChanged) return 'as it is'
  return isDry ? 'would change' : 'changed'
}

function wayOf({from, to, isChanged, isKept}: ManifestPlace): string {
  if (isKept) return from
  return isChanged && from !== '' ? `${from} → ${to}` : to
}
