import {createReadStream} from 'node:fs'
import {Readable} from 'node:stream'
import type {StreamBody} from '../../ports.js'

/**
 * Bytes that are read from a file at once: with 64 KiB, Node's default, reading costs more than sending. Of each
 * upload there are two or three such pieces in memory.
 */
const CHUNK = 512 * 1024

/** The rest of a body from a byte on, which says what was read of it. */
export class UploadBody implements StreamBody {
  readonly size: number
  readonly #whole: StreamBody
  readonly #start: number
  readonly #onRead: (bytes: number) => void
  #opened: Readable | undefined

  /** @param onRead takes how many bytes of the whole are read, from its first on, each time there are more */
  constructor(whole: StreamBody, start: number, onRead: (bytes: number) => void) {
    this.size = whole.size - start
    this.#whole = whole
    this.#start = start
    this.#onRead = onRead
  }

  /**
   * Opens it anew, and ends what was opened before: a registry that refuses a token answers while the bytes still go,
   * and they would go on beside those of the next try.
   */
  open(): Readable {
    this.close()
    const source = openAt(this.#whole, this.#start)
    const opened = Readable.from(this.#read(source), {objectMode: false, highWaterMark: CHUNK})
    opened.once('close', () => source.destroy())
    this.#opened = opened
    return opened
  }

  /** Ends the reading, where it is not over. */
  close(): void {
    this.#opened?.destroy()
    this.#opened = undefined
  }

  async *#read(source: Readable): AsyncGenerator<Uint8Array> {
    let read = this.#start
    this.#onRead(read)
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      yield chunk
      read += chunk.length
      this.#onRead(read)
    }
  }
}

function openAt(body: StreamBody, start: number): Readable {
  if (body.file !== undefined) return createReadStream(body.file, {start, highWaterMark: CHUNK})
  const source = body.open()
  return start === 0 ? source : Readable.from(afterFirst(source, start), {objectMode: false})
}

/** What comes from another registry is read again from its start: only so can it be held against its digest. */
async function* afterFirst(source: Readable, bytes: number): AsyncGenerator<Uint8Array> {
  let left = bytes
  for await (const chunk of source as AsyncIterable<Uint8Array>) {
    if (chunk.length > left) yield chunk.subarray(left)
    left = Math.max(0, left - chunk.length)
  }
}
