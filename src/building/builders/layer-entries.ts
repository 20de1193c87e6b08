import {pipeline} from 'node:stream/promises'
import {PassThrough, type Readable, Transform} from 'node:stream'
import zlib from 'node:zlib'
import {ELF_HEAD_SIZE, readElfHead} from '../../oci/elf-head.js'
import type {StreamBody} from '../../ports.js'
import {type TreeEntry, clean, isWhiteout} from './layer-tree.js'

/** How much is read of one layer: bytes without compression, and entries. */
export interface LayerBound {
  readonly bytes: number
  readonly entries: number
}

/** A layer that cannot be read here: it is larger than the bound, or its compression is not known. */
export class UnreadLayer extends Error {}

/** Bits of a mode: whoever may run the file. */
const EXECUTABLE = 0o111

/**
 * The programs, scripts, links and whiteouts of a layer, by path, out of its tar while it is streamed; nothing is unpacked, and
 * of each file only the head is kept.
 * @throws UnreadLayer; Error where it is no tar; the reason of the signal where that fired
 */
export async function readLayerEntries(
  blob: StreamBody,
  bound: LayerBound,
  signal: AbortSignal
): Promise<Map<string, TreeEntry>> {
  const {extract} = await import('tar-stream')
  const found = new Map<string, TreeEntry>()
  const entries = extract()
  const plain = await unpacked(blob.open())
  const fed = pipeline(plain, bounded(bound.bytes), entries, {signal})
  fed.catch(() => undefined)
  for await (const entry of entries) {
    const {name, type, linkname, mode} = entry.header
    const file = clean(name)
    if (isWhiteout(file)) found.set(file, {kind: 'other'})
    else if (type === 'symlink' && linkname) found.set(file, {kind: 'link', target: linkname})
    else if (type === 'link' && linkname) found.set(file, {kind: 'link', target: `/${clean(linkname)}`})
    else if (type === 'file' && (mode & EXECUTABLE) !== 0) found.set(file, entryOf(await headOf(entry)))
    if (found.size > bound.entries)
      throw new UnreadLayer(`it has more than ${bound.entries} programs and links`)
    entry.resume()
  }
  await fed
  return found
}

function entryOf(head: Buffer): TreeEntry {
  const elf = readElfHead(head)
  if (elf !== undefined) return {kind: 'program', head: elf}
  const text = head.toString('latin1', 0, 256)
  return text.startsWith('#!')
    ? {kind: 'script', line: text.slice(2).split('\n', 1)[0]?.trim() ?? ''}
    : {kind: 'other'}
}

/** The first bytes of an entry; the rest of it is let go. */
async function headOf(entry: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of entry as AsyncIterable<Uint8Array>) {
    if (length >= ELF_HEAD_SIZE) continue
    // The buffer that it is a part of is larger.
    chunks.push(Buffer.from(chunk.subarray(0, ELF_HEAD_SIZE - length)))
    length += chunk.length
  }
  return Buffer.concat(chunks)
}

/** Ends a layer that unpacks to more than it may: 1032 bytes of zeros come out of one of gzip. */
function bounded(most: number): Transform {
  let passed = 0
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      passed += chunk.length
      done(passed > most ? new UnreadLayer(`it unpacks to more than ${most} bytes`) : null, chunk)
    }
  })
}

/** Node 22.15 brought zstd; a workflow runs on 24. */
const zstd = zlib as {createZstdDecompress?: () => Transform}

/** By the first bytes: a descriptor may call anything gzip. */
async function unpacked(packed: Readable): Promise<Readable> {
  const start = await beginningOf(packed)
  const through = (stream: Transform): Readable => {
    packed.on('error', cause => stream.destroy(cause))
    stream.on('close', () => packed.destroy())
    return packed.pipe(stream)
  }
  if (start[0] === 0x1f && start[1] === 0x8b) return through(zlib.createGunzip())
  if (start.subarray(0, 4).equals(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]))) {
    if (zstd.createZstdDecompress !== undefined) return through(zstd.createZstdDecompress())
    packed.destroy()
    throw new UnreadLayer('it is packed by zstd, which Node reads from 22.15 on')
  }
  return through(new PassThrough())
}

/** The first bytes, which go back to where they came from. */
async function beginningOf(stream: Readable): Promise<Buffer> {
  await new Promise<void>((resolve, reject) => {
    stream.once('readable', resolve).once('end', resolve).once('error', reject)
  })
  const chunk = stream.read() as Buffer | null
  if (chunk === null) return Buffer.alloc(0)
  stream.unshift(chunk)
  return chunk
}
