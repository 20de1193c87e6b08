import {type IncomingMessage, type Server, type ServerResponse, createServer} from 'node:http'
import {setTimeout as sleep} from 'node:timers/promises'
import {messageOf} from '../errors.js'
import type {Authorize} from './access.js'
import {RESET, breakOff, sendAnswer, replacementOf} from './delivery.js'
import {type ServerExchange, type Reply, refusalReply} from './exchange.js'
import type {FaultBook, FaultRule} from './faults.js'
import {answer} from './operations.js'
import {Refusal} from './refusal.js'
import type {Registry} from './registry.js'
import type {TokenIssuer} from './token-endpoint.js'

/** One request that the registry has answered. */
export interface RequestRecord {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** Behind the `?`; empty if there is none. Never holds a password: that would be in a body or header. */
  readonly query: string
  /** 0 where the connection broke or was broken off. */
  readonly status: number
}

/** What the server needs to answer requests. */
export interface ServerParts {
  readonly registry: Registry
  readonly authorize: Authorize
  readonly issuer: TokenIssuer | undefined
  readonly faults: FaultBook
  readonly note: (record: RequestRecord) => void
}

/** A server that is not listening yet. Connections stay open between requests; a slow upload may take its time. */
export function createRegistryServer(parts: ServerParts): Server {
  const server = createServer({keepAliveTimeout: 60_000, requestTimeout: 0}, (request, response) => {
    // A socket that breaks is seen by whoever reads or writes; without this it would end the process.
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    // Once the server is closing, a connection has nothing to wait for after its answer.
    response.once('close', () => {
      if (!server.listening) server.closeIdleConnections()
    })
    void handle(parts, request, response)
  })
  return server
}

async function handle(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const {method = 'GET', url = '/'} = request
  const [path = '/', query = ''] = url.split(/\?(.*)/s)
  const rules = parts.faults.hit(method, path, query)
  const note = (status: number): void => parts.note({method, path, query, status})
  try {
    const reply = await replyTo(parts, exchangeOf(parts, request, {path, query}), rules)
    if (reply === RESET || response.destroyed) {
      note(0)
      breakOff(response)
      return
    }
    note(reply.status)
    await sendAnswer(response, withVersion(reply), rules)
  } catch {
    // Only sending fails here: the client is gone, or the storage broke in the middle of a body.
    response.destroy()
  }
}

async function replyTo(
  parts: ServerParts,
  exchange: ServerExchange,
  rules: readonly FaultRule[]
): Promise<Reply | typeof RESET> {
  for (const {action} of rules) if (action.kind === 'delay') await sleep(action.milliseconds)
  const before = replacement(rules, 'before')
  if (before) return before
  const reply = await safeAnswer(parts, exchange)
  return replacement(rules, 'after') ?? reply
}

function replacement(
  rules: readonly FaultRule[],
  when: 'before' | 'after'
): Reply | typeof RESET | undefined {
  return rules
    .filter(rule => (rule.when ?? 'before') === when)
    .map(rule => replacementOf(rule.action))
    .find(reply => reply !== undefined)
}

async function safeAnswer(parts: ServerParts, exchange: ServerExchange): Promise<Reply> {
  try {
    return await answer(parts.registry, exchange, parts.issuer)
  } catch (cause) {
    return refusalReply(cause instanceof Refusal ? cause : new Refusal('UNKNOWN', messageOf(cause)))
  }
}

function exchangeOf(
  parts: ServerParts,
  request: IncomingMessage,
  url: {path: string; query: string}
): ServerExchange {
  const origin = originOf(request)
  return {
    method: request.method ?? 'GET',
    path: url.path,
    query: new URLSearchParams(url.query),
    headers: request.headers,
    body: request,
    origin,
    demand: (...needs) => parts.authorize({authorization: request.headers.authorization, origin}, needs)
  }
}

/** The address as the client knows it, so that it finds the way back; the socket's own where the header is no host. */
function originOf(request: IncomingMessage): string {
  const host = request.headers.host ?? ''
  if (/^[A-Za-z0-9.-]+(:\d{1,5})?$|^\[[0-9a-fA-F:.]+\](:\d{1,5})?$/.test(host)) return `http://${host}`
  const {localAddress = '127.0.0.1', localPort = 0} = request.socket
  return `http://${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`
}

function withVersion(reply: Reply): Reply {
  return {...reply, headers: {...reply.headers, 'docker-distribution-api-version': 'registry/2.0'}}
}
