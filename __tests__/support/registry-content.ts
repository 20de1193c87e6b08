import {gunzipSync} from 'node:zlib'
import type {Digest} from '../../src/oci/digest.js'
import {type Manifest, readManifest} from '../../src/oci/manifest.js'
import {blobStream} from '../../src/registry/images/blob-download.js'
import type {RepositoryClient} from '../../src/registry/client/repository-client.js'

/** An image as a registry has it. */
export interface RegistryContent {
  readonly manifest: Manifest
  readonly config: Readonly<Record<string, unknown>>
  /** Every byte of manifests, configs and layers, the layers unpacked too. */
  readonly bytes: readonly Buffer[]
}

/** Reads all of an image, and of what an index names. */
export async function readContent(client: RepositoryClient, digest: Digest): Promise<RegistryContent> {
  const manifest = await client.getManifest(digest)
  const {manifests, config, layers} = readManifest(manifest)
  const children = await Promise.all(manifests.map(child => readContent(client, child.digest)))
  const blobs: Buffer[] = []
  for (const blob of [...(config ? [config] : []), ...layers])
    blobs.push(Buffer.concat((await blobStream(client, blob).open().toArray()) as Buffer[]))
  const first = blobs[0]
  return {
    manifest,
    config:
      config === undefined
        ? (children[0]?.config ?? {})
        : (JSON.parse(first?.toString('utf8') ?? '{}') as Record<string, unknown>),
    bytes: [
      Buffer.from(manifest.bytes),
      ...blobs,
      ...blobs.map(unpacked),
      ...children.flatMap(({bytes}) => bytes)
    ]
  }
}

function unpacked(blob: Buffer): Buffer {
  return blob[0] === 0x1f && blob[1] === 0x8b ? gunzipSync(blob) : Buffer.alloc(0)
}
