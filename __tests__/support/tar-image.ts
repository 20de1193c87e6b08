import {readFileSync} from 'node:fs'
import {Readable} from 'node:stream'
import {gzipSync} from 'node:zlib'
import {type Digest, digestOf} from '../../src/oci/digest.js'
import {type Manifest, manifestOf} from '../../src/oci/manifest.js'
import {
  DOCKER_CONFIG,
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
  OCI_CONFIG,
  OCI_LAYER_GZIP,
  OCI_MANIFEST
} from '../../src/oci/media-type.js'
import type {Family} from '../../src/oci/media-type.js'
import type {LocalImage} from '../../src/ports.js'

/** An image whose one layer is an archive of files, so that engines can open it. */
export interface TarImage extends LocalImage {
  readonly config: Digest
  readonly diffIds: readonly Digest[]
}

/** Makes an image of an archive of files. */
export function tarImage(file: string, architecture: string, format: Family): TarImage {
  const isDocker = format === 'docker'
  const tar = readFileSync(file)
  const layer = gzipSync(tar)
  const diffIds = [digestOf(tar)]
  const config = encode({
    os: 'linux',
    architecture,
    config: {
      Cmd: ['/bin/sh'],
      Env: ['PATH=/bin'],
      ...(isDocker ? {Healthcheck: {Test: ['CMD', 'true']}} : {})
    },
    rootfs: {type: 'layers', diff_ids: diffIds},
    history: [{created_by: 'ADD rootfs.tar /'}]
  })
  const root = manifestOfParts(config, layer, isDocker)
  const blobs = new Map([config, layer].map(bytes => [digestOf(bytes), bytes]))
  return {
    root,
    manifests: [root],
    config: digestOf(config),
    diffIds,
    blob(digest) {
      const bytes = blobs.get(digest)
      if (bytes === undefined) throw new Error(`no blob ${digest}`)
      return {size: bytes.length, open: () => Readable.from([bytes])}
    }
  }
}

function manifestOfParts(config: Uint8Array, layer: Uint8Array, isDocker: boolean): Manifest {
  const mediaType = isDocker ? DOCKER_MANIFEST : OCI_MANIFEST
  const blob = (type: string, bytes: Uint8Array) => ({
    mediaType: type,
    digest: digestOf(bytes),
    size: bytes.length
  })
  const document = {
    schemaVersion: 2,
    mediaType,
    config: blob(isDocker ? DOCKER_CONFIG : OCI_CONFIG, config),
    layers: [blob(isDocker ? DOCKER_LAYER_GZIP : OCI_LAYER_GZIP, layer)]
  }
  return manifestOf(encode(document), mediaType)
}

function encode(document: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document))
}
