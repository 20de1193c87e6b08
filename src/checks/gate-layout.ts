import {link, copyFile, mkdir, writeFile} from 'node:fs/promises'
import {createWriteStream} from 'node:fs'
import path from 'node:path'
import {pipeline} from 'node:stream/promises'
import {type Digest, hexOf} from '../oci/digest.js'
import {
  type Descriptor,
  type Manifest,
  type ManifestDocument,
  descriptorOf,
  storedBlobs
} from '../oci/manifest.js'
import {OCI_INDEX} from '../oci/media-type.js'
import type {LocalImage} from '../ports.js'

/** The one image that is tested and scanned, without what a builder put beside it. */
export interface GateImage {
  readonly manifest: Manifest
  readonly document: ManifestDocument
  readonly blobs: Pick<LocalImage, 'blob'>
}

/**
 * Leaves an image as an OCI layout (image-spec image-layout.md) that holds it alone: scanners take the first manifest of
 * a layout, or refuse one with several, and an attestation of BuildKit would be the second. Files are linked where they
 * can be, so that it takes no room.
 * @returns the folder of the layout
 */
export async function writeGateLayout(
  {manifest, document, blobs}: GateImage,
  folder: string
): Promise<string> {
  const blobFolder = path.join(folder, 'blobs', 'sha256')
  await mkdir(blobFolder, {recursive: true})
  await writeFile(path.join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const index = {schemaVersion: 2, mediaType: OCI_INDEX, manifests: [descriptorOf(manifest)]}
  await writeFile(path.join(folder, 'index.json'), JSON.stringify(index))
  await writeFile(path.join(blobFolder, hexOf(manifest.digest)), manifest.bytes)
  const digests = new Set(partsOf(document).map(({digest}) => digest))
  for (const digest of digests) await placeBlob(blobs, digest, path.join(blobFolder, hexOf(digest)))
  return folder
}

/** Config and layers, as far as they are here. */
export function partsOf(document: ManifestDocument): Descriptor[] {
  return storedBlobs(document)
}

async function placeBlob(blobs: GateImage['blobs'], digest: Digest, target: string): Promise<void> {
  const {file, open} = blobs.blob(digest)
  if (file === undefined) {
    await pipeline(open(), createWriteStream(target))
    return
  }
  try {
    await link(file, target)
  } catch {
    // On another file system, or one without links.
    await copyFile(file, target)
  }
}
