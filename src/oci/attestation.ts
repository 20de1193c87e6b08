import type {Descriptor} from './manifest.js'

/** The annotation by which BuildKit marks an attestation in an index (its docs/attestations/attestation-storage.md). */
const REFERENCE_TYPE = 'vnd.docker.reference.type'
const REFERENCE_DIGEST = 'vnd.docker.reference.digest'

/** Whether a child of an index is BuildKit's attestation of another child, not an image. */
export function isAttestation({annotations, platform}: Descriptor): boolean {
  return annotations?.[REFERENCE_TYPE] === 'attestation-manifest' || platform?.os === 'unknown'
}

/** Whether a child is of no platform that anything runs on, though it does not say that it is an attestation. */
export function isOfUnknownPlatform({annotations, platform}: Descriptor): boolean {
  return platform?.os === 'unknown' && annotations?.[REFERENCE_TYPE] !== 'attestation-manifest'
}

/** The digest of the child that an attestation speaks of, as it is written. */
export function attestedDigest({annotations}: Descriptor): string | undefined {
  return annotations?.[REFERENCE_DIGEST]
}
