import {writeFile} from 'node:fs/promises'
import path from 'node:path'
import pLimit from 'p-limit'
import {ReleaseError} from '../errors.js'
import type {Digest} from '../oci/digest.js'
import {formatReference, isLoopback} from '../oci/reference.js'
import type {Credentials} from '../ports.js'
import type {RepositoryClient} from '../registry/client/repository-client.js'
import {
  type CosignOptions,
  type CosignPorts,
  type CosignVersion,
  EMPTY_SIGNING_CONFIG,
  findCosign,
  runCosign,
  signArguments
} from './cosign.js'
import {withPrivateFolder} from '../shared/temp-folder.js'
import {writeDockerConfig} from '../registry/auth/docker-logins.js'
import {listSignatures} from './signature-list.js'
import {COSIGN_SIGNATURE, type CertificateIdentity} from './sigstore-bundle.js'

/** An image that stands in one repository, and is to be signed there. */
export interface UnsignedImage {
  readonly client: RepositoryClient
  /** What the tags will point at, first; then what is signed beside it. */
  readonly digests: readonly [Digest, ...Digest[]]
}

/** A manifest that is signed in one repository. */
export interface SignedManifest {
  /** `registry/name@digest` */
  readonly reference: string
  readonly registry: string
  /** Who signed it, where that was done keyless. */
  readonly identity?: CertificateIdentity | undefined
}

/** How registries are reached while images are signed. */
export interface SigningAccess {
  /** Registries (host and port) that may be spoken to over plain HTTP. */
  readonly insecure: readonly string[]
  /** Set where cosign cannot find the logins by itself. */
  readonly credentials?: Credentials | undefined
}

/** How many repositories are signed at once: each is a process of its own. */
const AT_ONCE = 4

/** Signs images with the cosign that is installed. */
export class ImageSigner {
  readonly #options: CosignOptions
  readonly #version: CosignVersion
  readonly #access: SigningAccess
  readonly #ports: CosignPorts

  private constructor(
    options: CosignOptions,
    version: CosignVersion,
    access: SigningAccess,
    ports: CosignPorts
  ) {
    this.#options = options
    this.#version = version
    this.#access = access
    this.#ports = ports
  }

  /**
   * Finds cosign: done before anything is written, so that a release does not stop half way for want of it.
   * @throws ReleaseError SIGN_FAILED where there is none that will do
   */
  static async open(options: CosignOptions, access: SigningAccess, ports: CosignPorts): Promise<ImageSigner> {
    return new ImageSigner(options, await findCosign(ports), access, ports)
  }

  /**
   * Signs every image by digest in every repository, and reads each signature back.
   * @throws ReleaseError SIGN_FAILED where one could not be signed, or is not there afterwards
   */
  async sign(images: readonly UnsignedImage[]): Promise<SignedManifest[]> {
    const limit = pLimit(AT_ONCE)
    return await withPrivateFolder(async folder => {
      const signingConfig = path.join(folder, 'signing-config.json')
      await writeFile(signingConfig, EMPTY_SIGNING_CONFIG)
      const env = await this.#environment(folder, images)
      const signed = await Promise.all(
        images.map(image => limit(async () => await this.#signImage(image, {signingConfig, env})))
      )
      return signed.flat()
    })
  }

  /** Logins that came as inputs are in no file that cosign would read. */
  async #environment(folder: string, images: readonly UnsignedImage[]): Promise<Record<string, string>> {
    const {credentials} = this.#access
    const registries = images.map(({client}) => client.repository.registry)
    return credentials === undefined ? {} : {...(await writeDockerConfig(folder, registries, credentials))}
  }

  async #signImage(
    {client, digests}: UnsignedImage,
    {signingConfig, env}: {readonly signingConfig: string; readonly env: Readonly<Record<string, string>>}
  ): Promise<SignedManifest[]> {
    const {registry} = client.repository
    const isInsecure = isLoopback(registry) || this.#access.insecure.includes(registry)
    const references = digests.map(digest => formatReference(client.repository, digest))
    const args = signArguments(this.#options, this.#version, {isInsecure, signingConfig})
    const what = `sign ${references[0] ?? ''}`
    await runCosign([...args, ...references], {what, env}, this.#ports)
    return await Promise.all(digests.map(async digest => await readBack(client, digest)))
  }
}

/** cosign may be told to upload nothing, or a registry may lose what it took: only what can be read is signed. */
async function readBack(client: RepositoryClient, digest: Digest): Promise<SignedManifest> {
  const reference = formatReference(client.repository, digest)
  const found = await listSignatures(client, digest)
  const own = found.filter(
    ({digests, predicateType}) => predicateType === COSIGN_SIGNATURE && digests.includes(digest)
  )
  const [signature] = own.slice(-1)
  if (signature !== undefined)
    return {reference, registry: client.repository.registry, identity: signature.identity}
  throw new ReleaseError('SIGN_FAILED', `${reference} was signed, but no signature of it is there`, {
    hint: 'The registry may show it later, or refuses what refers to an image; run this job again.'
  })
}
