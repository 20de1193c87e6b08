import {createHash, randomBytes} from 'node:crypto'
import {Agent, type OutgoingHttpHeaders, request as httpRequest} from 'node:http'
import type {RunningRegistry} from '../support/registries.js'

/** An answer, as it came over the wire. */
export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}

export interface Call {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  /** Send the body in HTTP chunks, without a Content-Length. */
  readonly stream?: boolean
}

/** A blob or manifest with all that describes it. */
export interface Content {
  readonly bytes: Buffer
  readonly digest: string
  readonly size: number
}

export interface ManifestContent extends Content {
  readonly mediaType: string
  readonly document: Readonly<Record<string, unknown>>
}

export const TYPES = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  empty: 'application/vnd.oci.empty.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar.gzip'
} as const

const ACCEPT = [TYPES.manifest, TYPES.index, TYPES.dockerManifest, TYPES.dockerList].join(', ')

/**
 * Speaks to one registry in plain HTTP. It shares no code with the client of this project, so that a mistake in the
 * client cannot hide one in a registry.
 */
export class Lab {
  readonly #agent = new Agent({keepAlive: true, maxSockets: 8})
  readonly #tokens = new Map<string, string>()
  #count = 0

  constructor(readonly registry: RunningRegistry) {}

  /** The name of a repository that nobody has used. */
  repository(): string {
    this.#count += 1
    return `conformance/test-${this.#count}`
  }

  /** Sends a request; signs in where the registry asks for it. The path may be a Location. */
  async send(method: string, location: string, call: Call = {}): Promise<Answer> {
    const url = new URL(location, `http://${this.registry.host}`)
    const answer = await this.#once(method, url, call, this.#tokens.get(''))
    const challenge = answer.headers['www-authenticate']
    if (answer.status !== 401 || challenge === undefined) return answer
    return this.#once(method, url, call, await this.#authorization(challenge))
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send('GET', path, {headers: {accept: ACCEPT, ...headers}})
  }

  head(path: string): Promise<Answer> {
    return this.send('HEAD', path, {headers: {accept: ACCEPT}})
  }

  /** Pushes a blob with POST and PUT, and insists on success. */
  async pushBlob(repository: string, blob: Content): Promise<void> {
    const location = await this.startUpload(repository)
    const done = await this.send('PUT', withDigest(location, blob.digest), {body: blob.bytes})
    insist(done, 201, 'PUT of a blob')
  }

  /** Opens an upload and gives its Location. */
  async startUpload(repository: string): Promise<string> {
    const start = await this.send('POST', `/v2/${repository}/blobs/uploads/`)
    insist(start, 202, 'POST of an upload')
    return locationOf(start)
  }

  /** Sends a manifest as it is. */
  putManifest(repository: string, reference: string, manifest: ManifestContent): Promise<Answer> {
    return this.send('PUT', `/v2/${repository}/manifests/${reference}`, {
      headers: {'content-type': manifest.mediaType},
      body: manifest.bytes
    })
  }

  /** Pushes an image with its blobs, by tag or, without one, by digest. */
  async pushImage(repository: string, tag?: string, fields: object = {}): Promise<ManifestContent> {
    const {config, layer} = imageBlobs()
    await this.pushBlob(repository, config)
    await this.pushBlob(repository, layer)
    return this.pushManifest(repository, imageOf(config, [layer], fields), tag)
  }

  /** Pushes a manifest whose blobs are there already, and insists on success. */
  async pushManifest(repository: string, manifest: ManifestContent, tag?: string): Promise<ManifestContent> {
    insist(await this.putManifest(repository, tag ?? manifest.digest, manifest), 201, 'PUT of a manifest')
    return manifest
  }

  /** The status of a GET of a manifest. */
  async manifestStatus(repository: string, reference: string): Promise<number> {
    return (await this.get(`/v2/${repository}/manifests/${reference}`)).status
  }

  async blobStatus(repository: string, digest: string): Promise<number> {
    return (await this.head(`/v2/${repository}/blobs/${digest}`)).status
  }

  close(): void {
    this.#agent.destroy()
  }

  async #authorization(challenge: string): Promise<string> {
    const {username, password} = this.registry.credential ?? {username: '', password: ''}
    const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    if (/^basic/i.test(challenge)) {
      this.#tokens.set('', basic)
      return basic
    }
    const parameters = new Map(
      [...challenge.matchAll(/([a-z]+)="([^"]*)"/g)].map(([, key, value]) => [key, value])
    )
    const url = new URL(parameters.get('realm') ?? '')
    url.searchParams.set('service', parameters.get('service') ?? '')
    for (const scope of (parameters.get('scope') ?? '').split(' ')) url.searchParams.append('scope', scope)
    const answer = await this.#once('GET', url, {}, basic)
    return `Bearer ${(JSON.parse(answer.body.toString()) as {token: string}).token}`
  }

  #once(method: string, url: URL, call: Call, authorization: string | undefined): Promise<Answer> {
    const body = call.body === undefined ? undefined : Buffer.from(call.body)
    const headers: OutgoingHttpHeaders = {...call.headers, ...(authorization ? {authorization} : {})}
    if (call.stream) headers['transfer-encoding'] = 'chunked'
    else if (body !== undefined || ['POST', 'PUT', 'PATCH'].includes(method))
      headers['content-length'] = body?.length ?? 0
    return new Promise((resolve, reject) => {
      const request = httpRequest(url, {method, headers, agent: this.#agent}, response => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers as Record<string, string | undefined>,
            body: Buffer.concat(parts)
          })
        )
      })
      request.on('error', reject)
      request.end(body)
    })
  }
}

/** A blob of these bytes, or of random ones. */
export function blobOf(content: Uint8Array | string | number = 64, algorithm = 'sha256'): Content {
  const bytes = typeof content === 'number' ? randomBytes(content) : Buffer.from(content)
  const hex = createHash(algorithm).update(bytes).digest('hex')
  return {bytes, digest: `${algorithm}:${hex}`, size: bytes.length}
}

export function imageBlobs(): {config: Content; layer: Content} {
  return {
    config: blobOf(
      JSON.stringify({architecture: 'amd64', os: 'linux', author: randomBytes(8).toString('hex')})
    ),
    layer: blobOf(128)
  }
}

/** A document as a manifest. */
export function manifestOf(
  mediaType: string,
  fields: Readonly<Record<string, unknown>>,
  format: (document: object) => string = JSON.stringify
): ManifestContent {
  const document = {schemaVersion: 2, mediaType, ...fields}
  return {...blobOf(format(document)), mediaType, document}
}

/** An OCI image manifest. */
export function imageOf(config: Content, layers: readonly Content[], fields: object = {}): ManifestContent {
  return manifestOf(TYPES.manifest, {
    config: descriptorOf(config, TYPES.config),
    layers: layers.map(layer => descriptorOf(layer, TYPES.layer)),
    ...fields
  })
}

/** An OCI index of these manifests. */
export function indexOf(children: readonly ManifestContent[], fields: object = {}): ManifestContent {
  return manifestOf(TYPES.index, {
    manifests: children.map(child => descriptorOf(child, child.mediaType)),
    ...fields
  })
}

export function descriptorOf(content: Content, mediaType: string): object {
  return {mediaType, digest: content.digest, size: content.size}
}

/** An upload's Location with the digest that ends it. */
export function withDigest(location: string, digest: string): string {
  return `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`
}

export function locationOf(answer: Answer): string {
  const location = answer.headers['location']
  if (location === undefined) throw new Error(`no Location in an answer with status ${answer.status}`)
  return location
}

/** The codes of the errors in an answer; empty where it holds none in the form of the specification. */
export function codesOf(answer: Answer): readonly string[] {
  try {
    const {errors} = JSON.parse(answer.body.toString()) as {errors: {code: string}[]}
    return errors.map(error => error.code)
  } catch {
    return []
  }
}

/** Status and first code, as `400 DIGEST_INVALID`. */
export function refusalOf(answer: Answer): string {
  return [answer.status, ...codesOf(answer).slice(0, 1)].join(' ')
}

export function jsonOf(answer: Answer): Readonly<Record<string, unknown>> {
  return JSON.parse(answer.body.toString()) as Record<string, unknown>
}

function insist(answer: Answer, status: number, what: string): void {
  if (answer.status !== status)
    throw new Error(`${what}: ${answer.status} instead of ${status}: ${answer.body.toString().slice(0, 300)}`)
}
