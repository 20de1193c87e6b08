import {createReadStream, createWriteStream, existsSync, mkdirSync, statfsSync} from 'node:fs'
import path from 'node:path'
import {type Readable, Transform} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {createGunzip} from 'node:zlib'
import {ReleaseError, messageOf} from '../../errors.js'
import {readBeginning} from '../../shared/foreign-file.js'

/** What an archive of an image held, unpacked. */
export interface UnpackedArchive {
  readonly folder: string
  /** Symbolic links, as `docker save` writes them for a layer that it has twice: path to path, in the folder. */
  readonly links: ReadonlyMap<string, string>
  /** Whether docker saved it: manifest.json says what it holds. */
  readonly isDocker: boolean
}

/** The files of an OCI archive, and of what `docker save` writes (docker 1.10 to 29) and podman, buildx and Bazel after it. */
const KNOWN =
  /^(?:oci-layout|index\.json|manifest\.json|blobs\/sha256\/[0-9a-f]{64}|(?:sha256[:-])?[0-9a-f]{64}(?:\.json|\.tar|\.tar\.gz|\/layer\.tar)?|[\w.-]+\.tar(?:\.gz)?|config\.json)$/

/**
 * How much there may be of what holds no content: entries, and the headers before them. `docker save` has three entries a
 * layer, of one or two headers each; a global header is taken over into that of each entry after it. And of content that
 * no image has, for it is unpacked to be passed over.
 */
const MOST = {entries: 10_000, headers: 256 * 1024, headersOfEntry: 4 * 1024, foreign: 1024 ** 3}

/** A disk that is full ends what else runs on the machine: so much of it stays free, in bytes. */
const ROOM = 256 * 1024 * 1024

/** The first bytes of gzip (RFC 1952). */
const GZIP = [0x1f, 0x8b]

/**
 * Unpacks an archive of an image into a folder, entry by entry and never whole in memory. Only files that images have are
 * written; an entry that leads out of the folder ends it.
 * @throws ReleaseError LAYOUT_INVALID; the reason of the signal where that fired
 */
export async function unpackArchive(
  archive: string,
  folder: string,
  signal: AbortSignal
): Promise<UnpackedArchive> {
  mkdirSync(folder, {recursive: true})
  const links = await unpackEntries(archive, folder, signal).catch((cause: unknown) => {
    if (signal.aborted) throw signal.reason
    if (cause instanceof ReleaseError) throw cause
    throw invalid(archive, messageOf(cause), cause)
  })
  const isDocker = existsSync(path.join(folder, 'manifest.json'))
  if (!isDocker && !existsSync(path.join(folder, 'index.json')))
    throw invalid(archive, 'it holds neither index.json nor manifest.json, and so no image')
  return {folder, links, isDocker}
}

/** Writes the files of an archive. Returns its links. */
async function unpackEntries(
  archive: string,
  folder: string,
  signal: AbortSignal
): Promise<UnpackedArchive['links']> {
  const {extract} = await import('tar-stream')
  const links = new Map<string, string>()
  const entries = extract()
  const guard = new HeaderGuard()
  const plain = await plainStream(archive)
  const fed = pipeline(plain, guard.stream, entries, {signal})
  fed.catch(() => undefined)
  for await (const entry of entries) {
    const {name, type, linkname, size} = entry.header
    guard.entry(size)
    const file = insideOf(archive, name)
    const isKnown = KNOWN.test(file)
    if (type === 'symlink' && isKnown) links.set(file, insideOf(archive, targetOf(file, linkname)))
    if (type === 'file' && isKnown) await writeEntry(entry, {file, folder, size, signal})
    else {
      guard.foreign(size)
      entry.resume()
    }
  }
  await fed
  return links
}

/** Where a link in an archive leads: from the folder that it stands in. */
function targetOf(file: string, target: string): string {
  return path.posix.isAbsolute(target) ? target : path.posix.join(path.posix.dirname(file), target)
}

/** Whether a file starts as gzip does. */
export async function isGzip(file: string): Promise<boolean> {
  const start = await readBeginning(file, GZIP.length)
  return GZIP.every((byte, at) => start[at] === byte)
}

/** Lets an archive through as long as it is made of entries, and not of headers that lead to none. */
class HeaderGuard {
  readonly stream = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      this.#passed += chunk.length
      const isTooMuch =
        this.#passed > this.#content + MOST.headers + MOST.headersOfEntry * this.#entries + BUFFERED
      done(isTooMuch ? new Error('it has more headers than entries need') : null, chunk)
    }
  })
  #passed = 0
  #content = 0
  #entries = 0
  #foreign = 0

  /** An entry begins, with content of so many bytes. */
  entry(size: number): void {
    this.#entries += 1
    this.#content += size + BLOCK
    if (this.#entries > MOST.entries) throw new Error(`it has more than ${MOST.entries} entries`)
  }

  /** An entry is passed over. */
  foreign(size: number): void {
    this.#foreign += size
    if (this.#foreign > MOST.foreign)
      throw new Error(`it has more than ${MOST.foreign} bytes in files that images do not have`)
  }
}

/** Content is filled up to whole blocks. */
const BLOCK = 512
/** What may have gone through before its entry is seen: the buffers of the streams around it. */
const BUFFERED = 256 * 1024

/** The archive, unpacked where it is compressed as a whole. */
async function plainStream(archive: string): Promise<Readable> {
  const isPacked = await isGzip(archive)
  const file = createReadStream(archive)
  if (!isPacked) return file
  const plain = createGunzip()
  file.on('error', cause => plain.destroy(cause))
  return file.pipe(plain)
}

interface Target {
  /** Below the folder. */
  readonly file: string
  readonly folder: string
  /** Bytes, as the header says; no more come. */
  readonly size: number
  readonly signal: AbortSignal
}

/** @throws Error where the entry would fill the disk, before any of it is written */
async function writeEntry(
  entry: AsyncIterable<unknown>,
  {file, folder, size, signal}: Target
): Promise<void> {
  // Not later: an entry that breaks off while nobody reads it says so to nobody.
  const {bavail, bsize} = statfsSync(folder)
  if (size > bavail * bsize - ROOM)
    throw new Error(`its entry ${file} has ${size} bytes, more than the disk of ${folder} has room for`)
  const target = path.join(folder, file)
  mkdirSync(path.dirname(target), {recursive: true})
  // An archive that names a file twice would change what was read of the first.
  await pipeline(entry, createWriteStream(target, {flags: 'wx', mode: 0o600}), {signal})
}

/** The path of an entry below the folder. */
function insideOf(archive: string, name: string): string {
  const file = path.posix.normalize(name)
  const leadsOut =
    file === '..' || file.startsWith('../') || path.posix.isAbsolute(file) || name.includes('\\')
  if (!leadsOut) return file
  throw invalid(archive, `its entry ${JSON.stringify(name)} leads out of it`)
}

function invalid(archive: string, fault: string, cause?: unknown): ReleaseError {
  return new ReleaseError('LAYOUT_INVALID', `archive ${archive}: ${fault}`, {
    cause,
    hint: 'Make the archive again: docker save, podman save, skopeo copy, or buildx with --output type=oci.'
  })
}
