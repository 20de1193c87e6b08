import {Refusal} from './refusal.js'

/** Some bytes of a content: first and last position, both included. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

export function lengthOf(range: ByteRange): number {
  return range.last - range.first + 1
}

/**
 * Reads a `Range` header (RFC 9110, section 14.2). Undefined where the whole content is to be sent: no range,
 * another unit, or several ranges, which a server may ignore.
 * @throws Refusal 416 where no byte of the content is in the range
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  if (match === null || (match[1] === '' && match[2] === '')) return undefined
  const [, first = '', last = ''] = match
  const range =
    first === ''
      ? {first: Math.max(0, size - Number(last)), last: size - 1}
      : {first: Number(first), last: last === '' ? size - 1 : Math.min(Number(last), size - 1)}
  if (range.first <= range.last) return range
  throw new Refusal('UNSUPPORTED', 'no byte of the content is in the range', {
    status: 416,
    headers: {'content-range': `bytes */${size}`}
  })
}

/**
 * Reads the `Content-Range` of a chunk: `first-last` and nothing else (distribution-spec, "Pushing a blob in chunks").
 * @throws Refusal 400 BLOB_UPLOAD_INVALID
 */
export function parseContentRange(header: string | undefined): ByteRange | undefined {
  if (header === undefined) return undefined
  const match = /^(\d+)-(\d+)$/.exec(header)
  const range = match && {first: Number(match[1]), last: Number(match[2])}
  if (range && range.first <= range.last && Number.isSafeInteger(range.last)) return range
  throw new Refusal('BLOB_UPLOAD_INVALID', 'Content-Range is not "<first>-<last>"', {
    detail: {contentRange: header.slice(0, 100)}
  })
}
