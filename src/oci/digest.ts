import {hash} from 'node:crypto'
import {ReleaseError} from '../errors.js'

declare const digestBrand: unique symbol

/** A SHA-256 content digest, `sha256:` and 64 lower-case hex digits (71 characters). */
export type Digest = string & {readonly [digestBrand]: true}

/** The length in bytes of a digest, and so of a digest record. */
export const DIGEST_LENGTH = 71

const SHA256 = /^sha256:[0-9a-f]{64}$/

/** Whether the text is a digest as `parseDigest` takes it. */
export function isDigest(text: string): text is Digest {
  return SHA256.test(text)
}

/**
 * Reads a digest (image-spec, descriptor.md "Digests"; only the registered algorithm sha256).
 * @throws ReleaseError DIGEST_INVALID, with the fault named
 */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text
  throw new ReleaseError(
    'DIGEST_INVALID',
    `${JSON.stringify(clip(text))} is not a digest: ${faultOf(text)}`,
    {
      hint: 'A digest is "sha256:" and 64 lower-case hex digits.'
    }
  )
}

/** The digest of these bytes. */
export function digestOf(bytes: Uint8Array): Digest {
  return hexDigest(hash('sha256', bytes, 'hex'))
}

/** The digest that a finished SHA-256 hash in hex stands for. */
export function hexDigest(hex: string): Digest {
  return parseDigest(`sha256:${hex}`)
}

/** The 64 hex digits of a digest. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length)
}

/** The first 12 hex digits, for people. */
export function shortDigest(digest: Digest): string {
  return hexOf(digest).slice(0, 12)
}

function clip(text: string): string {
  return text.length > 90 ? `${text.slice(0, 90)}…` : text
}

function faultOf(text: string): string {
  if (text === '') return 'it is empty'
  if (text.charCodeAt(0) === 0xfeff) return 'it starts with a byte order mark'
  if (/[\r\n]/.test(text)) return 'it holds a line break'
  if (/\s/.test(text)) return 'it holds white space'
  if (/^sha256:[0-9a-fA-F]{64}$/.test(text)) return 'its hex digits are not lower case'
  const algorithm = /^([a-z0-9+._-]+):/i.exec(text)?.[1]
  if (algorithm && algorithm !== 'sha256') return `the algorithm is ${algorithm}, not sha256`
  if (!algorithm) return '"sha256:" is missing in front'
  const stranger = /^sha256:[0-9a-f]*([^0-9a-f])/i.exec(text)?.[1]
  if (stranger !== undefined) return `${JSON.stringify(stranger)} is not a hex digit`
  return `${text.length - 'sha256:'.length} characters follow "sha256:", not 64 hex digits`
}
