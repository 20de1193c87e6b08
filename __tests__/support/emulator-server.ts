import {
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
  createServer,
  request as forward
} from 'node:http'
import {close, listen} from './loopback.js'
import {type RunningRegistry, startEmbedded} from './registries.js'

/** What the API of a vendor answers. */
export interface ApiAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** A vendor's registry and the API beside it. */
export interface Emulated {
  registry(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void>
  api(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void>
  /** Gets what goes wrong in the API. */
  readonly faults: string[]
}

/** A vendor on this machine. */
export interface EmulatorServer {
  /** The registry, as references write it. */
  readonly host: string
  readonly apiUrl: string
  /** The registry and the API as listeners, for tests that call them by the vendor's own names. */
  readonly sites: {readonly registry: RequestListener; readonly api: RequestListener}
  stop(): Promise<void>
}

/** Where the manifests really are: an embedded registry, which is stopped with the emulator, or one of the test's. */
export async function registryBehind(
  given: RunningRegistry | undefined
): Promise<Pick<RunningRegistry, 'host' | 'stop'>> {
  return given === undefined ? await startEmbedded() : {host: given.host, stop: () => Promise.resolve()}
}

/** Starts both on free ports. */
export async function serveEmulated(
  emulated: Emulated,
  behind: Pick<RunningRegistry, 'stop'>
): Promise<EmulatorServer> {
  const sites = sitesOf(emulated)
  const servers = [createServer(sites.registry), createServer(sites.api)]
  const [registryPort, apiPort] = await Promise.all(servers.map(listen))
  return {
    host: `127.0.0.1:${registryPort}`,
    apiUrl: `http://127.0.0.1:${apiPort}`,
    sites,
    stop: async () => {
      await Promise.all(servers.map(close))
      await behind.stop()
    }
  }
}

function sitesOf(emulated: Emulated): EmulatorServer['sites'] {
  return {
    registry: (incoming, outgoing) => {
      void emulated.registry(incoming, outgoing).catch(() => outgoing.destroy())
    },
    api: (incoming, outgoing) => {
      void emulated.api(incoming, outgoing).catch((error: unknown) => {
        emulated.faults.push(`the emulator failed: ${String(error)}`)
        outgoing.destroy()
      })
    }
  }
}

/**
 * Passes a request on to the registry behind, and gives the status of the answer.
 * @param withheld headers of the answer that the vendor does not send
 */
export function passToRegistry(
  host: string,
  {incoming, body}: {readonly incoming: IncomingMessage; readonly body: Buffer},
  outgoing: ServerResponse,
  withheld: readonly string[] = []
): Promise<number> {
  const {method, url, headers} = incoming
  return new Promise((resolve, reject) => {
    const request = forward(`http://${host}${url ?? ''}`, {method, headers}, answer => {
      for (const name of withheld) Reflect.deleteProperty(answer.headers, name)
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
      answer.on('end', () => resolve(answer.statusCode ?? 502))
      answer.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}

/** Refuses as a registry does (distribution-spec, Error Codes). */
export function sendRegistryError(outgoing: ServerResponse, status: number, code: string): void {
  sendAnswer(outgoing, {status, body: {errors: [{code, message: code.toLowerCase()}]}})
}

/** Sends an answer as JSON, if it has a body. */
export function sendAnswer(outgoing: ServerResponse, {status, headers, body}: ApiAnswer): void {
  const type = body === undefined ? {} : {'content-type': 'application/json; charset=utf-8'}
  outgoing.writeHead(status, {...type, ...headers})
  outgoing.end(body === undefined ? undefined : JSON.stringify(body))
}
