import {createHash} from 'node:crypto'
import {ReleaseError} from '../errors.js'

/** The fingerprint of the layers of an image: 64 lower-case hex digits. */
export type LayerFingerprint = string

/**
 * What `docker inspect --format '{{json .RootFS.Layers}}' IMAGE | sha256sum` says of an image, with podman the same: the
 * SHA-256 of its diff ids as a JSON list without spaces, and the line break that ends the output. It does not depend on
 * compression, labels or time, so that it is the same on another machine as long as the files are.
 * @param diffIds `rootfs.diff_ids` of its config (image-spec config.md)
 */
export function layerFingerprint(diffIds: readonly string[]): LayerFingerprint {
  return createHash('sha256')
    .update(`${JSON.stringify(diffIds)}\n`)
    .digest('hex')
}

/**
 * Reads a fingerprint as `sha256sum` prints it, `<hex>  -`, with or without what stands behind it and `sha256:` before it.
 * @throws ReleaseError DIGEST_INVALID
 */
export function parseLayerFingerprint(text: string): LayerFingerprint {
  const [, hex] = /^(?:sha256:)?([0-9a-f]{64})(?:\s+\*?\S+)?$/.exec(text.trim()) ?? []
  if (hex !== undefined) return hex
  throw new ReleaseError(
    'DIGEST_INVALID',
    `${JSON.stringify(text.trim().slice(0, 100))} is not a fingerprint: 64 lower-case hex digits`
  )
}
