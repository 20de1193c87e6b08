import {Readable} from 'node:stream'
import {gzipSync} from 'node:zlib'
import {type Digest, digestOf} from '../../src/oci/digest.js'
import {type Manifest, manifestOf} from '../../src/oci/manifest.js'
import {
  DOCKER_CONFIG,
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER_GZIP,
  OCI_MANIFEST
} from '../../src/oci/media-type.js'
import type {LocalImage} from '../../src/ports.js'

/** What an image of a test says of itself. */
export interface ImageOptions {
  readonly os?: string
  readonly architecture?: string
  readonly variant?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly format?: 'oci' | 'docker'
  /** Makes the layer differ. */
  readonly content?: string
}

const encode = (document: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(document))

/** A small image of one layer, held in memory as a builder would leave it on disk. */
export function image(options: ImageOptions = {}): LocalImage {
  const {
    os = 'linux',
    architecture = 'amd64',
    variant,
    labels = {},
    format = 'oci',
    content = 'hello'
  } = options
  const isDocker = format === 'docker'
  const layer = gzipSync(`${content} on ${architecture}`)
  const config = encode({
    os,
    architecture,
    ...(variant === undefined ? {} : {variant}),
    config: {Labels: labels},
    rootfs: {type: 'layers', diff_ids: [digestOf(Buffer.from(content))]}
  })
  const mediaType = isDocker ? DOCKER_MANIFEST : OCI_MANIFEST
  const document = {
    schemaVersion: 2,
    mediaType,
    config: {mediaType: isDocker ? DOCKER_CONFIG : OCI_CONFIG, digest: digestOf(config), size: config.length},
    layers: [
      {mediaType: isDocker ? DOCKER_LAYER_GZIP : OCI_LAYER_GZIP, digest: digestOf(layer), size: layer.length}
    ]
  }
  const root = manifestOf(encode(document), mediaType)
  return localImage(root, [root], [config, layer])
}

/** Bytes that no gzip makes smaller, as the layers of a registry are. */
export function layerBytes(size: number, seed: number): Uint8Array {
  return Uint8Array.from({length: size}, (_, at) => (at * 31 + seed * 7) % 251)
}

/** An image of several layers, each made by an instruction; a layer has exactly so many bytes. */
export function layeredImage(
  architecture: string,
  layers: readonly {readonly createdBy: string; readonly bytes: Uint8Array}[],
  labels: Readonly<Record<string, string>> = {}
): LocalImage {
  const config = encode({
    os: 'linux',
    architecture,
    config: {Labels: labels},
    rootfs: {type: 'layers', diff_ids: layers.map(({bytes}) => digestOf(bytes))},
    history: layers.map(({createdBy}) => ({created_by: createdBy}))
  })
  const document = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: {mediaType: OCI_CONFIG, digest: digestOf(config), size: config.length},
    layers: layers.map(({bytes}) => ({
      mediaType: OCI_LAYER_GZIP,
      digest: digestOf(bytes),
      size: bytes.length
    }))
  }
  const root = manifestOf(encode(document), OCI_MANIFEST)
  return localImage(root, [root], [config, ...layers.map(({bytes}) => bytes)])
}

/** An image with an attestation, wrapped into an index of its own as BuildKit does. */
export function attestedImage(options: ImageOptions = {}): LocalImage {
  const plain = image(options)
  const statement = encode({_type: 'https://in-toto.io/Statement/v0.1', of: plain.root.digest})
  const config = encode({architecture: 'unknown', os: 'unknown', rootfs: {type: 'layers', diff_ids: []}})
  const attestation = manifestOf(
    encode({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: {mediaType: OCI_CONFIG, digest: digestOf(config), size: config.length},
      layers: [
        {mediaType: 'application/vnd.in-toto+json', digest: digestOf(statement), size: statement.length}
      ]
    }),
    OCI_MANIFEST
  )
  const {architecture = 'amd64', os = 'linux'} = options
  const index = manifestOf(
    encode({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [
        {
          mediaType: OCI_MANIFEST,
          digest: plain.root.digest,
          size: plain.root.bytes.length,
          platform: {architecture, os}
        },
        {
          mediaType: OCI_MANIFEST,
          digest: attestation.digest,
          size: attestation.bytes.length,
          platform: {architecture: 'unknown', os: 'unknown'},
          annotations: {
            'vnd.docker.reference.type': 'attestation-manifest',
            'vnd.docker.reference.digest': plain.root.digest
          }
        }
      ]
    }),
    OCI_INDEX
  )
  const blobs = [...blobsOf(plain), config, statement]
  return localImage(index, [plain.root, attestation, index], blobs)
}

const contents = new WeakMap<LocalImage, readonly Uint8Array[]>()

function blobsOf(local: LocalImage): readonly Uint8Array[] {
  return contents.get(local) ?? []
}

function localImage(
  root: Manifest,
  manifests: readonly Manifest[],
  blobs: readonly Uint8Array[]
): LocalImage {
  const byDigest = new Map<Digest, Uint8Array>(blobs.map(bytes => [digestOf(bytes), bytes]))
  const made: LocalImage = {
    root,
    manifests,
    blob(digest) {
      const bytes = byDigest.get(digest)
      if (bytes === undefined) throw new Error(`no blob ${digest}`)
      return {size: bytes.length, open: () => Readable.from([bytes])}
    }
  }
  contents.set(made, blobs)
  return made
}
