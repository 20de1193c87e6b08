import {ReleaseError} from '../../errors.js'
import {parseJson} from '../../shared/json.js'

/** Bytes: far more than one of the largest images needs. */
export const MAX_SBOM_SIZE = 256 * 1024 * 1024

/**
 * The media type of a bill of materials, found from what it says: SPDX (spdx.dev, as JSON or tag-value) or CycloneDX
 * (cyclonedx.org, as JSON or XML). It becomes the type of the artifact that refers to the image, by which others find it.
 * @param name what it is called, for the message
 * @throws ReleaseError SBOM_INVALID where it is neither
 */
export function sbomType(name: string, text: string): string {
  const start = text.slice(0, 4096)
  if (/^\s*[{[]/.test(start)) return jsonType(name, text)
  if (/^SPDXVersion:/m.test(start)) return 'text/spdx'
  if (/<bom\b[^>]*cyclonedx\.org/.test(start)) return 'application/vnd.cyclonedx+xml'
  throw unknown(name, text.trim() === '' ? 'it is empty' : 'it is neither SPDX nor CycloneDX')
}

function jsonType(name: string, text: string): string {
  const document = parseJson(text, cause => unknown(name, 'it begins like JSON, but is not JSON', cause))
  if (hasField(document, 'bomFormat', /^CycloneDX$/)) return 'application/vnd.cyclonedx+json'
  // SPDX 3 is JSON-LD, and says its version by its context.
  if (hasField(document, 'spdxVersion', /^SPDX-/) || hasField(document, '@context', /spdx\.org/))
    return 'application/spdx+json'
  throw unknown(name, 'it is JSON, but neither SPDX nor CycloneDX')
}

function hasField(document: unknown, field: string, value: RegExp): boolean {
  if (typeof document !== 'object' || document === null || !Object.hasOwn(document, field)) return false
  const found = (document as Readonly<Record<string, unknown>>)[field]
  return typeof found === 'string' && value.test(found)
}

function unknown(name: string, fault: string, cause?: unknown): ReleaseError {
  return new ReleaseError('SBOM_INVALID', `the bill of materials ${name}: ${fault}`, {
    cause,
    hint: 'Have the tool write SPDX or CycloneDX, for example syft with spdx-json.'
  })
}
