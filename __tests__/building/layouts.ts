import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {digestOf, hexOf} from '../../src/oci/digest.js'
import {type Descriptor, type Manifest, descriptorOf, manifestOf} from '../../src/oci/manifest.js'
import {OCI_CONFIG, OCI_INDEX, OCI_LAYER_GZIP, OCI_MANIFEST} from '../../src/oci/media-type.js'

/** The bytes of a document. */
export const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))

/** One image in memory: the manifest, and the blobs that it names. */
export interface SampleImage {
  readonly manifest: Manifest
  readonly config: Uint8Array
  readonly layer: Uint8Array
}

/** A small image whose layer is no archive, unless it is given one. */
export function sampleImage(
  config: unknown = {os: 'linux', architecture: 'amd64'},
  layer: Uint8Array = Buffer.from('a layer')
): SampleImage {
  const configBytes = json(config)
  const document = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: blob(OCI_CONFIG, configBytes),
    layers: [blob(OCI_LAYER_GZIP, layer)]
  }
  return {manifest: manifestOf(json(document), OCI_MANIFEST), config: configBytes, layer}
}

/** An index of some manifests. */
export function sampleIndex(children: readonly Descriptor[]): Manifest {
  return manifestOf(json({schemaVersion: 2, mediaType: OCI_INDEX, manifests: children}), OCI_INDEX)
}

/** A temporary folder for the layouts of one test file. */
export function layoutFolder(): {make: () => string; remove: () => void} {
  const root = mkdtempSync(path.join(tmpdir(), 'layouts-'))
  return {
    make: () => mkdtempSync(path.join(root, 'layout-')),
    remove: () => rmSync(root, {recursive: true, force: true})
  }
}

/** Writes a layout whose index.json names these roots into a folder. Returns the folder. */
export function writeLayout(
  folder: string,
  roots: readonly Manifest[],
  parts: readonly Uint8Array[]
): string {
  mkdirSync(path.join(folder, 'blobs/sha256'), {recursive: true})
  writeFileSync(path.join(folder, 'oci-layout'), '{"imageLayoutVersion": "1.0.0"}')
  writeFileSync(path.join(folder, 'index.json'), json({schemaVersion: 2, manifests: roots.map(descriptorOf)}))
  for (const part of parts) writeFileSync(blobFile(folder, part), part)
  return folder
}

/** Where a blob lies in a layout. */
export function blobFile(folder: string, bytes: Uint8Array): string {
  return path.join(folder, 'blobs/sha256', hexOf(digestOf(bytes)))
}

/** The parts of an image that lie in a layout. */
export function partsOf({manifest, config, layer}: SampleImage): Uint8Array[] {
  return [manifest.bytes, config, layer]
}

function blob(mediaType: string, bytes: Uint8Array): Descriptor {
  return {mediaType, digest: digestOf(bytes), size: bytes.length}
}
