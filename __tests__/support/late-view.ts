import type http from 'node:http'

/** What a registry answered. */
export interface Forwarded {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

/** What was seen at a path since a time, in milliseconds. */
interface Seen {
  readonly since: number
  readonly shown: Forwarded
}

const NOTHING: Forwarded = {status: 404, headers: {}, body: Buffer.alloc(0)}

/** What a registry shows that answers from copies: what was there so many milliseconds ago, at each path that was written. */
export class LateView {
  readonly #now: () => number
  readonly #histories = new Map<string, {readonly lag: number; readonly seen: Seen[]}>()

  /** @param now the clock by which something is late */
  constructor(now: () => number) {
    this.#now = now
  }

  clear(): void {
    this.#histories.clear()
  }

  /** Makes a write that is shown later. */
  async written(
    {key, lag}: {readonly key: string; readonly lag: number},
    look: () => Promise<Forwarded | undefined>,
    write: () => Promise<Forwarded | undefined>
  ): Promise<Forwarded | undefined> {
    const known = this.#histories.get(key)?.seen ?? [{since: -Infinity, shown: (await look()) ?? NOTHING}]
    this.#histories.set(key, {lag, seen: known})
    const answer = await write()
    known.push({since: this.#now(), shown: (await look()) ?? NOTHING})
    return answer
  }

  /** What is shown at a path now; `as it is` where nothing there is late. */
  at(key: string): Forwarded | 'as it is' {
    const {lag = 0, seen = []} = this.#histories.get(key) ?? {}
    const last = seen.at(-1)
    const shown = seen.filter(({since}) => since <= this.#now() - lag).at(-1)
    return shown === undefined || shown === last ? 'as it is' : shown.shown
  }
}
