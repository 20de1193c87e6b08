import {RegistryError, ReleaseError, messageOf} from '../../errors.js'

/** Faults of what was handed over. Any other, such as a missing login, keeps images from being found that are there. */
const FAULTS_OF_IMAGES: readonly string[] = [
  'RELEASE_INCOMPLETE',
  'CHILD_MISSING',
  'MANIFEST_INVALID',
  'PLATFORM_MISMATCH',
  'REVISION_MISMATCH'
]

/**
 * The failure that is to be said where something else than the images failed: by its own code and hint, and each registry
 * once, for a missing login fails every request in the same way.
 * @returns undefined where all failures are of the images
 */
export function firstCause(failures: readonly unknown[]): Error | undefined {
  const causes = failures.filter(failure => !isOfImages(failure))
  const [first] = causes
  if (first === undefined) return undefined
  if (!(first instanceof ReleaseError))
    return first instanceof Error ? first : new Error(messageOf(first), {cause: first})
  const different = [...new Map(causes.map(cause => [kindOf(cause), cause])).values()]
  if (different.length === 1) return first
  const hints = different.flatMap(cause => (cause instanceof ReleaseError && cause.hint ? [cause.hint] : []))
  return new ReleaseError(first.code, different.map(messageOf).join('\n'), {
    cause: first,
    hint: hints.length === 0 ? undefined : [...new Set(hints)].join(' ')
  })
}

function isOfImages(failure: unknown): boolean {
  if (failure instanceof RegistryError) return failure.status === 404
  return failure instanceof ReleaseError && FAULTS_OF_IMAGES.includes(failure.code)
}

/** What makes two failures the same to a person: the registry and its answer. */
function kindOf(failure: unknown): string {
  if (!(failure instanceof RegistryError)) return messageOf(failure)
  const {status, url, entries} = failure.failure
  return [status, url.split('/')[0], ...entries.map(({code}) => code)].join(' ')
}
