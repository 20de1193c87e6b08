import {close, closeSync, constants, fstat, fstatSync, open, openSync, read, readSync} from 'node:fs'
import {devNull} from 'node:os'
import {promisify} from 'node:util'

/** As node:fs/promises has them, which takes 3 ms of each start to load. */
const files = {open: promisify(open), stat: promisify(fstat), read: promisify(read), close: promisify(close)}

/**
 * A file that somebody else may have put there is opened without waiting, for a pipe to which nobody writes lets whoever
 * opens it wait for good. Windows knows neither flag, and no pipes among files.
 */
const WITHOUT_WAITING =
  constants.O_RDONLY |
  ((constants.O_NONBLOCK as number | undefined) ?? 0) |
  ((constants.O_NOCTTY as number | undefined) ?? 0)

/** How much is read at once. A size that a file system tells is not believed: that of `/proc` says 0. */
const CHUNK = 64 * 1024

/**
 * Reads a file whole that somebody else wrote. The null device, by which people say that there is none, is an empty one.
 * @param most bytes; a longer file is refused, and no more of it is read
 * @throws what the system says where it cannot be opened; Error for a device, a pipe, a folder, and a longer file
 */
export async function readForeignFile(file: string, most: number): Promise<Buffer> {
  const bytes = await readBeginning(file, most + 1)
  assertLength(bytes, most)
  return bytes
}

/** The same at once, for files of an image, of which each is small. */
export function readForeignFileSync(file: string, most: number): Buffer {
  const bytes = readBeginningSync(file, most + 1)
  assertLength(bytes, most)
  return bytes
}

/** `readBeginning` at once. */
export function readBeginningSync(file: string, most: number): Buffer {
  if (file === devNull) return Buffer.alloc(0)
  const handle = openSync(file, WITHOUT_WAITING)
  try {
    assertFile(fstatSync(handle))
    const chunks: Buffer[] = []
    let length = 0
    while (length < most) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK, most - length))
      const read = readSync(handle, chunk)
      if (read === 0) break
      chunks.push(chunk.subarray(0, read))
      length += read
    }
    return Buffer.concat(chunks)
  } finally {
    closeSync(handle)
  }
}

/**
 * The first bytes of a file that somebody else wrote: enough to say what it is, however large it is.
 * @param most how many bytes are read
 * @throws as `readForeignFile`, but not for a longer file
 */
export async function readBeginning(name: string, most: number): Promise<Buffer> {
  if (name === devNull) return Buffer.alloc(0)
  const handle = await files.open(name, WITHOUT_WAITING)
  try {
    assertFile(await files.stat(handle))
    const chunks: Buffer[] = []
    let length = 0
    while (length < most) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK, most - length))
      const {bytesRead} = await files.read(handle, chunk, 0, chunk.length, null)
      if (bytesRead === 0) break
      chunks.push(chunk.subarray(0, bytesRead))
      length += bytesRead
    }
    return Buffer.concat(chunks)
  } finally {
    await files.close(handle)
  }
}

/** What kind of thing stands under a name that is no file; undefined where it is one. */
export function oddityOf(status: Pick<ReturnType<typeof fstatSync>, Kind>): string | undefined {
  if (status.isFile()) return undefined
  if (status.isDirectory()) return 'a folder'
  if (status.isFIFO()) return 'a pipe'
  return status.isSocket() ? 'a socket' : 'a device'
}

type Kind = 'isFile' | 'isDirectory' | 'isFIFO' | 'isSocket'

/** A device has no end, and a pipe has one when whoever writes to it says so. */
function assertFile(status: Parameters<typeof oddityOf>[0]): void {
  const oddity = oddityOf(status)
  if (oddity !== undefined) throw new Error(`it is no file, but ${oddity}`)
}

function assertLength({length}: Uint8Array, most: number): void {
  if (length > most) throw new Error(`it is larger than ${most} bytes`)
}
