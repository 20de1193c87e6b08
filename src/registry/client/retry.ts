import pRetry from 'p-retry'
import {RegistryError, ReleaseError} from '../../errors.js'
import type {Clock, Reporter} from '../../ports.js'

/** How often something is tried, and how long is waited between two tries. */
export interface RetryPolicy {
  /** How many tries in all. */
  readonly tries: number
  /** Milliseconds before the second try; doubled, with jitter, for each further one. */
  readonly firstDelay: number
  readonly clock: Clock
  readonly reporter: Reporter
  readonly signal: AbortSignal
}

const MAX_DELAY = 30_000
/** A registry that asks for a longer wait than this is not waited for. */
const MAX_RETRY_AFTER = 5 * 60_000

/** Statuses that a later try may not meet again (as go-containerregistry chooses them). */
const PASSING = new Set([408, 429, 500, 502, 503, 504])

/** Whether a later try may not meet this status again. */
export function isTransientStatus(status: number): boolean {
  return PASSING.has(status)
}

/**
 * Whether trying again may help: a passing failure of the registry, or of the way to it; an upload that the registry
 * lost, for that is tried again from its start; content that it has and does not show yet.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof RegistryError)
    return (
      isTransientStatus(error.status) ||
      isSecondaryLimit(error) ||
      isLostUpload(error) ||
      isLate(error) ||
      isBeingWritten(error)
    )
  return error instanceof ReleaseError && error.code === 'REGISTRY_UNREACHABLE'
}

/** Whether a failure leaves open if the registry did what it was asked: no answer came, or one of what stands before it. */
export function isUnsure(error: unknown): boolean {
  if (error instanceof RegistryError) return error.status >= 500
  return error instanceof ReleaseError && error.code === 'REGISTRY_UNREACHABLE'
}

/** A registry forgot an upload when it was started anew, gave it up, or got other bytes than were sent. */
function isLostUpload({failure}: RegistryError): boolean {
  const codes = ['BLOB_UPLOAD_UNKNOWN', 'BLOB_UPLOAD_INVALID', 'DIGEST_INVALID']
  return failure.url.includes('/blobs/uploads/') && failure.entries.some(({code}) => codes.includes(code))
}

/**
 * What was just sent may not be seen by every part of a registry: a manifest that names it is refused, a config that a
 * manifest names is not found (openshift/image-registry#220). What is not there for good is so after three tries, too.
 */
function isLate({failure}: RegistryError): boolean {
  const {method, url, status, entries} = failure
  const isManifest = method === 'PUT' && url.includes('/manifests/')
  const isNamedBlob = method === 'GET' && status === 404 && /\/blobs\/[^/]+:/.test(url)
  const isUnknown = entries.some(({code}) => code === 'MANIFEST_BLOB_UNKNOWN' || code === 'BLOB_UNKNOWN')
  return (isManifest && isUnknown) || isNamedBlob
}

/**
 * Distribution 2.8 keeps one link of a manifest for all tags, and finds it empty while another tag is being put there:
 * it then calls the digest of a deletion invalid. For the deletion of a tag that answer means that it deletes none.
 */
function isBeingWritten({failure}: RegistryError): boolean {
  const {method, url, entries} = failure
  return (
    method === 'DELETE' &&
    /\/manifests\/[^/]+:[^/]+$/.test(url) &&
    entries.some(({code}) => code === 'DIGEST_INVALID')
  )
}

/** GHCR answers a burst of pushes with 403 and this text, seen in 2025. */
function isSecondaryLimit(error: RegistryError): boolean {
  const {status, entries} = error.failure
  const isLimit = entries.some(({message}) => /secondary rate limit/i.test(message))
  return status === 403 && (isLimit || error.has('TOOMANYREQUESTS'))
}

/**
 * Tries until it succeeds, fails for good, or the tries are used up; the last failure is thrown. The wait is
 * exponential with jitter, and at least what the registry asked for.
 */
export async function retry<T>(policy: RetryPolicy, attempt: () => Promise<T>): Promise<T> {
  policy.signal.throwIfAborted()
  try {
    // Nearly all succeed at once, and of many thousands the bookkeeping of tries is a tenth of the time.
    const result = await attempt()
    policy.signal.throwIfAborted()
    return result
  } catch (error) {
    // A tag that is not there is an answer like any other, and the most common failure.
    if (isTransient(error)) return await retryAfter(error, policy, attempt)
    policy.signal.throwIfAborted()
    throw error
  }
}

async function retryAfter<T>(failure: unknown, policy: RetryPolicy, attempt: () => Promise<T>): Promise<T> {
  const next = async (nth: number): Promise<T> => {
    if (nth === 1) throw failure
    return await attempt()
  }
  return await pRetry(next, {
    retries: policy.tries - 1,
    // The waiting is done below, by the clock of the ports.
    minTimeout: 0,
    signal: policy.signal,
    shouldRetry: ({error}) => isTransient(error) && retryAfterOf(error) <= MAX_RETRY_AFTER,
    onFailedAttempt: async ({error, attemptNumber, retriesLeft}) => {
      if (retriesLeft === 0 || !isTransient(error)) return
      policy.reporter.debug(`${error.message}; trying again, ${retriesLeft} left`)
      const asked = retryAfterOf(error)
      if (asked > MAX_RETRY_AFTER) return
      await policy.clock.sleep(Math.max(asked, backoff(policy.firstDelay, attemptNumber)), policy.signal)
    }
  })
}

/** Milliseconds: doubled with each try, with jitter, so that jobs which failed together do not come back together. */
function backoff(firstDelay: number, attempt: number): number {
  return Math.min(MAX_DELAY, firstDelay * 2 ** (attempt - 1) * (1 + Math.random()))
}

function retryAfterOf(error: unknown): number {
  return error instanceof RegistryError ? (error.failure.retryAfter ?? 0) : 0
}
