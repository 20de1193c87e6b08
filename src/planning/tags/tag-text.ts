import {createHash} from 'node:crypto'
import {MAX_TAG_LENGTH} from '../../oci/reference.js'

const HASH_LENGTH = 8

/** Makes a tag of any text as docker/metadata-action does: runs of characters that a tag cannot hold become "-". */
export function sanitizeTag(text: string): string {
  return text.replace(/[^a-zA-Z0-9._-]+/g, '-')
}

/**
 * Shortens a tag that is too long: its first part and a hash of the whole text, so that two long names that differ
 * only at their ends do not become one tag.
 */
export function shortenTag(tag: string, text: string): string {
  return tag.length <= MAX_TAG_LENGTH ? tag : hashedTag(tag.slice(0, MAX_TAG_LENGTH - HASH_LENGTH - 1), text)
}

/** The tag with a hash of its text at the end: other texts that are written the same become other tags. */
export function hashedTag(tag: string, text: string): string {
  return `${tag}-${createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH)}`
}
