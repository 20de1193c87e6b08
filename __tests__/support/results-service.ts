import {type IncomingMessage, type ServerResponse, createServer} from 'node:http'
import {buffer} from 'node:stream/consumers'
import {type Artifact, ArtifactService} from './results/artifact-service.js'
import {BlobStorage} from './results/blob-storage.js'
import {type CacheEntry, CacheService} from './results/cache-service.js'
import {close, listen} from './loopback.js'

/** A failure that the service shall give instead of doing its work. */
export interface InjectedFailure {
  /** `CreateArtifact`, `FinalizeArtifact`, `ListArtifacts`, `GetSignedArtifactURL`, `DeleteArtifact` or `Blob` */
  readonly method: string
  readonly status: number
  /** How many requests fail; all, if it is absent. */
  readonly times?: number
}

/** A stand-in for the service of GitHub Actions that keeps the artifacts of a run. */
export interface ResultsService {
  /** The variables that a runner gives an action, for a job of a run. */
  env(run?: string, job?: string): Readonly<Record<string, string>>
  /** All artifacts, oldest first. */
  artifacts(): readonly Artifact[]
  /** All entries of the cache, oldest first. */
  caches(): readonly CacheEntry[]
  /** What was uploaded as an artifact: a zip archive. */
  content(name: string): Buffer | undefined
  /** The methods that were called, in order. */
  readonly calls: readonly string[]
  fail(failure: InjectedFailure): void
  stop(): Promise<void>
}

const ROUTE = /^\/twirp\/github\.actions\.results\.api\.v1\.(?:Artifact|Cache)Service\/(\w+)$/

/** Starts the service on a free port of this machine. */
export async function startResultsService(): Promise<ResultsService> {
  const state = new ServiceState()
  const server = createServer((request, response) => {
    state.handle(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  state.base = `http://127.0.0.1:${await listen(server)}`
  return {
    env: (run = 'run-1', job = 'job-1') => ({
      ACTIONS_RESULTS_URL: `${state.base}/`,
      ACTIONS_RUNTIME_URL: `${state.base}/`,
      ACTIONS_CACHE_SERVICE_V2: 'true',
      ACTIONS_RUNTIME_TOKEN: tokenFor(run, job)
    }),
    artifacts: () => state.service.artifacts,
    caches: () => state.caches.entries,
    content: name => state.content(name),
    calls: state.calls,
    fail: failure => void state.failures.push({...failure, left: failure.times ?? Infinity}),
    stop: () => close(server)
  }
}

interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

class ServiceState {
  base = ''
  readonly calls: string[] = []
  readonly failures: (InjectedFailure & {left: number})[] = []
  readonly #storage = new BlobStorage(() => this.base)
  readonly service = new ArtifactService(this.#storage)
  readonly caches = new CacheService(this.#storage)

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const {status, headers, body} = this.#reply(request, await buffer(request))
    response.writeHead(status, {...headers, 'content-length': Buffer.byteLength(body ?? '')})
    response.end(request.method === 'HEAD' ? undefined : body)
  }

  content(name: string): Buffer | undefined {
    const artifact = this.service.artifacts.find(candidate => candidate.name === name)
    return artifact && this.#storage.read(artifact.blob)
  }

  #reply(request: IncomingMessage, body: Buffer): Reply {
    const url = new URL(request.url ?? '/', this.base)
    const method = ROUTE.exec(url.pathname)?.[1] ?? (url.pathname.startsWith('/blob/') ? 'Blob' : undefined)
    if (method === undefined) return json(404, {code: 'bad_route', msg: url.pathname})
    this.calls.push(method)
    const failure = this.failures.find(({method: failing, left}) => failing === method && left > 0)
    if (failure) {
      failure.left--
      return json(failure.status, {code: 'internal', msg: 'a failure of this test'})
    }
    if (method !== 'Blob') return this.#callMethod(method, request, body)
    return this.#storage.answer({method: request.method ?? 'GET', url, headers: request.headers, body})
  }

  #callMethod(method: string, request: IncomingMessage, body: Buffer): Reply {
    const run = runOf(request.headers.authorization)
    if (run === undefined) return json(401, {code: 'unauthenticated', msg: 'no token of a workflow job'})
    if (request.method !== 'POST' || !request.headers['content-type']?.startsWith('application/json'))
      return json(404, {code: 'bad_route', msg: 'a method takes POST with JSON'})
    const service = method.includes('Cache') ? this.caches : this.service
    const result = service.call(method, parseJson(body), run)
    return json(result.status, result.body)
  }
}

function json(status: number, body: object): Reply {
  return {status, headers: {'content-type': 'application/json'}, body: JSON.stringify(body)}
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

/** A token as the runner gets it: not signed with a key, as nobody checks that here, but with the claims that clients read. */
function tokenFor(run: string, job: string): string {
  const part = (claims: object): string => Buffer.from(JSON.stringify(claims)).toString('base64url')
  const header = part({alg: 'HS256', typ: 'JWT'})
  const ac = JSON.stringify([{Scope: 'refs/heads/main', Permission: 3}])
  const claims = part({scp: `Actions.Results:${run}:${job}`, ac, nbf: 1, exp: 4_000_000_000})
  return `${header}.${claims}.${Buffer.from('signature').toString('base64url')}`
}

/** The workflow run that a token is for. */
function runOf(authorization: string | undefined): string | undefined {
  const claims = /^Bearer [\w-]+\.([\w-]+)\.[\w-]+$/.exec(authorization ?? '')?.[1]
  const text = Buffer.from(claims ?? '', 'base64url').toString()
  return /"Actions\.Results:([^:"]+):[^"]+"/.exec(text)?.[1]
}
