import {createReadStream, statSync} from 'node:fs'
import path from 'node:path'
import {ReleaseError, messageOf} from '../../errors.js'
import {oddityOf, readForeignFileSync} from '../../shared/foreign-file.js'
import {type Digest, digestOf, hexOf} from '../../oci/digest.js'
import {
  type Descriptor,
  MAX_MANIFEST_SIZE,
  type Manifest,
  type ManifestDocument,
  manifestOf,
  readManifest,
  storedBlobs
} from '../../oci/manifest.js'
import {OCI_INDEX, isIndexType, isManifestType} from '../../oci/media-type.js'
import type {LocalImage, StreamBody} from '../../ports.js'
import {isObject, parseJson} from '../../shared/json.js'

/**
 * How much is read of a layout: more manifests than an image has platforms and attestations, in indexes of indexes. Without
 * a bound a few files that name each other many times would take hours and all memory.
 */
const MOST = {manifests: 2000, bytes: 64 * 1024 * 1024, depth: 8}

/** Where the blobs of an image lie. */
interface BlobFolder {
  readonly folder: string
  /** The file of a blob, below the folder. */
  readonly fileOf: (digest: Digest) => string
}

/**
 * Reads an OCI image layout (image-spec image-layout.md) that holds one image, or one index. Manifests are read and
 * hashed; configs and layers must be there with the size that their descriptors say, and are read when they are sent.
 * @throws ReleaseError LAYOUT_INVALID, with the file that is wrong
 */
export function readLayout(folder: string): LocalImage {
  const place = {folder, fileOf: (digest: Digest) => path.join('blobs', 'sha256', hexOf(digest))}
  assertLayoutVersion(folder)
  const index = documentOf(folder, 'index.json', manifestOf(readPart(folder, 'index.json'), OCI_INDEX))
  const [root, ...others] = index.manifests
  if (root === undefined || others.length > 0)
    throw invalid(folder, 'index.json', `it names ${index.manifests.length} images, not one`)
  return collect(place, readChild(place, root))
}

/** The annotation by which a layout names what it holds (image-spec annotations.md). */
const REFERENCE_NAME = 'org.opencontainers.image.ref.name'

/**
 * Reads an OCI image layout that another tool has filled: what stands in it under a name, or all of it as the index that
 * index.json is.
 * @throws ReleaseError LAYOUT_INVALID, with the file that is wrong
 */
export function readLayoutIndex(folder: string, name?: string): LocalImage {
  const place = {folder, fileOf: (digest: Digest) => path.join('blobs', 'sha256', hexOf(digest))}
  assertLayoutVersion(folder)
  const whole = manifestOf(readPart(folder, 'index.json'), OCI_INDEX)
  const {manifests} = documentOf(folder, 'index.json', whole)
  const named = manifests.filter(
    ({annotations}) => name === undefined || annotations?.[REFERENCE_NAME] === name
  )
  const [root, ...others] = named
  if (root !== undefined && others.length === 0) return collect(place, readChild(place, root))
  if (root !== undefined && name === undefined) return collect(place, whole)
  const names = manifests.flatMap(({annotations}) => annotations?.[REFERENCE_NAME] ?? [])
  const fault =
    name === undefined
      ? 'it names no image'
      : `it names ${named.length} images ${JSON.stringify(name)}, but has ${names.join(', ') || 'no names'}`
  throw invalid(folder, 'index.json', fault)
}

/**
 * Reads what the `dir:` transport of podman, buildah and skopeo writes (containers-transports(5)): one image with
 * manifest.json, and blobs named by their hex digest.
 * @throws ReleaseError LAYOUT_INVALID, with the file that is wrong
 */
export function readDirectory(folder: string): LocalImage {
  const bytes = readPart(folder, 'manifest.json')
  const mediaType = mediaTypeIn(folder, bytes)
  if (!isManifestType(mediaType) || isIndexType(mediaType))
    throw invalid(folder, 'manifest.json', `its mediaType is ${JSON.stringify(mediaType)}, not an image's`)
  return collect({folder, fileOf: hexOf}, manifestOf(bytes, mediaType))
}

/** Reads all that the root reaches, each once; children come before what names them. */
function collect(place: BlobFolder, root: Manifest): LocalImage {
  const manifests = new Map<Digest, Manifest>()
  const blobs = new Map<Digest, StreamBody>()
  const read = {bytes: 0}
  const visit = (manifest: Manifest, file: string, depth: number): void => {
    read.bytes += manifest.bytes.length
    if (depth > MOST.depth)
      throw invalid(place.folder, file, `indexes are nested more than ${MOST.depth} deep`)
    if (manifests.size >= MOST.manifests || read.bytes > MOST.bytes)
      throw invalid(
        place.folder,
        file,
        `the image has more than ${MOST.manifests} manifests, or too large ones`
      )
    const document = documentOf(place.folder, file, manifest)
    for (const child of document.manifests)
      if (!manifests.has(child.digest)) visit(readChild(place, child), place.fileOf(child.digest), depth + 1)
    for (const blob of storedBlobs(document))
      if (!blobs.has(blob.digest)) blobs.set(blob.digest, blobOf(place, blob))
    manifests.set(manifest.digest, manifest)
  }
  visit(root, place.fileOf(root.digest), 0)
  return {
    root,
    manifests: [...manifests.values()],
    blob: digest => {
      const found = blobs.get(digest)
      if (found === undefined) throw invalid(place.folder, place.fileOf(digest), 'no manifest names it')
      return found
    }
  }
}

function readChild(place: BlobFolder, descriptor: Descriptor): Manifest {
  const file = place.fileOf(descriptor.digest)
  if (!isManifestType(descriptor.mediaType))
    throw invalid(place.folder, file, `it is ${descriptor.mediaType}, not a manifest or index`)
  assertSize(place, descriptor)
  const bytes = readPart(place.folder, file)
  const digest = digestOf(bytes)
  if (digest !== descriptor.digest) throw invalid(place.folder, file, `its content has the digest ${digest}`)
  return manifestOf(bytes, descriptor.mediaType)
}

function blobOf(place: BlobFolder, descriptor: Descriptor): StreamBody {
  assertSize(place, descriptor)
  const file = path.join(place.folder, place.fileOf(descriptor.digest))
  return {size: descriptor.size, file, open: () => createReadStream(file)}
}

function assertSize(place: BlobFolder, descriptor: Descriptor): void {
  const file = place.fileOf(descriptor.digest)
  const size = sizeOf(place.folder, file)
  if (size !== descriptor.size)
    throw invalid(place.folder, file, `it has ${size} bytes, but its descriptor says ${descriptor.size}`)
}

function assertLayoutVersion(folder: string): void {
  const marker = jsonIn(folder, 'oci-layout')
  if (isObject(marker) && /^1\./.test(String(marker['imageLayoutVersion']))) return
  throw invalid(folder, 'oci-layout', 'imageLayoutVersion is not 1')
}

function mediaTypeIn(folder: string, bytes: Uint8Array): string {
  const document = jsonIn(folder, 'manifest.json', bytes)
  return isObject(document) && typeof document['mediaType'] === 'string' ? document['mediaType'] : ''
}

function documentOf(folder: string, file: string, manifest: Manifest): ManifestDocument {
  try {
    return readManifest(manifest)
  } catch (cause) {
    throw invalid(folder, file, messageOf(cause), cause)
  }
}

function readPart(folder: string, file: string): Uint8Array {
  const size = sizeOf(folder, file)
  if (size > MAX_MANIFEST_SIZE)
    throw invalid(folder, file, `it has ${size} bytes, more than ${MAX_MANIFEST_SIZE}`)
  try {
    return readForeignFileSync(path.join(folder, file), MAX_MANIFEST_SIZE)
  } catch (cause) {
    throw invalid(folder, file, messageOf(cause), cause)
  }
}

/** Reading a device takes all memory, and reading a pipe waits for whoever writes to it: only a file has a size. */
function sizeOf(folder: string, file: string): number {
  const status = statSync(path.join(folder, file), {throwIfNoEntry: false})
  if (status === undefined) throw invalid(folder, file, 'it is missing')
  const oddity = oddityOf(status)
  if (oddity !== undefined) throw invalid(folder, file, `it is no file, but ${oddity}`)
  return status.size
}

function invalid(folder: string, file: string, fault: string, cause?: unknown): ReleaseError {
  return new ReleaseError('LAYOUT_INVALID', `image in ${folder}: ${file}: ${fault}`, {
    cause,
    hint: 'The builder left no complete image: build again.'
  })
}

function jsonIn(folder: string, file: string, bytes = readPart(folder, file)): unknown {
  return parseJson(Buffer.from(bytes).toString('utf8'), cause =>
    invalid(folder, file, 'it is not JSON', cause)
  )
}
