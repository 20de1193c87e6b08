import {type Hash, createHash, randomUUID} from 'node:crypto'
import type {Readable} from 'node:stream'
import {
  type Algorithm,
  type ContentDigest,
  algorithmOf,
  contentDigestOf,
  finishedDigest
} from './content-digest.js'
import {Refusal} from './refusal.js'
import {type Serial, serial} from './serial.js'
import type {Staging} from './storage.js'

/** How long a session lives without a request, in milliseconds, and how many there may be at once. */
export interface SessionLimits {
  readonly idleMilliseconds: number
  readonly most: number
}

/** One blob on its way in: what arrived is hashed as it arrives. */
export class ServerUpload {
  readonly id = randomUUID()
  readonly exclusive: Serial = serial()
  /** Bytes. */
  size = 0
  /** The last chunk was shorter than the least length that was asked for: it must have been the last. */
  hasShortChunk = false
  #hash: Hash

  constructor(
    readonly repository: string,
    readonly staging: Staging,
    readonly algorithm: Algorithm
  ) {
    this.#hash = createHash(algorithm)
  }

  /**
   * Takes a body in. What arrived before the connection broke stays, so that the client can go on from there.
   * @throws Refusal 400 SIZE_INVALID where another number of bytes comes than was said; nothing of it stays
   */
  async receive(body: Readable, expected: number | undefined): Promise<void> {
    const before = {size: this.size, hash: this.#hash.copy()}
    // The iterator must not destroy the body when it stops early: the socket has to carry the answer.
    for await (const chunk of body.iterator({destroyOnReturn: false}) as AsyncIterable<Buffer>) {
      await this.staging.append(chunk)
      this.#hash.update(chunk)
      this.size += chunk.length
      if (expected !== undefined && this.size - before.size > expected) break
    }
    if (expected === undefined || this.size - before.size === expected) return
    await this.staging.truncate(before.size)
    this.size = before.size
    this.#hash = before.hash
    throw new Refusal('SIZE_INVALID', `the body does not have the ${expected} bytes that its range names`)
  }

  /** The digest of all that arrived, by the algorithm of the digest that the client expects. */
  async digest(expected: ContentDigest): Promise<ContentDigest> {
    const algorithm = algorithmOf(expected)
    if (algorithm === this.algorithm) return finishedDigest(this.#hash, algorithm)
    if (this.size === 0) return contentDigestOf(new Uint8Array(), algorithm)
    const hash = createHash(algorithm)
    for await (const chunk of this.staging.open() as AsyncIterable<Buffer>) hash.update(chunk)
    return finishedDigest(hash, algorithm)
  }
}

/** The uploads in progress. They do not survive the process: a client starts again, as the specification lets it. */
export class UploadSessions {
  readonly #sessions = new Map<string, {session: ServerUpload; touched: number}>()

  constructor(
    readonly limits: SessionLimits,
    readonly now: () => number
  ) {}

  /**
   * Opens a session, after those that nobody came back to are thrown away.
   * @throws Refusal 429 TOOMANYREQUESTS where too many are open
   */
  async start(session: ServerUpload): Promise<ServerUpload> {
    const idle = [...this.#sessions.values()].filter(entry => this.#isIdle(entry.touched))
    for (const entry of idle) await this.end(entry.session)
    if (this.#sessions.size >= this.limits.most) {
      await session.staging.discard()
      throw new Refusal('TOOMANYREQUESTS', 'too many uploads are in progress', {
        headers: {'retry-after': '1'}
      })
    }
    this.#sessions.set(session.id, {session, touched: this.now()})
    return session
  }

  /**
   * The session of this repository with this id.
   * @throws Refusal 404 BLOB_UPLOAD_UNKNOWN
   */
  find(repository: string, id: string): ServerUpload {
    const entry = this.#sessions.get(id)
    if (entry === undefined || entry.session.repository !== repository || this.#isIdle(entry.touched))
      throw new Refusal('BLOB_UPLOAD_UNKNOWN', 'there is no such upload in this repository', {
        detail: {upload: id.slice(0, 100)}
      })
    entry.touched = this.now()
    return entry.session
  }

  /** Throws a session and its bytes away. */
  async end(session: ServerUpload): Promise<void> {
    if (this.#sessions.delete(session.id)) await session.staging.discard()
  }

  /** Forgets a session whose bytes have become content. */
  complete(session: ServerUpload): void {
    this.#sessions.delete(session.id)
  }

  async endAll(): Promise<void> {
    for (const {session} of [...this.#sessions.values()]) await this.end(session)
  }

  #isIdle(touched: number): boolean {
    return this.now() - touched > this.limits.idleMilliseconds
  }
}
