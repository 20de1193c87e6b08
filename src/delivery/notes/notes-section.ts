import {ReleaseError} from '../../errors.js'

/** GitHub: "body is too long (maximum is 125000 characters)" (REST API, releases, 2026-11). */
export const MAX_RELEASE_BODY = 125_000

/** Where a section stands in a text: from its opening mark to behind its closing one. */
interface Place {
  readonly from: number
  readonly to: number
}

/**
 * Puts a section between its marks into a text that others wrote too: in place of the one of this name, else at the end.
 * What stands outside the marks stays as it is, byte by byte, and the line breaks are those of the text. The same
 * section put twice changes nothing.
 * @throws ReleaseError NOTES_INVALID where a mark stands alone
 */
export function putSection(body: string, name: string, content: string): string {
  const eol = lineBreakOf(body)
  const section = [opening(name), ...content.split('\n'), closing(name)].join(eol)
  const [place, ...copies] = placesOf(body, name)
  if (place === undefined) return body + gap(body, eol) + section
  const rest = without(body, copies)
  return rest.slice(0, place.from) + section + rest.slice(place.to)
}

/**
 * What stands in the section of this name, with plain line breaks; undefined where there is none.
 * @throws ReleaseError NOTES_INVALID where a mark stands alone
 */
export function sectionIn(body: string, name: string): string | undefined {
  const [place] = placesOf(body, name)
  if (place === undefined) return undefined
  const whole = body.slice(place.from + opening(name).length, place.to - closing(name).length)
  return whole.replaceAll('\r\n', '\n').replace(/^\n|\n$/g, '')
}

function opening(name: string): string {
  return `<!-- image-release:${name} -->`
}

function closing(name: string): string {
  return `<!-- /image-release:${name} -->`
}

/** A mark alone on its line, beside other marks at most. */
interface Mark {
  readonly from: number
  readonly to: number
  readonly isOpening: boolean
  /** Whether it stands in a block of code, or in what is folded away: there it is quoted. */
  readonly isQuoted: boolean
}

/**
 * Each section of the name in order; a person who copies a release may have made several. Marks within a sentence, in
 * blocks of code and in `<details>` are those of others, unless what is left would not fit together: a block that is never
 * closed hides the section behind it.
 */
function placesOf(body: string, name: string): Place[] {
  const marks = marksIn(body, name)
  const places = pairsOf(marks.filter(({isQuoted}) => !isQuoted)) ?? pairsOf(marks)
  if (places === undefined) throw brokenMarks(name)
  return places
}

/** Undefined where one stands without the other. */
function pairsOf(marks: readonly Mark[]): Place[] | undefined {
  const isPaired = marks.length % 2 === 0 && marks.every(({isOpening}, row) => isOpening === (row % 2 === 0))
  if (!isPaired) return undefined
  return marks.flatMap((mark, row) =>
    mark.isOpening ? [{from: mark.from, to: marks[row + 1]?.to ?? 0}] : []
  )
}

const MARKS = /^ {0,3}(?:<!-- \/?image-release:[\w.-]+ -->[ \t]*)+\r?$/

function marksIn(body: string, name: string): Mark[] {
  const quoted = quotedLines(body)
  let at = 0
  return body.split('\n').flatMap((line, row) => {
    const start = at
    at += line.length + 1
    if (!MARKS.test(line)) return []
    return [...line.matchAll(/<!-- (\/?)image-release:([\w.-]+) -->/g)]
      .filter(([, , one]) => one === name)
      .map(({0: text, 1: slash, index}) => ({
        from: start + index,
        to: start + index + text.length,
        isOpening: slash === '',
        isQuoted: quoted.has(row)
      }))
  })
}

/** The lines within fenced code (commonmark.org, 4.5) and within `<details>`, where these are closed. */
function quotedLines(body: string): Set<number> {
  const quoted = new Set<number>()
  const lines = body.split('\n')
  let fence: {readonly mark: string; readonly row: number} | undefined
  const folds: number[] = []
  lines.forEach((line, row) => {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]
    if (fence === undefined && mark !== undefined) fence = {mark, row}
    else if (fence !== undefined && isEnd(line, fence.mark)) {
      for (let one = fence.row; one <= row; one++) quoted.add(one)
      fence = undefined
    }
    if (fence !== undefined) return
    for (const [tag] of line.matchAll(/<details\b|<\/details>/gi)) {
      const start = tag.startsWith('</') ? folds.pop() : undefined
      if (!tag.startsWith('</')) folds.push(row)
      if (start !== undefined) for (let one = start; one <= row; one++) quoted.add(one)
    }
  })
  return quoted
}

function isEnd(line: string, fence: string): boolean {
  const found = /^ {0,3}(`{3,}|~{3,})\s*$/.exec(line)?.[1] ?? ''
  return found[0] === fence[0] && found.length >= fence.length
}

function brokenMarks(name: string): ReleaseError {
  return new ReleaseError(
    'NOTES_INVALID',
    `the notes have one of the marks ${opening(name)} and ${closing(name)} without the other`,
    {
      hint: 'Nothing was changed. Delete that mark in the notes by hand, or add the other, and run this again.'
    }
  )
}

/** The last first, so that the places of the others stay right. */
function without(body: string, places: readonly Place[]): string {
  return places.reduceRight((text, {from, to}) => text.slice(0, from) + text.slice(to), body)
}

/** GitHub's editor writes CRLF, programs write LF; of a mixture the more frequent. */
function lineBreakOf(body: string): string {
  const all = body.split('\n').length - 1
  const windows = body.split('\r\n').length - 1
  return windows * 2 > all ? '\r\n' : '\n'
}

/** An empty line between what others wrote and the section: without it Markdown takes the mark for their last line. */
function gap(body: string, eol: string): string {
  if (body === '' || /\n\r?\n$/.test(body)) return ''
  return body.endsWith('\n') ? eol : eol + eol
}
