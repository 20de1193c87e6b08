import {ReleaseError} from '../errors.js'

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

/** Each section of the name in order; a person who copies a release may have made several. */
function placesOf(body: string, name: string): Place[] {
  const places: Place[] = []
  for (let at = 0; ;) {
    const from = body.indexOf(opening(name), at)
    const end = body.indexOf(closing(name), at)
    if (from < 0 && end < 0) return places
    const next = body.indexOf(opening(name), from + 1)
    if (from < 0 || end < from || (next >= 0 && next < end)) throw brokenMarks(name)
    at = end + closing(name).length
    places.push({from, to: at})
  }
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
