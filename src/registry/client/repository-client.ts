import {RegistryError, ReleaseError} from '../../errors.js'
import {type Digest, isDigest} from '../../oci/digest.js'
import {type Descriptor, type Manifest, descriptorOf, manifestOf} from '../../oci/manifest.js'
import {MANIFEST_ACCEPT, bareMediaType, isManifestType} from '../../oci/media-type.js'
import {type Repository, type Tag, formatReference, formatRepository} from '../../oci/reference.js'
import type {HttpRequest, HttpResponse, StreamBody} from '../../ports.js'
import type {Answer, Exchange, RegistryRequest} from './http-client.js'
import {isUnsure} from './retry.js'
import {isImmutableTag} from './tag-immutability.js'
import {type Access, repositoryScope} from '../auth/auth.js'
import {textAt, tryParseJson} from '../../shared/json.js'

/** A request below the repository's path; the rest is filled in. */
export interface RepositoryRequest {
  readonly method: HttpRequest['method']
  /** `manifests/latest`, or a whole URL that the registry gave. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | StreamBody
  readonly expect: readonly number[]
  readonly limit?: number
  /** Scopes beside that of the repository itself, for a mount from another. */
  readonly extraScopes?: readonly string[]
}

/** What registries and proxies say that know no HEAD. */
const HEAD_REFUSALS: readonly number[] = [400, 403, 405, 501]
/** Answers to HEAD of a manifest that say nothing of what GET would find. */
const UNHELPFUL = [...HEAD_REFUSALS, 404]

/** What a tag is seen to point at; undefined where it is not there, `unknown` where the registry does not say. */
export type ShownDigest = Digest | 'unknown' | undefined

/** What is done in one repository of one registry (OCI distribution specification 1.1). */
export class RepositoryClient {
  readonly repository: Repository
  readonly #access: Access
  readonly #open: () => Promise<{base: URL; exchange: Exchange}>
  /** What is being fetched. */
  readonly #manifests = Object.create(null) as Running<Manifest | undefined>
  readonly #blobs = Object.create(null) as Running<Uint8Array>
  /** Whether a HEAD was of no use here where GET was. */
  #isHeadUseless = false
  #unknown: RegistryError | undefined

  constructor(repository: Repository, access: Access, open: () => Promise<{base: URL; exchange: Exchange}>) {
    this.repository = repository
    this.#access = access
    this.#open = open
  }

  /** `registry/name`, for messages. */
  get name(): string {
    return formatRepository(this.repository)
  }

  /**
   * Fetches a manifest; its bytes are hashed, and a digest that was asked for is held against them.
   * Whoever asks for one digest at the same time is given one answer: an index may name it a thousand times.
   * @returns undefined where there is none
   * @throws ReleaseError DIGEST_MISMATCH; RegistryError
   */
  async findManifest(reference: Tag | Digest): Promise<Manifest | undefined> {
    if (!isDigest(reference)) return await this.#fetchManifest(reference)
    return await shared(this.#manifests, reference, async () => await this.#fetchManifest(reference))
  }

  async #fetchManifest(reference: Tag | Digest): Promise<Manifest | undefined> {
    const request = {
      method: 'GET',
      path: `manifests/${reference}`,
      headers: {accept: MANIFEST_ACCEPT},
      expect: [200]
    } as const
    const answer = await this.call(request).catch((error: unknown) => this.#notFound(error))
    if (answer === undefined) return undefined
    const manifest = manifestOf(answer.body, mediaTypeOf(answer))
    if (isDigest(reference)) this.#checkDigest(manifest.digest, reference)
    return manifest
  }

  /** What the registry answered where it said that it knows no such repository; undefined where it never did. */
  get unknown(): RegistryError | undefined {
    return this.#unknown
  }

  #notFound(error: unknown): undefined {
    if (!(error instanceof RegistryError) || error.status !== 404) throw error
    if (error.has('NAME_UNKNOWN')) this.#unknown = error
    return undefined
  }

  /** Fetches a manifest that must be there. */
  async getManifest(reference: Tag | Digest): Promise<Manifest> {
    const manifest = await this.findManifest(reference)
    if (manifest !== undefined) return manifest
    throw new ReleaseError('CHILD_MISSING', `${formatReference(this.repository, reference)} is not there`)
  }

  /**
   * Asks what a tag or digest leads to: by HEAD, which is no download, and by GET where that does not tell. Proxies and
   * older registries refuse HEAD, or answer it with 404 where GET finds the manifest (crazy-max/diun#1614,
   * andrey-pohilko/registry-cli#14); others leave its headers out, or say another digest than was asked for.
   * @returns undefined where GET finds nothing
   * @throws RegistryError where it cannot be told
   */
  async headManifest(reference: Tag | Digest): Promise<Descriptor | undefined> {
    const told = this.#isHeadUseless ? undefined : await this.#head(reference)
    if (told?.descriptor !== undefined) return told.descriptor
    const manifest = await this.findManifest(reference)
    if (manifest === undefined) return undefined
    this.#isHeadUseless ||= told?.status !== 200
    return descriptorOf(manifest)
  }

  /**
   * What a tag points at, for whoever has to go on without an answer, too: by HEAD, and by GET where that fails.
   * @returns undefined where it is not there, `unknown` where the registry does not say
   */
  async shownDigest(tag: Tag): Promise<ShownDigest> {
    return await this.headManifest(tag)
      .catch(async () => await this.findManifest(tag))
      .then(
        shown => shown?.digest,
        () => 'unknown' as const
      )
  }

  /** Whether a HEAD finds a manifest. A no may be wrong: for whoever would only put it again. */
  async isManifestShown(digest: Digest): Promise<boolean> {
    return (await this.#head(digest)).descriptor !== undefined
  }

  /**
   * Puts a manifest at a tag, or untagged at its digest. Where a registry refuses because the tag must not change, or no
   * answer tells whether it was done, and this manifest is there, all is as it should be.
   * @throws ReleaseError DIGEST_MISMATCH where the registry stored something else
   */
  async putManifest(manifest: Manifest, reference: Tag | Digest = manifest.digest): Promise<void> {
    try {
      await this.#put(manifest, reference)
    } catch (error) {
      const mayBeThere = error instanceof RegistryError && isImmutableTag(error.failure)
      const isThere = mayBeThere || isUnsure(error) ? await this.#shows(manifest, reference) : false
      if (!isThere) throw error
    }
  }

  async #shows({digest}: Manifest, reference: Tag | Digest): Promise<boolean> {
    return await this.headManifest(reference).then(
      head => head?.digest === digest,
      () => false
    )
  }

  /** Deletes a manifest and all its tags. True where it was there. */
  async deleteManifest(digest: Digest): Promise<boolean> {
    const answer = await this.call({method: 'DELETE', path: `manifests/${digest}`, expect: [200, 202, 404]})
    return answer.status !== 404
  }

  /**
   * The size of a blob in bytes; undefined where it is not there. Registries that refuse HEAD are asked by GET, of which
   * nothing is read.
   * @param how `callOnce` where the whole of which this is a part is repeated
   */
  async blobSize(digest: Digest, how: 'call' | 'callOnce' = 'call'): Promise<number | undefined> {
    const path = `blobs/${digest}`
    const head = await this[how]({method: 'HEAD', path, expect: [200, 404, ...HEAD_REFUSALS]})
    const answer = HEAD_REFUSALS.includes(head.status)
      ? await this.open({method: 'GET', path, expect: [200, 404]})
      : head
    if ('destroy' in answer.body) answer.body.destroy()
    return answer.status === 404 ? undefined : Number(answer.headers['content-length'] ?? 0)
  }

  /** Fetches a small blob that a manifest names, such as a config, and holds its bytes against the digest. */
  async getBlob({digest}: Pick<Descriptor, 'digest'>): Promise<Uint8Array> {
    return await shared(this.#blobs, digest, async () => await this.#fetchBlob(digest))
  }

  async #fetchBlob(digest: Digest): Promise<Uint8Array> {
    const answer = await this.call({method: 'GET', path: `blobs/${digest}`, expect: [200]})
    this.#checkDigest(manifestOf(answer.body, '').digest, digest)
    return answer.body
  }

  /** Sends a request below this repository's path, tried again where that may help. */
  async call(request: RepositoryRequest): Promise<Answer> {
    const {base, exchange} = await this.#open()
    return await exchange.call(this.#complete(base, request))
  }

  /** Sends a request once; `retrying` repeats the whole of which it is a part. */
  async callOnce(request: RepositoryRequest): Promise<Answer> {
    const {base, exchange} = await this.#open()
    return await exchange.callOnce(this.#complete(base, request))
  }

  /** Sends a request and gives the answer's body as a stream, which the caller reads to its end or destroys. */
  async open(request: RepositoryRequest): Promise<HttpResponse> {
    const {base, exchange} = await this.#open()
    return await exchange.open(this.#complete(base, request))
  }

  /** Repeats something of several requests where it fails in passing. */
  async retrying<T>(attempt: () => Promise<T>): Promise<T> {
    const {exchange} = await this.#open()
    return await exchange.retrying(attempt)
  }

  /** Asks for what was just written until it is shown, for some seconds; undefined where it is not shown then. */
  async whenShown<T>(ask: () => Promise<T | undefined>): Promise<T | undefined> {
    return await (await this.#open()).exchange.whenShown(ask)
  }

  /**
   * Resolves a `Location` or `Link` of this registry.
   * @throws ReleaseError REGISTRY_FAILED where it leads nowhere
   */
  async resolve(location: string): Promise<string> {
    return resolveLocation(location, (await this.#open()).base)
  }

  async #head(
    reference: Tag | Digest
  ): Promise<{readonly status: number; readonly descriptor: Descriptor | undefined}> {
    const answer = await this.call({
      method: 'HEAD',
      path: `manifests/${reference}`,
      headers: {accept: MANIFEST_ACCEPT},
      expect: [200, ...UNHELPFUL]
    })
    const told = answer.status === 200 ? descriptorIn(answer) : undefined
    const isAsked = told !== undefined && (told.digest === reference || !isDigest(reference))
    return {status: answer.status, descriptor: isAsked ? told : undefined}
  }

  async #put(manifest: Manifest, reference: Tag | Digest): Promise<void> {
    const answer = await this.call({
      method: 'PUT',
      path: `manifests/${reference}`,
      headers: {'content-type': manifest.mediaType},
      body: manifest.bytes,
      expect: [200, 201, 202]
    })
    const stored = answer.headers['docker-content-digest']
    if (stored !== undefined && isDigest(stored)) this.#checkDigest(stored, manifest.digest)
  }

  #complete(base: URL, request: RepositoryRequest): RegistryRequest {
    const {path, extraScopes = [], headers = {}, ...rest} = request
    const url = path.includes('://') ? new URL(path) : new URL(`${base.href}${this.repository.name}/${path}`)
    if (rest.method === 'DELETE' && url.host !== base.host)
      throw new ReleaseError('REGISTRY_FAILED', `${this.name}: nothing is deleted at ${url.host}`)
    const scopes = [repositoryScope(this.repository.name, this.#access), ...extraScopes]
    return {...rest, url, headers, scopes}
  }

  #checkDigest(found: Digest, expected: Digest): void {
    if (found === expected) return
    throw new ReleaseError('DIGEST_MISMATCH', `${this.name}: ${expected} was asked for, ${found} came`, {
      hint: 'The registry or a proxy before it changes content; nothing further was done with it.'
    })
  }
}

/**
 * What is under way, without a prototype. No map: that holds after a removal what was put in later, and none of thousands
 * of manifests would be let go before the whole heap is collected.
 */
type Running<T> = Record<Digest, Promise<T>>

/** Does something once for all who want it while it is under way. */
async function shared<T>(running: Running<T>, digest: Digest, work: () => Promise<T>): Promise<T> {
  const known: Promise<T> | undefined = running[digest]
  if (known !== undefined) return await known
  const begun = work().finally(() => Reflect.deleteProperty(running, digest))
  running[digest] = begun
  return await begun
}

/** What the headers of an answer say, where they say all of it. */
function descriptorIn({headers}: Answer): Descriptor | undefined {
  const digest = headers['docker-content-digest'] ?? ''
  const mediaType = bareMediaType(headers['content-type'] ?? '')
  const size = Number(headers['content-length'] ?? Number.NaN)
  return isDigest(digest) && isManifestType(mediaType) && Number.isSafeInteger(size)
    ? {mediaType, digest, size}
    : undefined
}

/** Some registries answer with application/json or text: then the document says what it is. */
function mediaTypeOf(answer: Answer): string {
  const header = bareMediaType(answer.headers['content-type'] ?? '')
  if (isManifestType(header)) return header
  return textAt(tryParseJson(answer.body), 'mediaType') ?? header
}

/**
 * Resolves a `Location` or `Link` of a registry. Behind a proxy that ends TLS some registries name themselves with
 * http: that is brought back to TLS, for neither login nor content may be read on the way.
 * @param base the URL of the registry's API
 * @throws ReleaseError REGISTRY_FAILED where it is no URL, or leads away to plain HTTP
 */
export function resolveLocation(location: string, base: URL): string {
  const url = location !== '' && URL.canParse(location, base.href) ? new URL(location, base) : undefined
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && base.protocol === 'http:')) return url.href
  if (url?.protocol === 'http:' && url.hostname === base.hostname)
    return new URL(`${url.pathname}${url.search}`, base).href
  const fault = url?.protocol === 'http:' ? `at plain HTTP on ${url.host}` : `at ${JSON.stringify(location)}`
  throw new ReleaseError('REGISTRY_FAILED', `${base.host} says to go on ${fault}, which is not possible`, {
    hint: `The registry ${base.host} or a proxy before it is not set up rightly.`
  })
}
