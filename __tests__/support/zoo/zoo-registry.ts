import {Readable} from 'node:stream'
import type {Clock, Credential, HttpRequest, HttpResponse, Send} from '../../../src/ports.js'
import {openHttp} from '../../../src/registry/transport/http.js'
import {startEmbedded} from '../registries.js'
import {access, tokenServer} from './access.js'
import {type Next, type ZooAnswer, zooRequest} from './answer.js'
import type {ZooEntry} from './entry.js'
import {type Quirk, quirksOf} from './quirks.js'

/** One request that the registry answered, without those for tokens. */
export interface ZooRecord {
  readonly method: string
  /** `manifests`, `blobs`, `uploads`, `tags`, `referrers` or `base`, as the API calls it. */
  readonly kind: string
  readonly repository: string
  readonly reference: string
  readonly status: number
}

/** A registry of the zoo that runs in this process: the embedded one behind the behaviours of its entry. */
export interface ZooRegistry {
  readonly entry: ZooEntry
  /** As references write it, with the repository: `ghcr.io/org/app`. */
  readonly image: string
  /** The network that it is on, and nothing else. */
  readonly send: Send
  /** A clock that stands still but for sleeping, which takes no time. */
  readonly clock: Clock
  readonly credentials: (host: string) => Promise<Credential | undefined>
  readonly requests: readonly ZooRecord[]
  /** What an independent reader finds at a tag now, whatever the registry shows. */
  digestAt(repository: string, tag: string): Promise<string | undefined>
  close(): Promise<void>
}

/** Starts it. */
export async function startZooRegistry(entry: ZooEntry): Promise<ZooRegistry> {
  const running = await startEmbedded({record: false})
  const {registry} = running
  const http = openHttp()
  const time = {now: Date.parse('2026-02-03T04:05:06Z')}
  const now = (): number => time.now
  const requests: ZooRecord[] = []
  const hosts = [
    entry.apiHost ?? entry.host,
    ...(entry.upload?.ledTo === undefined ? [] : [entry.upload.ledTo])
  ]
  const base = toEmbedded(http.send, registry.url)
  const answer = chain([access(entry, now), ...quirksOf(entry, now)], base)
  const tokens = tokenServer(entry, now)
  const realm = entry.tokens === undefined ? undefined : new URL(entry.tokens.realm)
  return {
    entry,
    image: `${entry.host}/${entry.repository}`,
    requests,
    credentials: host => Promise.resolve(host === entry.host ? entry.credential : undefined),
    clock: {
      now,
      sleep: async (milliseconds, signal) => {
        signal?.throwIfAborted()
        time.now += milliseconds
        await Promise.resolve()
      }
    },
    send: async request => {
      const {url} = request
      if (realm !== undefined && url.host === realm.host && url.pathname === realm.pathname)
        return responseOf(tokens(request), request)
      if (!hosts.includes(url.host)) throw new Error(`nobody is at ${url.href}`)
      const asked = await zooRequest(request)
      const given = await answer(asked)
      const {method, kind, name, reference} = asked
      requests.push({method, kind, repository: name, reference, status: given.status})
      return responseOf(given, request)
    },
    digestAt: async (repository, tag) => {
      const found = await fetch(`${registry.url}/v2/${repository}/manifests/${tag}`, {method: 'HEAD'})
      return found.headers.get('docker-content-digest') ?? undefined
    },
    close: async () => {
      http.close()
      await running.stop()
    }
  }
}

function chain(quirks: readonly Quirk[], last: Next): Next {
  return quirks.reduceRight<Next>((next, quirk) => async request => await quirk(request, next), last)
}

/** The embedded registry is strict, and what it refuses no entry lets pass. */
function toEmbedded(send: Send, url: string): Next {
  return async ({method, url: asked, headers, body}) => {
    const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'authorization'))
    const search = asked.search.replace(/[?&]_state=[^&]*(&)?/, (_match, more?: string) => (more ? '?' : ''))
    const response = await send({
      method,
      url: new URL(`${asked.pathname}${search}`, url),
      headers: kept,
      ...(body.length > 0 || method === 'PUT' ? {body} : {})
    })
    return {
      status: response.status,
      headers: response.headers,
      body: Buffer.concat(await response.body.toArray())
    }
  }
}

function responseOf({status, headers, body}: ZooAnswer, {method}: HttpRequest): HttpResponse {
  return {status, headers, body: Readable.from(method === 'HEAD' || body.length === 0 ? [] : [body])}
}
