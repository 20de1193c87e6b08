import type {Descriptor} from '../oci/manifest.js'
import type {ReportAttachment} from './report-data.js'

/** What stands beside an image, and where its content is. */
export interface FoundAttachment extends ReportAttachment {
  readonly blob?: Descriptor
}

/** What cosign states when it signs (cosign, pkg/types/predicate.go), and its own types of before. */
const SIGNATURE = /^https:\/\/sigstore\.dev\/cosign\/sign\/|dev\.cosign\.(?:artifact\.sig|simplesigning)/

/**
 * What kind of thing refers to an image, by the type of its statement.
 * @param carrier the type of what carries the statement, where that is another
 */
export function attachmentKind(type: string, carrier = type): ReportAttachment['kind'] {
  if (SIGNATURE.test(type)) return 'signature'
  if (/slsa\.dev\/provenance|provenance/i.test(type)) return 'provenance'
  if (/spdx|cyclonedx/i.test(type)) return 'sbom'
  if (/image-release\.metrics/.test(type)) return 'metrics'
  if (/in-toto|attestation/i.test(type) || /sigstore\.bundle/.test(carrier)) return 'attestation'
  return 'other'
}
