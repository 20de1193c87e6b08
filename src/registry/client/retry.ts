import {RegistryError, ReleaseError, messageOf} from '../../errors.js'
import type {Clock, Reporter} from '../../ports.js'
import {type RetryPolicy, isTransientStatus, retrying} from '../../shared/retry.js'

/** How a registry is asked again, and who hears of it. */
export interface RegistryRetryPolicy extends RetryPolicy {
  readonly clock: Clock
  readonly reporter: Reporter
}

/** A registry that asks for a longer wait than this is not waited for. */
const MAX_RETRY_AFTER = 5 * 60_000

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
export async function retry<T>(policy: RegistryRetryPolicy, attempt: () => Promise<T>): Promise<T> {
  const {signal, reporter} = policy
  signal.throwIfAborted()
  try {
    return await retrying(policy, attempt, (outcome, left) => {
      // A tag that is not there is an answer like any other, and the most common failure.
      if (!('error' in outcome) || !isTransient(outcome.error)) return undefined
      reporter.debug(`${messageOf(outcome.error)}; trying again, ${left} left`)
      const asked = retryAfterOf(outcome.error)
      return asked > MAX_RETRY_AFTER ? undefined : asked
    })
  } finally {
    // Whatever a request that was cut off became, the run is cancelled.
    signal.throwIfAborted()
  }
}

function retryAfterOf(error: unknown): number {
  return error instanceof RegistryError ? (error.failure.retryAfter ?? 0) : 0
}
