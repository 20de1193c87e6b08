import type {Server} from 'node:http'
import {ContentStore} from './content-store.js'
import {FaultBook, type FaultRule, type Faults} from './faults.js'
import type {Registry} from './registry.js'
import {type RequestRecord, createRegistryServer} from './server.js'
import {tokenSigner} from './signed-token.js'
import type {Storage} from './storage.js'
import {tokenAuth} from './token-auth.js'
import type {TokenIssuer} from './token-endpoint.js'
import {UploadSessions} from './upload-sessions.js'
import {type Authorize, type Users, findUser, isAllowed, parseBasic, rightsOf} from './access.js'
import {Refusal} from './refusal.js'

export type {UserRight, User} from './access.js'
export type {FaultAction, FaultRule, Faults} from './faults.js'
export type {RequestRecord} from './server.js'
export type {Storage} from './storage.js'
export {diskStorage} from './storage-disk.js'
export {memoryStorage} from './storage-memory.js'

/** How the registry asks who is there. A token is had at `/token` of the registry itself. */
export type AuthOptions =
  | {readonly kind: 'none'}
  | ({readonly kind: 'basic'} & Users)
  | ({readonly kind: 'token'; readonly tokenLifetimeSeconds?: number} & Users)

/** How a registry is started. All but the storage may be left out. */
export interface EmbeddedRegistryOptions {
  readonly storage: Storage
  /** The address to listen on; 127.0.0.1 by default. */
  readonly host?: string
  /** 0, the default, takes a free one. */
  readonly port?: number
  readonly auth?: AuthOptions
  readonly faults?: readonly FaultRule[]
  /** True by default. */
  readonly allowDelete?: boolean
  readonly readOnly?: boolean
  /** Whether a Location is a path only; by default it holds the address that the client used. */
  readonly relativeLocations?: boolean
  /** Asked of clients as `OCI-Chunk-Min-Length`, in bytes. */
  readonly minChunkLength?: number
  /** The most entries of one list in one answer; the rest is behind a Link. */
  readonly pageSize?: number
  /** How many uploads may be open at once, 256 by default, and for how long without a request, an hour by default. */
  readonly uploads?: {readonly most?: number; readonly idleSeconds?: number}
  /** Whether `requests` is kept; true by default, and to be turned off where a registry runs for long. */
  readonly record?: boolean
  /** Takes a line for each request: method, path and status. */
  readonly log?: (line: string) => void
  /** Milliseconds since the epoch, by which tokens and uploads end; the machine's by default. */
  readonly now?: () => number
}

/** A registry that runs in this process. */
export interface EmbeddedRegistry {
  /** `http://127.0.0.1:5000` */
  readonly url: string
  /** `127.0.0.1:5000`, as references write it. */
  readonly host: string
  readonly port: number
  /** All requests so far, in the order of their answers. */
  readonly requests: readonly RequestRecord[]
  readonly faults: Faults
  /** Ends it: running requests get a second, then their connections are closed. */
  close(): Promise<void>
}

/**
 * Starts an OCI distribution registry (distribution-spec 1.1.1: pull, push, content discovery, content management) over
 * plain HTTP. It is strict, for tests, demonstrations and small jobs on one machine.
 * @throws Error where the port is taken or the storage cannot be read
 */
export async function startEmbeddedRegistry(options: EmbeddedRegistryOptions): Promise<EmbeddedRegistry> {
  try {
    return await startOn(options)
  } catch (cause) {
    await options.storage.close()
    throw cause
  }
}

async function startOn(options: EmbeddedRegistryOptions): Promise<EmbeddedRegistry> {
  const registry = await registryOf(options)
  const requests: RequestRecord[] = []
  const faults = new FaultBook(options.faults)
  const note = (record: RequestRecord): void => {
    if (options.record !== false) requests.push(record)
    options.log?.(`${record.method} ${record.path} ${record.status}`)
  }
  const server = createRegistryServer({registry, faults, note, ...authOf(options)})
  const hostname = options.host ?? '127.0.0.1'
  const port = await listen(server, hostname, options.port ?? 0)
  const host = `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`
  const close = async (): Promise<void> => {
    await closeServer(server)
    await registry.sessions.endAll()
    await options.storage.close()
  }
  return {url: `http://${host}`, host, port, requests, faults, close}
}

async function registryOf(options: EmbeddedRegistryOptions): Promise<Registry> {
  const {uploads: {most = 256, idleSeconds = 3600} = {}, now = Date.now} = options
  return {
    store: await ContentStore.open(options.storage),
    sessions: new UploadSessions({most, idleMilliseconds: idleSeconds * 1000}, now),
    rules: {
      allowDelete: options.allowDelete ?? true,
      readOnly: options.readOnly ?? false,
      relativeLocations: options.relativeLocations ?? false,
      minChunkLength: options.minChunkLength ?? 0,
      pageSize: options.pageSize ?? Number.MAX_SAFE_INTEGER
    }
  }
}

function authOf({auth = {kind: 'none'}, now = Date.now}: EmbeddedRegistryOptions): {
  authorize: Authorize
  issuer: TokenIssuer | undefined
} {
  if (auth.kind === 'none') return {authorize: openAccess, issuer: undefined}
  if (auth.kind === 'basic') return {authorize: basicAuth(auth), issuer: undefined}
  const signer = tokenSigner()
  return {
    authorize: tokenAuth(signer, now),
    issuer: {
      users: auth.users,
      anonymous: auth.anonymous ?? [],
      signer,
      lifetimeSeconds: auth.tokenLifetimeSeconds ?? 300,
      now
    }
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

/** How long a running request may take to end when the registry is closed, in milliseconds. */
const GRACE = 1000

function closeServer(server: Server): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(() => server.closeAllConnections(), GRACE)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    server.closeIdleConnections()
  })
}

/** Everyone may do everything. */
export const openAccess: Authorize = () => ({mayPull: () => true})

/** Name and password with every request (RFC 7617). `/v2/` asks for them even where pulling is free, as clients look there. */
export function basicAuth({users, anonymous = []}: Users): Authorize {
  return ({authorization}, needs) => {
    const given = parseBasic(authorization)
    const user = given && findUser(users, given.username, given.password)
    const isKnown = user !== undefined
    const rights = isKnown ? rightsOf(user) : authorization === undefined ? anonymous : []
    const isEnough = needs.length > 0 ? needs.every(need => isAllowed(rights, need)) : isKnown
    if (isEnough) return {mayPull: () => rights.includes('pull')}
    if (isKnown) throw new Refusal('DENIED', 'this user may not do that')
    throw new Refusal('UNAUTHORIZED', 'a user name and password that the registry knows are needed', {
      headers: {'www-authenticate': 'Basic realm="image-release registry", charset="UTF-8"'}
    })
  }
}
