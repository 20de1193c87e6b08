import {digestOf} from './digest.js'
import {type Descriptor, type Manifest, manifestOf} from './manifest.js'
import {OCI_MANIFEST} from './media-type.js'

/** The config of a manifest that has none (image-spec manifest.md, "Guidance for an Empty Descriptor"). */
export const EMPTY_CONFIG = 'application/vnd.oci.empty.v1+json'

/** A document that speaks of an image. */
export interface Attachment {
  /** What the document is, `application/spdx+json`: media type of its blob and type of its manifest. */
  readonly artifactType: string
  readonly bytes: Uint8Array
  /** Without times, or the same document would be another one each time. */
  readonly annotations?: Readonly<Record<string, string>>
}

/** The manifest of an attachment, and the two blobs that it names. */
export interface AttachmentManifest {
  readonly manifest: Manifest
  readonly blobs: readonly Uint8Array[]
}

/**
 * The manifest that makes a document a referrer of an image (image-spec 1.1 manifest.md, `subject`). The same document
 * for the same image always gives the same bytes.
 */
export function attachmentManifest(
  subject: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>,
  {artifactType, bytes, annotations = {}}: Attachment
): AttachmentManifest {
  const empty = new TextEncoder().encode('{}')
  const document = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType,
    config: {mediaType: EMPTY_CONFIG, digest: digestOf(empty), size: empty.length, data: 'e30='},
    layers: [{mediaType: artifactType, digest: digestOf(bytes), size: bytes.length}],
    subject: {mediaType: subject.mediaType, digest: subject.digest, size: subject.size},
    ...(Object.keys(annotations).length === 0 ? {} : {annotations})
  }
  const manifest = manifestOf(new TextEncoder().encode(JSON.stringify(document)), OCI_MANIFEST)
  return {manifest, blobs: [empty, bytes]}
}
