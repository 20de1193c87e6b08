import {ReleaseError} from '../../errors.js'
import type {Digest} from '../../oci/digest.js'

/** One line of keep-deployed: digests, or the files in which what is deployed is named. */
export type DeployedEntry =
  | {readonly text: string; readonly digests: readonly Digest[]}
  | {readonly text: string; readonly file: string}

/** Digests and words of one line, each with where it stands. */
export interface DeployedNames {
  /** The line as it was given. */
  readonly text: string
  readonly digests: ReadonlyMap<Digest, string>
  /** Among them are the tags. */
  readonly words: ReadonlyMap<string, string>
}

/** All that is deployed, a line of keep-deployed each. */
export type Deployed = readonly DeployedNames[]

const DIGESTS = /\bsha256:[0-9a-f]{64}(?![0-9a-f])/g
/** What a tag may be made of, so that `app:1.2.3@sha256:…` and `newTag: "1.2.3"` both hold the word 1.2.3. */
const WORDS = /\w[\w.-]*/g
/** What people write into patterns, and is none here: it would name no file, and so keep nothing. */
const OTHER_PATTERNS = /[?[\]{}]/

/**
 * Reads a line of keep-deployed.
 * @throws ReleaseError INPUT_INVALID
 */
export function parseDeployedEntry(text: string): DeployedEntry {
  const digests = digestsIn(text)
  if (digests.length > 0) return {text, digests}
  if (text.includes('sha256:')) throw invalid(text, 'a digest is sha256: and 64 hex digits')
  if (OTHER_PATTERNS.test(text)) throw invalid(text, 'of patterns only * is known, for anything')
  return {text, file: text}
}

/** What a text names. */
export function deployedNamesIn(text: string): {
  readonly digests: readonly Digest[]
  readonly words: readonly string[]
} {
  return {digests: digestsIn(text), words: text.match(WORDS) ?? []}
}

function digestsIn(text: string): Digest[] {
  return (text.match(DIGESTS) ?? []) as Digest[]
}

/** Why a manifest is known to be deployed; undefined where it is not. */
export function deployedDigest(digest: Digest, deployed: Deployed): string | undefined {
  return reasonOf(deployed.map(({digests}) => digests.get(digest)))
}

/** Why a tag is known to be deployed: itself, or what it points at. */
export function deployedTag(tag: string, digest: Digest, deployed: Deployed): string | undefined {
  return deployedDigest(digest, deployed) ?? reasonOf(deployed.map(({words}) => words.get(tag)))
}

function reasonOf(places: readonly (string | undefined)[]): string | undefined {
  const place = places.find(one => one !== undefined)
  return place && `deployed: ${place} names it`
}

function invalid(text: string, why: string): ReleaseError {
  return new ReleaseError('INPUT_INVALID', `${JSON.stringify(text)}: ${why}`)
}
