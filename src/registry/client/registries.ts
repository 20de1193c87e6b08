import {setMaxListeners} from 'node:events'
import {ReleaseError, systemCodeOf} from '../../errors.js'
import {type Repository, isLoopback} from '../../oci/reference.js'
import type {Clock, Credential, Credentials, Reporter, Send} from '../../ports.js'
import {Exchange} from './http-client.js'
import {RepositoryClient} from './repository-client.js'
import {type RegistryRetryPolicy, retry} from './retry.js'
import {type Access, authorize} from '../auth/auth.js'
import {followRedirects} from '../transport/redirect.js'

/** What the registries are reached with. */
export interface RegistriesOptions {
  readonly send: Send
  readonly credentials: Credentials
  readonly clock: Clock
  readonly reporter: Reporter
  readonly signal: AbortSignal
  /** Registries (host and port) that may be asked over plain HTTP, or over TLS with any certificate. */
  readonly insecure?: readonly string[]
  /** How often a request is tried in all; default 3. */
  readonly tries?: number
  /** Milliseconds before the second try; default 500. */
  readonly firstDelay?: number
}

/** The host that answers for a registry: Docker Hub's API has another name than its images. */
const API_HOSTS: ReadonlyMap<string, string> = new Map([['docker.io', 'registry-1.docker.io']])

/** The registries of one run. Connections, challenges and tokens are shared by all that is done there. */
export class Registries {
  readonly #options: RegistriesOptions
  readonly #send: Send
  readonly #exchanges = new Map<string, Promise<{base: URL; exchange: Exchange}>>()

  constructor(options: RegistriesOptions) {
    this.#options = options
    // Every request listens for the cancellation, and so does who asks many: that many listeners are no leak.
    setMaxListeners(0, options.signal)
    this.#send = followRedirects(request =>
      options.send(this.#isInsecure(request.url) ? {...request, takesAnyCertificate: true} : request)
    )
  }

  /** The client for one repository. Nothing is sent yet. */
  repository(repository: Repository, access: Access): RepositoryClient {
    return new RepositoryClient(repository, access, () => this.#exchange(repository.registry))
  }

  #exchange(registry: string): Promise<{base: URL; exchange: Exchange}> {
    const known = this.#exchanges.get(registry)
    if (known !== undefined) return known
    const made = this.#open(registry)
    this.#exchanges.set(registry, made)
    made.catch(() => this.#exchanges.delete(registry))
    return made
  }

  async #open(registry: string): Promise<{base: URL; exchange: Exchange}> {
    const host = API_HOSTS.get(registry) ?? registry
    const scheme = await retry(this.#policy(), () => this.#scheme(registry))
    const base = new URL(`${scheme}://${host}/v2/`)
    return {
      base,
      exchange: new Exchange(
        authorize(this.#send, base, registry, {
          ...this.#options,
          credentials: (host, name) => this.#credential(host, name)
        }),
        this.#policy()
      )
    }
  }

  /** Who logged in to a host meant its port 443, whether it is named or not. */
  async #credential(host: string, name: string | undefined): Promise<Credential | undefined> {
    const {credentials} = this.#options
    const found = await credentials(host, name)
    if (found !== undefined || !host.endsWith(':443')) return found
    return await credentials(host.slice(0, -':443'.length), name)
  }

  /** Each host by its own name: where a registry that was named leads to is not meant. */
  #isInsecure({protocol, hostname, port, host}: URL): boolean {
    const {insecure = []} = this.#options
    return (
      protocol === 'https:' &&
      (insecure.includes(host) || (port === '' && insecure.includes(`${hostname}:443`)))
    )
  }

  /** Plain HTTP only on a loopback address or on request, and there only where TLS is not spoken. */
  async #scheme(registry: string): Promise<'https' | 'http'> {
    if (!isLoopback(registry) && !this.#options.insecure?.includes(registry)) return 'https'
    try {
      const url = new URL(`https://${registry}/v2/`)
      const response = await this.#send({method: 'GET', url, headers: {}, signal: this.#options.signal})
      response.body.resume()
      return 'https'
    } catch (error) {
      if (isNotTls(error)) return 'http'
      throw error
    }
  }

  #policy(): RegistryRetryPolicy {
    const {clock, reporter, signal, tries = 3, firstDelay = 500} = this.#options
    return {tries, firstDelay, clock, reporter, signal}
  }
}

/** Whether a TLS handshake failed because the other side speaks something else, or hung up on it. */
function isNotTls(error: unknown): boolean {
  const code = error instanceof ReleaseError ? systemCodeOf(error.cause) : undefined
  return code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ECONNRESET'
}
