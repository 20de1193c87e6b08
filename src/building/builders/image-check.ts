import {createHash} from 'node:crypto'
import {ReleaseError} from '../../errors.js'
import {hexDigest} from '../../oci/digest.js'
import {type Descriptor, readManifest, storedBlobs} from '../../oci/manifest.js'
import {familyOf, isIndexType} from '../../oci/media-type.js'
import type {LocalImage} from '../../ports.js'

/** Layers that containers are made of, in all their compressions (image-spec layer.md, distribution's schema 2). */
const LAYER = {
  oci: /^application\/vnd\.oci\.image\.layer\.(?:nondistributable\.)?v1\.tar(?:\+(?:gzip|zstd))?$/,
  docker: /^application\/vnd\.docker\.image\.rootfs\.(?:foreign\.)?diff\.tar(?:\.(?:gzip|zstd))?$/
} as const

const CONFIG = {
  oci: 'application/vnd.oci.image.config.v1+json',
  docker: 'application/vnd.docker.container.image.v1+json'
} as const

const IN_TOTO = 'application/vnd.in-toto+json'

/**
 * Makes sure that what another tool made is an image that everyone can pull: types that go together, and blobs that are
 * what their descriptors say, to the last byte.
 * @throws ReleaseError LAYOUT_INVALID; the reason of the signal where that fired
 */
export async function assertSound(image: LocalImage, signal: AbortSignal): Promise<void> {
  const checked = new Set<string>()
  for (const manifest of image.manifests) {
    const {config, layers} = readManifest(manifest)
    const family = familyOf(manifest.mediaType)
    if (isIndexType(manifest.mediaType) || family === undefined) continue
    const isAttestation = layers.length > 0 && layers.every(({mediaType}) => mediaType === IN_TOTO)
    if (config?.mediaType !== CONFIG[family])
      throw invalid(
        `manifest ${manifest.digest} has a config of ${config?.mediaType ?? 'no type'}, not ${CONFIG[family]}`
      )
    const odd = isAttestation ? undefined : layers.find(({mediaType}) => !LAYER[family].test(mediaType))
    if (odd !== undefined)
      throw invalid(`layer ${odd.digest} is ${odd.mediaType}, which has no place in a manifest of ${family}`)
    for (const blob of storedBlobs({config, layers})) {
      const {digest, size} = blob
      // Manifests of several platforms name the same layer, and a hostile one names it a thousand times.
      if (!checked.has(`${digest} ${size}`)) await assertContent(image, blob, signal)
      checked.add(`${digest} ${size}`)
    }
  }
}

async function assertContent(
  image: LocalImage,
  {digest, size}: Descriptor,
  signal: AbortSignal
): Promise<void> {
  const hash = createHash('sha256')
  const seen = {length: 0}
  for await (const chunk of image.blob(digest).open() as AsyncIterable<Uint8Array>) {
    signal.throwIfAborted()
    hash.update(chunk)
    seen.length += chunk.length
  }
  const found = hexDigest(hash.digest('hex'))
  if (found !== digest || seen.length !== size)
    throw invalid(`blob ${digest} of ${size} bytes has ${seen.length} bytes of ${found}`)
}

function invalid(fault: string): ReleaseError {
  return new ReleaseError('LAYOUT_INVALID', fault, {hint: 'Make the image again with the tool that made it.'})
}
