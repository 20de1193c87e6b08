import {ReleaseError, messageOf} from '../errors.js'
import {DIGEST_LENGTH, type Digest, isDigest, parseDigest} from '../oci/digest.js'

/** The bytes of a digest record: the 71 characters of the digest and nothing else. */
export function formatDigestRecord(digest: Digest): Uint8Array {
  return new TextEncoder().encode(digest)
}

/**
 * Reads a digest record. Anything but exactly the 71 bytes of one digest is refused.
 * @param name what the record is called, for the message
 * @throws ReleaseError RECORD_INVALID, with the record's name and its fault
 */
export function parseDigestRecord(name: string, bytes: Uint8Array): Digest {
  const text = Buffer.from(bytes).toString('latin1')
  if (bytes.length === DIGEST_LENGTH && isDigest(text)) return text
  throw new ReleaseError('RECORD_INVALID', `record ${name}: ${faultOf(bytes)}`, {
    hint: `A record is one digest, "sha256:" and 64 lower-case hex digits, exactly ${DIGEST_LENGTH} bytes. Run the build job of this platform again.`
  })
}

function faultOf(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'it is empty'
  const text = Buffer.from(bytes.subarray(0, 200)).toString('utf8')
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'it starts with a byte order mark'
  if (text.trim() !== text && isDigest(text.trim())) return 'white space or a line break is beside the digest'
  if (text.trim().split(/\s+/).length > 1) return 'it holds more than one word or line'
  try {
    parseDigest(text)
  } catch (fault) {
    return messageOf(fault)
  }
  return `it has ${bytes.length} bytes`
}
