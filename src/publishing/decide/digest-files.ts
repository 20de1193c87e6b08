import {ReleaseError, messageOf} from '../../errors.js'
import {type Digest, hexDigest, isDigest} from '../../oci/digest.js'
import {originName} from '../../contracts/record-origin.js'
import {parseDigestRecord} from '../../contracts/digest-record.js'

/** A file as it was found: its name, and the beginning of what it holds. */
export interface DigestFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * Reads the digests that an artifact hands over: empty files that are named by the 64 hex digits of a digest, as the
 * documentation of Docker for builds on several runners makes them (docs.docker.com, "Distribute build across multiple
 * runners"), or records of 71 bytes, beside which a file may say what they come from.
 * @param artifact what the artifact is called, for the message
 * @throws ReleaseError RECORD_INVALID, with every file that is neither
 */
export function readDigestFiles(artifact: string, files: readonly DigestFile[]): Digest[] {
  const records = files.filter(({name}) => !files.some(other => originName(other.name) === name))
  const faults: string[] = records.length === 0 ? ['it is empty'] : []
  const digests = records.flatMap(({name, bytes}) => {
    try {
      return [digestIn(name, bytes)]
    } catch (error) {
      faults.push(messageOf(error))
      return []
    }
  })
  if (faults.length === 0) return digests
  throw new ReleaseError('RECORD_INVALID', `artifact ${artifact}: ${faults.join('; ')}`, {
    hint: 'It must hold empty files that are named by the 64 hex digits of a digest.'
  })
}

function digestIn(name: string, bytes: Uint8Array): Digest {
  const digest = `sha256:${name}`
  if (!isDigest(digest)) return parseDigestRecord(name, bytes)
  if (bytes.length === 0) return hexDigest(name)
  throw new ReleaseError('RECORD_INVALID', `file ${name} is named by a digest, but holds something`)
}
