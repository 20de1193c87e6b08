import {crc32, deflateRawSync} from 'node:zlib'

/** An entry of an archive as anyone could write it, also with a name that leads elsewhere. */
export interface ZipEntry {
  readonly name: string
  readonly content: Uint8Array
  /** The mode of the file, with its type; a symbolic link is 0o120777. */
  readonly mode?: number
  readonly isDeflated?: boolean
  /** What its headers say, in place of the truth. */
  readonly says?: Partial<Said>
}

interface Said {
  readonly flags: number
  readonly method: number
  readonly packed: number
  readonly size: number
  readonly checksum: number
  /** Where its file stands, in the list. */
  readonly offset: number
}

/** A zip archive of these entries (APPNOTE 6.3.10, 4.3). */
export function zipArchive(entries: readonly ZipEntry[]): Buffer {
  const state = {offset: 0}
  const parts = entries.map(entry => {
    const data = entry.isDeflated === true ? deflateRawSync(entry.content, {level: 9}) : entry.content
    const local = Buffer.concat([localHeader(entry, data), Buffer.from(entry.name), data])
    const central = Buffer.concat([centralHeader(entry, data, state.offset), Buffer.from(entry.name)])
    state.offset += local.length
    return {local, central}
  })
  const directory = Buffer.concat(parts.map(({central}) => central))
  return Buffer.concat([
    ...parts.map(({local}) => local),
    directory,
    endOf(entries.length, directory.length, state.offset)
  ])
}

/** Version, flags, method, time, date, checksum, sizes, and the lengths of name and extra field: the same in both headers. */
function commonFields({name, content, isDeflated, says = {}}: ZipEntry, data: Uint8Array): Buffer {
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(20, 0)
  fields.writeUInt16LE(says.flags ?? 0, 2)
  fields.writeUInt16LE(says.method ?? (isDeflated === true ? 8 : 0), 4)
  fields.writeUInt32LE(says.checksum ?? crc32(content), 10)
  fields.writeUInt32LE(says.packed ?? data.length, 14)
  fields.writeUInt32LE(says.size ?? content.length, 18)
  fields.writeUInt16LE(Buffer.byteLength(name), 22)
  return fields
}

function localHeader(entry: ZipEntry, data: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from('PK\u0003\u0004'), commonFields(entry, data)])
}

function centralHeader(entry: ZipEntry, data: Uint8Array, offset: number): Buffer {
  const {mode = 0o100644} = entry
  const rest = Buffer.alloc(14)
  rest.writeUInt32LE(mode * 0x10000, 6)
  rest.writeUInt32LE(entry.says?.offset ?? offset, 10)
  // Made on Unix, so that the mode counts.
  return Buffer.concat([Buffer.from('PK\u0001\u0002'), Buffer.from([20, 3]), commonFields(entry, data), rest])
}

function endOf(count: number, size: number, offset: number): Buffer {
  const fields = Buffer.alloc(18)
  fields.writeUInt16LE(count, 4)
  fields.writeUInt16LE(count, 6)
  fields.writeUInt32LE(size, 8)
  fields.writeUInt32LE(offset, 12)
  return Buffer.concat([Buffer.from('PK\u0005\u0006'), fields])
}
