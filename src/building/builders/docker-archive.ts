import {createHash} from 'node:crypto'
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  renameSync,
  statSync,
  writeFileSync
} from 'node:fs'
import path from 'node:path'
import {Transform} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {createGunzip, createGzip} from 'node:zlib'
import {ReleaseError, messageOf} from '../../errors.js'
import {readForeignFileSync} from '../../shared/foreign-file.js'
import {type Digest, digestOf, hexDigest, hexOf} from '../../oci/digest.js'
import {
  type Descriptor,
  MAX_MANIFEST_SIZE,
  type Manifest,
  descriptorOf,
  manifestOf
} from '../../oci/manifest.js'
import {
  DOCKER_CONFIG,
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
  type Family,
  OCI_CONFIG,
  OCI_LAYER_GZIP,
  OCI_MANIFEST
} from '../../oci/media-type.js'
import {type UnpackedArchive, isGzip} from './image-archive.js'
import {isObject, parseJson} from '../../shared/json.js'

/** The media types of an image, by family. */
const TYPES = {
  oci: {manifest: OCI_MANIFEST, config: OCI_CONFIG, layer: OCI_LAYER_GZIP},
  docker: {manifest: DOCKER_MANIFEST, config: DOCKER_CONFIG, layer: DOCKER_LAYER_GZIP}
} as const

/** One entry of manifest.json as `docker save` writes it (moby, image/tarexport). */
interface SavedImage {
  readonly config: string
  readonly layers: readonly string[]
  readonly tags: readonly string[]
}

/** Which image of an archive is made a layout of, and how. */
export interface Conversion {
  readonly folder: string
  readonly format: Family
  /** A tag, where the archive has several images. */
  readonly name: string | undefined
  readonly signal: AbortSignal
  /** Bytes that a layer may have without its compression. Default: 64 GiB, which take minutes to be read. */
  readonly mostOfLayer?: number
}

/** A thousandth of it is enough to write it down: deflate packs zeros 1032 to 1. */
const MOST_OF_LAYER = 64 * 1024 ** 3

/** Far more than a runtime can lay over each other (127 in overlayfs), in all images of an archive. */
const MOST_LAYERS = 10_000

/** Layers that stand in the layout already, by the file that they came from: images of one archive share them. */
type StoredLayers = Map<string, Promise<StoredLayer>>

interface StoredLayer {
  readonly digest: Digest
  readonly diffId: string
}

/**
 * Makes a layout of what `docker save` left: every layer is compressed once, so that all registries get the same bytes,
 * and held against the diff_id that the config has for it. The config stays as it is, and with it the image's ID.
 * @returns the folder of the layout
 * @throws ReleaseError LAYOUT_INVALID; the reason of the signal where that fired
 */
export async function convertDockerArchive(
  archive: UnpackedArchive,
  conversion: Conversion
): Promise<string> {
  const {folder, name} = conversion
  mkdirSync(path.join(folder, 'blobs/sha256'), {recursive: true})
  const saved = readSavedImages(archive.folder)
  const images = saved.filter(({tags}) => name === undefined || tags.some(tag => isNamed(tag, name)))
  if (images.length === 0)
    throw invalid(`it has no image ${name ?? ''}, only ${saved.flatMap(({tags}) => tags).join(', ')}`)
  if (images.reduce((sum, {layers}) => sum + layers.length, 0) > MOST_LAYERS)
    throw invalid(`its images have more than ${MOST_LAYERS} layers`)
  const roots: Manifest[] = []
  const stored: StoredLayers = new Map()
  for (const image of images) roots.push(await convertImage(archive, image, {...conversion, stored}))
  writeFileSync(path.join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const manifests = roots.map(descriptorOf)
  writeFileSync(path.join(folder, 'index.json'), JSON.stringify({schemaVersion: 2, manifests}))
  return folder
}

async function convertImage(
  archive: UnpackedArchive,
  image: SavedImage,
  to: Conversion & {readonly stored: StoredLayers}
): Promise<Manifest> {
  const types = TYPES[to.format]
  const bytes = readSmall(fileOf(archive, image.config))
  const diffIds = diffIdsOf(bytes)
  if (diffIds.length !== image.layers.length)
    throw invalid(`its config has ${diffIds.length} layers, its manifest.json ${image.layers.length}`)
  const layers: Descriptor[] = []
  for (const [at, layer] of image.layers.entries()) {
    const file = fileOf(archive, layer)
    const storing = to.stored.get(file) ?? storeLayer(file, layer, to)
    to.stored.set(file, storing)
    const {digest, diffId} = await storing
    if (diffId !== diffIds[at])
      throw invalid(`layer ${layer} has the content ${diffId}, not ${diffIds[at] ?? ''} as its config says`)
    layers.push({mediaType: types.layer, digest, size: statSync(blobFile(to.folder, digest)).size})
  }
  const config = {mediaType: types.config, digest: digestOf(bytes), size: bytes.length}
  const document = {schemaVersion: 2, mediaType: types.manifest, config, layers}
  const manifest = manifestOf(Buffer.from(JSON.stringify(document)), types.manifest)
  writeFileSync(blobFile(to.folder, config.digest), bytes)
  writeFileSync(blobFile(to.folder, manifest.digest), manifest.bytes)
  return manifest
}

/** Puts a layer into the layout, compressed; one that is compressed already stays as it is. */
async function storeLayer(
  file: string,
  layer: string,
  {folder, signal, mostOfLayer = MOST_OF_LAYER}: Conversion
): Promise<StoredLayer> {
  const isCompressed = await isGzip(file)
  const [content, stored] = [createHash('sha256'), createHash('sha256')]
  const temporary = path.join(folder, 'layer')
  const sink = createWriteStream(temporary, {mode: 0o600})
  try {
    if (isCompressed) await pipeline(createReadStream(file), tee(stored), sink, {signal})
    else await pipeline(createReadStream(file), tee(content), createGzip(), tee(stored), sink, {signal})
    if (isCompressed)
      await pipeline(createReadStream(file), createGunzip(), tee(content, mostOfLayer), discard, {signal})
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    throw invalid(`layer ${layer} cannot be read: ${messageOf(cause)}`, cause)
  }
  const digest = hexDigest(stored.digest('hex'))
  renameSync(temporary, blobFile(folder, digest))
  return {digest, diffId: `sha256:${content.digest('hex')}`}
}

/** Passes bytes on, up to so many, and lets a hash see them. */
function tee(hash: ReturnType<typeof createHash>, most = Infinity): Transform {
  let length = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      length += chunk.length
      hash.update(chunk)
      done(length > most ? new Error(`it has more than ${most} bytes without its compression`) : null, chunk)
    }
  })
}

async function discard(chunks: AsyncIterable<unknown>): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]()
  while ((await iterator.next()).done !== true);
}

function readSavedImages(folder: string): SavedImage[] {
  const parsed = jsonIn('manifest.json', readSmall(path.join(folder, 'manifest.json')))
  const entries: unknown[] = Array.isArray(parsed) ? parsed : []
  const images = entries.flatMap((entry): SavedImage[] => {
    const {Config: config, Layers: layers, RepoTags: tags} = isObject(entry) ? entry : {}
    const names = isTexts(tags) ? tags : []
    return typeof config === 'string' && isTexts(layers) ? [{config, layers, tags: names}] : []
  })
  if (images.length > 0 && images.length === entries.length) return images
  throw invalid('its manifest.json is not what docker save writes')
}

function diffIdsOf(bytes: Uint8Array): readonly string[] {
  const config = jsonIn('config', bytes)
  const rootfs = isObject(config) ? config['rootfs'] : undefined
  const ids = isObject(rootfs) ? rootfs['diff_ids'] : undefined
  if (isTexts(ids)) return ids
  throw invalid('its config has no rootfs.diff_ids')
}

/** Configs and manifests are read whole; what is larger than a registry takes is none. */
function readSmall(file: string): Buffer {
  try {
    return readForeignFileSync(file, MAX_MANIFEST_SIZE)
  } catch (cause) {
    throw invalid(`its ${path.basename(file)}: ${messageOf(cause)}`, cause)
  }
}

/** A file of the archive by the name that manifest.json has for it, or the one that a link leads to. */
function fileOf({folder, links}: UnpackedArchive, name: string): string {
  const plain = path.posix.normalize(name)
  const file = path.join(folder, links.get(plain) ?? plain)
  const isInside = file.startsWith(`${path.resolve(folder)}${path.sep}`)
  if (isInside && existsSync(file)) return file
  throw invalid(`it has no ${JSON.stringify(name)}`)
}

/** podman writes `docker.io/library/app:1` where docker writes `app:1`. */
function isNamed(tag: string, name: string): boolean {
  return tag === name || tag.endsWith(`/${name}`)
}

function blobFile(folder: string, digest: Digest): string {
  return path.join(folder, 'blobs/sha256', hexOf(digest))
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(item => typeof item === 'string')
}

function invalid(fault: string, cause?: unknown): ReleaseError {
  return new ReleaseError('LAYOUT_INVALID', `docker archive: ${fault}`, {
    cause,
    hint: 'Save the image again: docker save.'
  })
}

function jsonIn(what: string, bytes: Uint8Array): unknown {
  return parseJson(Buffer.from(bytes).toString('utf8'), cause => invalid(`its ${what} is not JSON`, cause))
}
