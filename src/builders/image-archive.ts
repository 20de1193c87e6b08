import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readSync
} from 'node:fs'
import path from 'node:path'
import type {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {createGunzip} from 'node:zlib'
import {ReleaseError, messageOf} from '../errors.js'

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

/** The first bytes of gzip (RFC 1952). */
const GZIP = [0x1f, 0x8b]

/**
 * Unpacks an archive of an image into a folder, entry by entry and never whole in memory. Only files that images have are
 * written; an entry that leads out of the folder ends it.
 * @throws ReleaseError LAYOUT_INVALID
 */
export async function unpackArchive(archive: string, folder: string): Promise<UnpackedArchive> {
  const {extract} = await import('tar-stream')
  const links = new Map<string, string>()
  const entries = extract()
  const fed = pipeline(plainStream(archive), entries)
  fed.catch(() => undefined)
  try {
    for await (const entry of entries) {
      const {name, type, linkname} = entry.header
      const file = insideOf(archive, name)
      if (type === 'symlink' && KNOWN.test(file))
        links.set(
          file,
          insideOf(
            archive,
            path.posix.isAbsolute(linkname) ? linkname : path.posix.join(path.posix.dirname(file), linkname)
          )
        )
      if (type === 'file' && KNOWN.test(file)) await writeEntry(entry, path.join(folder, file))
      else entry.resume()
    }
    await fed
  } catch (cause) {
    if (cause instanceof ReleaseError) throw cause
    throw invalid(archive, messageOf(cause), cause)
  }
  const isDocker = existsSync(path.join(folder, 'manifest.json'))
  if (!isDocker && !existsSync(path.join(folder, 'index.json')))
    throw invalid(archive, 'it holds neither index.json nor manifest.json, and so no image')
  return {folder, links, isDocker}
}

/** Whether a file starts as gzip does. */
export function isGzip(file: string): boolean {
  const start = Buffer.alloc(GZIP.length)
  const handle = openSync(file, 'r')
  try {
    return readSync(handle, start) === GZIP.length && GZIP.every((byte, at) => start[at] === byte)
  } finally {
    closeSync(handle)
  }
}

/** The archive, unpacked where it is compressed as a whole. */
function plainStream(archive: string): Readable {
  const file = createReadStream(archive)
  if (!isGzip(archive)) return file
  const plain = createGunzip()
  file.on('error', cause => plain.destroy(cause))
  return file.pipe(plain)
}

async function writeEntry(entry: AsyncIterable<unknown>, file: string): Promise<void> {
  mkdirSync(path.dirname(file), {recursive: true})
  // An archive that names a file twice would change what was read of the first.
  await pipeline(entry, createWriteStream(file, {flags: 'wx', mode: 0o600}))
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
