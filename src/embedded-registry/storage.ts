import type {Readable} from 'node:stream'
import type {ByteRange} from './byte-range.js'
import type {ContentDigest} from './content-digest.js'

/** Bytes that arrive piece by piece and are not content yet. */
export interface Staging {
  append(chunk: Uint8Array): Promise<void>
  /** Throws away what lies behind this size in bytes. */
  truncate(size: number): Promise<void>
  /** What arrived so far, from the start. */
  open(): Readable
  discard(): Promise<void>
}

/**
 * Where a registry keeps things: content by digest, and small records by key that say which repository has what.
 * One registry at a time uses a storage. Every change is done whole or not at all, also when the process is killed.
 */
export interface Storage {
  /**
   * All records, read once at the start.
   * @throws Error where another registry is using the storage
   */
  records(): Promise<ReadonlyMap<string, string>>
  /** Keys are paths with `/`, of characters that every file system takes. */
  saveRecord(key: string, text: string): Promise<void>
  deleteRecord(key: string): Promise<void>
  stage(): Promise<Staging>
  /** Makes the staged bytes the content of a digest; what was there before has the same bytes. */
  keep(staging: Staging, digest: ContentDigest): Promise<void>
  openContent(digest: ContentDigest, range?: ByteRange): Readable
  deleteContent(digest: ContentDigest): Promise<void>
  /** Leaves it to the next registry. */
  close(): Promise<void>
}
