import {randomBytes} from 'node:crypto'
import {Readable} from 'node:stream'
import {setTimeout as delay} from 'node:timers/promises'
import {type Digest, digestOf} from '../../src/oci/digest.js'
import {type Manifest, manifestOf} from '../../src/oci/manifest.js'
import {OCI_CONFIG, OCI_INDEX, OCI_LAYER_GZIP, OCI_MANIFEST} from '../../src/oci/media-type.js'
import type {Credential, HttpRequest, Reporter, Send, StreamBody} from '../../src/ports.js'
import {uploadBlob} from '../../src/registry/images/blob-upload.js'
import {Registries, type RegistriesOptions} from '../../src/registry/client/registries.js'
import type {RepositoryClient} from '../../src/registry/client/repository-client.js'
import type {Access} from '../../src/registry/auth/auth.js'
import {openHttp} from '../../src/registry/transport/http.js'

/** The part of a running registry that a client has to know. */
export interface RegistryAddress {
  readonly host: string
  readonly credential?: Credential
  /** The certificate (PEM) that it shows, where it speaks TLS. */
  readonly authority?: string
}

/** A client for one registry over the real transport, and what can be seen of it from outside. */
export interface TestClient {
  readonly registries: Registries
  /** All that was logged, debug lines too. */
  readonly lines: readonly string[]
  /** Every request that was sent, tries and token requests too. */
  readonly sent: readonly HttpRequest[]
  /** Milliseconds that the clock was asked to sleep, in order. It slept one each. */
  readonly sleeps: readonly number[]
  repository(name: string, access?: Access): RepositoryClient
  close(): void
}

/** Opens a client whose waits between tries are as short as can be. */
export function openClient(registry: RegistryAddress, options: Partial<RegistriesOptions> = {}): TestClient {
  const http = openHttp({authorities: registry.authority})
  const log = {
    lines: [] as string[],
    sent: [] as HttpRequest[],
    sleeps: [] as number[]
  }
  const transport = options.send ?? http.send
  const send: Send = request => {
    log.sent.push(request)
    return transport(request)
  }
  const registries = new Registries({
    credentials: host => Promise.resolve(host === registry.host ? registry.credential : undefined),
    clock: {
      now: () => Date.now(),
      sleep: async (milliseconds, signal) => {
        log.sleeps.push(milliseconds)
        await delay(1, undefined, signal ? {signal} : {})
      }
    },
    reporter: reporterTo(log.lines),
    signal: new AbortController().signal,
    firstDelay: 1,
    ...options,
    send
  })
  return {
    ...log,
    registries,
    repository: (name, access = 'pull,push,delete') =>
      registries.repository({registry: registry.host, name}, access),
    close: () => http.close()
  }
}

function reporterTo(lines: string[]): Reporter {
  const say = (line: string): void => void lines.push(line)
  return {
    debug: say,
    info: say,
    notice: say,
    warning: say,
    summary: say,
    progress: () => ({advance: () => undefined, end: () => undefined}),
    secret: () => undefined,
    group: async (title, body) => {
      say(title)
      return await body()
    }
  }
}

/** A body that is in memory, and can be opened again. */
export function bodyOf(bytes: Uint8Array): StreamBody {
  return {size: bytes.length, open: () => Readable.from([bytes])}
}

/** Uploads bytes as a blob and gives its digest. */
export async function putBlob(client: RepositoryClient, bytes: Uint8Array): Promise<Digest> {
  const digest = digestOf(bytes)
  await uploadBlob(client, {digest, body: bodyOf(bytes)})
  return digest
}

/** What an image of a test says beside its config. */
export interface ManifestParts {
  readonly subject?: Manifest
  readonly artifactType?: string
}

/** The manifest of a new image without layers, whose config is uploaded; not yet put. */
export async function newManifest(client: RepositoryClient, parts: ManifestParts = {}): Promise<Manifest> {
  const config = encode({os: 'linux', architecture: 'amd64', nonce: randomBytes(8).toString('hex')})
  const digest = await putBlob(client, config)
  const {subject, artifactType} = parts
  return manifestOf(
    encode({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      ...(artifactType === undefined ? {} : {artifactType}),
      config: {mediaType: OCI_CONFIG, digest, size: config.length},
      layers: [],
      ...(subject
        ? {subject: {mediaType: subject.mediaType, digest: subject.digest, size: subject.bytes.length}}
        : {})
    }),
    OCI_MANIFEST
  )
}

/** An index of these manifests. */
export function indexOf(...children: readonly Manifest[]): Manifest {
  const manifests = children.map(({mediaType, digest, bytes}) => ({mediaType, digest, size: bytes.length}))
  return manifestOf(encode({schemaVersion: 2, mediaType: OCI_INDEX, manifests}), OCI_INDEX)
}

function encode(document: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document))
}

/** The manifest of an image with this one layer; its config is pushed, the manifest is not. */
export async function manifestOfLayer(
  client: RepositoryClient,
  layer: {readonly digest: Digest; readonly size: number}
): Promise<Manifest> {
  const config = Buffer.from('{"os":"linux","architecture":"amd64"}')
  const document = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: {mediaType: OCI_CONFIG, digest: await putBlob(client, config), size: config.length},
    layers: [{mediaType: OCI_LAYER_GZIP, ...layer}]
  }
  return manifestOf(Buffer.from(JSON.stringify(document)), OCI_MANIFEST)
}
