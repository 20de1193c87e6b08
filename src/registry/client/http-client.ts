import pLimit from 'p-limit'
import type {RegistryError} from '../../errors.js'
import {MAX_MANIFEST_SIZE} from '../../oci/manifest.js'
import type {HttpRequest, HttpResponse} from '../../ports.js'
import {registryErrorOf, webPageErrorOf} from './registry-error.js'
import {type RegistryRetryPolicy, retry} from './retry.js'
import type {AuthorizedResponse, AuthorizedSend} from '../auth/auth.js'
import {readBodyStart, readBody} from '../transport/body.js'

const MAX_ERROR_BODY = 64 * 1024
/** Requests under way at once to one registry. GHCR and ECR answer larger bursts with 429. */
const IN_FLIGHT = 24

/** Milliseconds between looks for what was just written: registries with several parts show it within seconds. */
const SHOWN_WAITS = [250, 500, 1000, 2000, 4000]

/** One request to a registry, with what counts as success. */
export interface RegistryRequest extends HttpRequest {
  readonly scopes: readonly string[]
  /** Statuses that are answers; any other is thrown as a RegistryError. */
  readonly expect: readonly number[]
  /** Bytes; default 4 MiB. */
  readonly limit?: number
}

/** A whole answer. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Requests to one registry: bounded in number, tried again where that may help, checked for success. */
export class Exchange {
  readonly #send: AuthorizedSend
  readonly #policy: RegistryRetryPolicy
  readonly #limit = pLimit(IN_FLIGHT)

  constructor(send: AuthorizedSend, policy: RegistryRetryPolicy) {
    this.#send = send
    this.#policy = policy
  }

  /**
   * Sends and reads the whole answer; a request that fails in passing is sent again.
   * @throws RegistryError for a status that was not expected; ReleaseError REGISTRY_UNREACHABLE without an answer
   */
  async call(request: RegistryRequest): Promise<Answer> {
    return await retry(this.#policy, () => this.callOnce(request))
  }

  /** Sends once. For requests that cannot be repeated by themselves, such as the end of an upload. */
  async callOnce(request: RegistryRequest): Promise<Answer> {
    return await this.#limit(async () => {
      const response = await this.#checked(request)
      const body = await readBody(request, response, request.limit ?? MAX_MANIFEST_SIZE)
      const page = webPageErrorOf(request, response, body)
      if (page !== undefined) throw page
      return {status: response.status, headers: response.headers, body}
    })
  }

  /** Sends and gives the answer's body as a stream, which the caller reads to its end. */
  async open(request: RegistryRequest): Promise<HttpResponse> {
    return await retry(this.#policy, () => this.#checked({...request, isBulk: true}))
  }

  /** Tries something of several requests again as a whole, by the same policy. */
  async retrying<T>(attempt: () => Promise<T>): Promise<T> {
    return await retry(this.#policy, attempt)
  }

  /** Asks until something is there, with waits that grow. */
  async whenShown<T>(ask: () => Promise<T | undefined>): Promise<T | undefined> {
    const {clock, signal} = this.#policy
    for (const wait of SHOWN_WAITS) {
      const found = await ask()
      if (found !== undefined) return found
      await clock.sleep(wait, signal)
    }
    return await ask()
  }

  async #checked(request: RegistryRequest): Promise<AuthorizedResponse> {
    const response = await this.#send({...request, signal: this.#policy.signal}, request.scopes)
    if (request.expect.includes(response.status)) return response
    throw await failureOf(request, response)
  }
}

async function failureOf(request: HttpRequest, response: AuthorizedResponse): Promise<RegistryError> {
  return registryErrorOf(request, response, await readBodyStart(response, MAX_ERROR_BODY))
}
