import {RegistryError, ReleaseError, messageOf} from '../../errors.js'
import {shortDigest} from '../../oci/digest.js'
import {type Manifest, MAX_MANIFEST_SIZE, type Descriptor} from '../../oci/manifest.js'
import {textAt, tryParseJson} from '../../shared/json.js'

/** What is wrong with content itself. Anything else, such as a refusal or a broken line, says nothing of the content. */
const CONTENT_FAULTS: readonly string[] = ['MANIFEST_INVALID', 'CHILD_MISSING', 'DIGEST_MISMATCH']

/**
 * What is there, and why it cannot be read, in words that end in a sentence of their own.
 * @throws what was thrown, where that is not about the content
 */
export function describeOddness(manifest: Manifest, error: unknown): string {
  const isGone = error instanceof RegistryError && error.status === 404
  const isContent = error instanceof ReleaseError && CONTENT_FAULTS.includes(error.code)
  if (!isGone && !isContent) throw error
  const why = isGone ? 'its config is gone' : messageOf(error).replace(/^(?:sha256:[0-9a-f]{64}: )*/, '')
  return `what is there (${shortDigest(manifest.digest)}, ${kindOf(manifest)}) cannot be read: ${why}`
}

/**
 * Reads content that has to be read, and says where it stands if it cannot be.
 * @param place where it was found, for example `registry/name:tag`
 * @throws ReleaseError MANIFEST_INVALID that names the place and what is there
 */
export async function readNamed<T>(place: string, manifest: Manifest, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw new ReleaseError('MANIFEST_INVALID', `${place}: ${describeOddness(manifest, error)}`, {
      cause: error,
      hint: 'Nothing was written. Name another version, or publish this one again.'
    })
  }
}

/** @throws ReleaseError MANIFEST_INVALID for a config that is larger than any is */
export function assertReadable(config: Descriptor): void {
  if (config.size <= MAX_MANIFEST_SIZE) return
  throw new ReleaseError('MANIFEST_INVALID', `its config has ${config.size} bytes`)
}

/** What content calls itself: the type of an artifact or of its config tells more than that of the manifest. */
function kindOf({mediaType, bytes}: Manifest): string {
  const document = tryParseJson(bytes)
  const names = [['artifactType'], ['config', 'mediaType'], ['mediaType']].map(path =>
    textAt(document, ...path)
  )
  return plainType(names.find(Boolean) ?? mediaType)
}

/** Without line breaks: whoever put the content there must not write our log. */
function plainType(name: string): string {
  return name !== '' ? name.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 100) : 'of no type'
}
