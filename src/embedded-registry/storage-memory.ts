import {Readable} from 'node:stream'
import type {Staging, Storage} from './storage.js'

/** Keeps everything in memory, for tests and demonstrations. It can be given to another registry after the first is closed. */
export function memoryStorage(): Storage {
  const records = new Map<string, string>()
  const contents = new Map<string, Buffer>()
  return {
    records: () => Promise.resolve(records),
    saveRecord: (key, text) => done(records.set(key, text)),
    deleteRecord: key => done(records.delete(key)),
    stage: () => Promise.resolve(memoryStaging()),
    keep: async (staging, digest) => {
      contents.set(digest, await readAll(staging.open()))
      await staging.discard()
    },
    openContent: (digest, range) => {
      const content = contents.get(digest)
      if (content === undefined) throw new Error(`content ${digest} is missing in memory`)
      return readableOf(range ? content.subarray(range.first, range.last + 1) : content)
    },
    deleteContent: digest => done(contents.delete(digest)),
    close: () => Promise.resolve()
  }
}

function memoryStaging(): Staging {
  const state: {bytes: Buffer; pieces: Uint8Array[]} = {bytes: Buffer.alloc(0), pieces: []}
  const gathered = (): Buffer => {
    state.bytes = Buffer.concat([state.bytes, ...state.pieces])
    state.pieces = []
    return state.bytes
  }
  return {
    append: chunk => done(state.pieces.push(chunk)),
    truncate: size => done((state.bytes = gathered().subarray(0, size))),
    open: () => readableOf(gathered()),
    discard: () => {
      state.pieces = []
      state.bytes = Buffer.alloc(0)
      return Promise.resolve()
    }
  }
}

/** Pieces of a size that a socket takes, so that a slow reader does not hold a second copy. */
function readableOf(bytes: Buffer): Readable {
  return Readable.from(pieces(bytes, 256 * 1024), {objectMode: false})
}

function* pieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

async function readAll(stream: Readable): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of stream as AsyncIterable<Buffer>) parts.push(part)
  return Buffer.concat(parts)
}

/** The interface is asynchronous for the sake of other storages; here everything is done at once. */
function done(result: unknown): Promise<void> {
  return Promise.resolve(result).then(() => undefined)
}
