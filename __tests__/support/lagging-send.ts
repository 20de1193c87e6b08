import {createHash} from 'node:crypto'
import {setTimeout as delay} from 'node:timers/promises'
import {Readable} from 'node:stream'
import {buffer} from 'node:stream/consumers'
import type {Clock, HttpRequest, HttpResponse, Send} from '../../src/ports.js'

/** A clock that stands still but for those who sleep: waiting costs nothing, and takes as long as it says. */
export interface VirtualClock extends Clock {
  /** Milliseconds that were slept, in order. */
  readonly sleeps: readonly number[]
}

/**
 * Sleepers wake in the order of their times, and only when whatever else is under way had a moment to go on.
 * @param momentOf the real milliseconds of that moment, for a sleep of so many
 */
export function virtualClock(momentOf: (slept: number) => number = () => 2): VirtualClock {
  const sleeps: number[] = []
  const sleepers: {readonly at: number; readonly wake: () => void}[] = []
  const state = {now: Date.parse('2026-02-03T04:05:06Z'), isTicking: false}
  const tick = async (): Promise<void> => {
    state.isTicking = true
    while (sleepers.length > 0) {
      sleepers.sort((a, b) => a.at - b.at)
      await delay(momentOf((sleepers[0]?.at ?? 0) - state.now))
      sleepers.sort((a, b) => a.at - b.at)
      const next = sleepers.shift()
      if (next === undefined) break
      state.now = Math.max(state.now, next.at)
      next.wake()
    }
    state.isTicking = false
  }
  return {
    sleeps,
    now: () => state.now,
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted()
      sleeps.push(milliseconds)
      const woken = new Promise<void>(wake => sleepers.push({at: state.now + milliseconds, wake}))
      if (!state.isTicking) void tick()
      await woken
      signal?.throwIfAborted()
    }
  }
}

/** How a registry shows its tags. */
export interface Showing {
  /** Milliseconds after which what was written is shown. */
  readonly lag?: number
  /** What HEAD of any manifest is answered with in place of the truth. */
  readonly head?: number
}

interface Shown {
  readonly at: number
  /** Undefined where the tag was deleted. */
  readonly digest: string | undefined
}

/**
 * A way to registries that show their tags late, as read replicas and caches before them do: writes are confirmed and
 * made at once, and are seen after a while; and that answer HEAD otherwise than GET.
 */
export function showing(send: Send, clock: Clock, how: () => Showing): Send {
  const histories = new Map<string, Shown[]>()
  return async request => {
    const {lag = 0, head} = how()
    const tag = tagOf(request)
    if (head !== undefined && request.method === 'HEAD' && /\/manifests\//.test(request.url.pathname))
      return answer(head)
    if (tag === undefined) return await send(request)
    const history = histories.get(tag) ?? [{at: -Infinity, digest: await truthAt(send, request)}]
    histories.set(tag, history)
    if (request.method === 'GET' || request.method === 'HEAD') {
      if (lag === 0) return await send(request)
      const seen = history.filter(({at}) => at <= clock.now() - lag).at(-1)?.digest
      if (seen === undefined) return answer(404)
      return await send({...request, url: new URL(request.url.href.replace(/[^/]+$/, seen))})
    }
    const response = await send(request)
    if (response.status < 300) history.push({at: clock.now(), digest: writtenBy(request)})
    return response
  }
}

function tagOf({url}: HttpRequest): string | undefined {
  const [, name, tag = ''] = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(url.pathname) ?? []
  return name === undefined || tag.startsWith('sha256:') ? undefined : `${url.host}/${name}:${tag}`
}

async function truthAt(send: Send, request: HttpRequest): Promise<string | undefined> {
  const accept = ['index.v1+json', 'manifest.v1+json'].map(end => `application/vnd.oci.image.${end}`).join()
  const {url} = request
  const {status, body} = await send({method: 'GET', url, headers: {...request.headers, accept}})
  const bytes = await buffer(body)
  return status === 200 ? `sha256:${createHash('sha256').update(bytes).digest('hex')}` : undefined
}

function writtenBy({method, body}: HttpRequest): string | undefined {
  if (method !== 'PUT' || !(body instanceof Uint8Array)) return undefined
  return `sha256:${createHash('sha256').update(body).digest('hex')}`
}

function answer(status: number): HttpResponse {
  return {status, headers: {}, body: Readable.from([])}
}
