import {crc32, inflateRawSync} from 'node:zlib'
import {ReleaseError, messageOf} from '../errors.js'
import type {KeptBeginning} from '../ports.js'

/** How much of an archive is unpacked. */
export interface UnpackBounds {
  /** Files and folders. */
  readonly entries: number
  /** Bytes of all files together, whatever the archive says that they have. */
  readonly unpacked: number
}

/** A file of an archive, with the folders that its name has there. */
export type ArchivedFile = KeptBeginning

/** Signatures and lengths of the parts of an archive (PKWARE, APPNOTE 6.3.10, 4.3). */
const FILE = {signature: Buffer.from('PK\u0003\u0004', 'latin1'), length: 30}
const ENTRY = {signature: Buffer.from('PK\u0001\u0002', 'latin1'), length: 46}
const END = {signature: Buffer.from('PK\u0005\u0006', 'latin1'), length: 22}
const MAX_COMMENT = 0xffff
const ENCRYPTED = 1
const STORED = 0
const DEFLATED = 8
/** The kind of a file of Unix, in the upper half of its attributes. */
const KIND = 0o170000
const LINK = 0o120000

/**
 * The files of an artifact, in memory: no name in it becomes a path. Folders and links are left out. An artifact may be a file
 * as it is, without an archive around it.
 * @param file what the service calls it
 * @throws ReleaseError RECORD_INVALID where it has more than its bounds, or is not what it says
 */
export function readArtifact(
  {name, file}: {readonly name: string; readonly file: string},
  bytes: Buffer,
  bounds: UnpackBounds
): ArchivedFile[] {
  const isArchive = [FILE, END].some(({signature}) => bytes.subarray(0, 4).equals(signature))
  if (!isArchive) return [{name: file, bytes}]
  try {
    return unpackArchive(bytes, bounds)
  } catch (cause) {
    throw unreadable(name, messageOf(cause), cause)
  }
}

/** The refusal of an artifact. */
export function unreadable(name: string, why: string, cause?: unknown): ReleaseError {
  return new ReleaseError('RECORD_INVALID', `artifact ${name} cannot be read: ${why}`, {
    cause,
    hint: `Another job may have uploaded it: look at what uses the name ${name}.`
  })
}

function unpackArchive(bytes: Buffer, {entries, unpacked}: UnpackBounds): ArchivedFile[] {
  const names = new Set<string>()
  const left = {bytes: unpacked}
  return entriesOf(bytes, entries).flatMap(entry => {
    if (names.has(entry.name)) throw new Error(`it has ${JSON.stringify(entry.name)} twice`)
    names.add(entry.name)
    const content = contentOf(bytes, entry, left.bytes, unpacked)
    left.bytes -= content.length
    return entry.isFile ? [{name: entry.name, bytes: content}] : []
  })
}

interface Entry {
  readonly name: string
  readonly isFile: boolean
  readonly flags: number
  readonly method: number
  readonly checksum: number
  readonly packed: number
  readonly size: number
  readonly offset: number
}

function entriesOf(bytes: Buffer, most: number): Entry[] {
  const end = partAt(bytes, endOf(bytes), END)
  const count = end.readUInt16LE(10)
  if (count > most) throw new Error(`it has ${count} entries, more than ${most}`)
  const list: Entry[] = []
  let at = end.readUInt32LE(16)
  while (list.length < count) {
    const head = partAt(bytes, at, ENTRY)
    const [name, extra, comment] = [28, 30, 32].map(field => head.readUInt16LE(field)) as [
      number,
      number,
      number
    ]
    const text = sliceOf(bytes, at + ENTRY.length, name).toString('utf8')
    const kind = Math.floor(head.readUInt32LE(38) / 0x10000) & KIND
    list.push({
      name: text,
      isFile: !/[/\\]$/.test(text) && kind !== LINK,
      flags: head.readUInt16LE(8),
      method: head.readUInt16LE(10),
      checksum: head.readUInt32LE(16),
      packed: head.readUInt32LE(20),
      size: head.readUInt32LE(24),
      offset: head.readUInt32LE(42)
    })
    at += ENTRY.length + name + extra + comment
  }
  return list
}

/** Where the end of its list stands: before a comment, which may have any bytes. */
function endOf(bytes: Buffer): number {
  const at = bytes.lastIndexOf(END.signature, bytes.length - END.length)
  if (at === -1 || at < bytes.length - END.length - MAX_COMMENT) throw new Error('it is no whole archive')
  return at
}

function contentOf(bytes: Buffer, entry: Entry, left: number, most: number): Buffer {
  const {name, flags, method, packed, size, offset} = entry
  const shown = JSON.stringify(name)
  const tooMuch = `it unpacks to more than ${most} bytes`
  if ((flags & ENCRYPTED) !== 0) throw new Error(`${shown} in it is encrypted`)
  if (method !== STORED && method !== DEFLATED)
    throw new Error(`${shown} in it is packed by method ${method}`)
  if (size > left) throw new Error(tooMuch)
  const head = partAt(bytes, offset, FILE)
  const data = sliceOf(bytes, offset + FILE.length + head.readUInt16LE(26) + head.readUInt16LE(28), packed)
  const content = method === STORED ? data : inflated(data, left, tooMuch)
  if (content.length > left) throw new Error(tooMuch)
  if (content.length !== size || crc32(content) !== entry.checksum)
    throw new Error(`${shown} in it is not what its entry says`)
  return content
}

function inflated(data: Buffer, left: number, tooMuch: string): Buffer {
  try {
    // One byte more than there may be: none is no bound for it.
    return inflateRawSync(data, {maxOutputLength: left + 1})
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new Error(tooMuch, {cause})
    throw new Error(`it cannot be unpacked: ${messageOf(cause)}`, {cause})
  }
}

/** The beginning of a part of the archive, of the length that each of its kind has. */
function partAt(bytes: Buffer, at: number, {signature, length}: typeof FILE): Buffer {
  const part = sliceOf(bytes, at, length)
  if (!part.subarray(0, 4).equals(signature)) throw new Error('it is no whole archive')
  return part
}

function sliceOf(bytes: Buffer, at: number, length: number): Buffer {
  if (at + length > bytes.length) throw new Error('it ends before what it lists')
  return bytes.subarray(at, at + length)
}
