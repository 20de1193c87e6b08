import {type Hash, createHash} from 'node:crypto'
import {Refusal} from './refusal.js'

declare const contentDigestBrand: unique symbol

/**
 * A digest that names content in this registry: sha256 or sha512 (image-spec, descriptor.md "Registered Algorithms").
 * The client of this project knows only sha256; a registry has to take what other clients push.
 */
export type ContentDigest = string & {readonly [contentDigestBrand]: true}

export type Algorithm = 'sha256' | 'sha512'

const HEX_DIGITS: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha512', 128]
])

/** The grammar of digests in general, whatever the algorithm. */
const DIGEST = /^([a-z0-9]+(?:[.+_-][a-z0-9]+)*):([A-Za-z0-9=_-]+)$/

export function isContentDigest(text: string): text is ContentDigest {
  const [, algorithm = '', encoded = ''] = DIGEST.exec(text) ?? []
  return encoded.length === HEX_DIGITS.get(algorithm) && /^[0-9a-f]+$/.test(encoded)
}

/**
 * Reads a digest from a path or query.
 * @throws Refusal 400 DIGEST_INVALID, which names an unknown algorithm
 */
export function parseContentDigest(text: string): ContentDigest {
  if (isContentDigest(text)) return text
  const algorithm = DIGEST.exec(text)?.[1]
  throw new Refusal(
    'DIGEST_INVALID',
    algorithm === undefined || HEX_DIGITS.has(algorithm)
      ? 'this is not a digest'
      : `the algorithm ${algorithm} is not supported, only sha256 and sha512`,
    {detail: {digest: text.slice(0, 200)}}
  )
}

/**
 * Reads the name of an algorithm (distribution-spec, end-4c `digest-algorithm`).
 * @throws Refusal 400 UNSUPPORTED
 */
export function parseAlgorithm(text: string): Algorithm {
  if (text === 'sha256' || text === 'sha512') return text
  throw new Refusal('UNSUPPORTED', 'the algorithm is not supported, only sha256 and sha512', {
    status: 400,
    detail: {algorithm: text.slice(0, 200)}
  })
}

export function algorithmOf(digest: ContentDigest): Algorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256'
}

/** The digest of these bytes. */
export function contentDigestOf(bytes: Uint8Array, algorithm: Algorithm): ContentDigest {
  return finishedDigest(createHash(algorithm).update(bytes), algorithm)
}

/** The digest of what went into the hash so far; the hash can go on. */
export function finishedDigest(hash: Hash, algorithm: Algorithm): ContentDigest {
  return parseContentDigest(`${algorithm}:${hash.copy().digest('hex')}`)
}
