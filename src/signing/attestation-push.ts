import {ReleaseError} from '../errors.js'
import {digestOf} from '../oci/digest.js'
import {type Descriptor, type Manifest, manifestOf} from '../oci/manifest.js'
import {OCI_MANIFEST} from '../oci/media-type.js'
import {formatReference} from '../oci/reference.js'
import type {StreamBody} from '../ports.js'
import {uploadBlob} from '../registry/images/blob-upload.js'
import {addReferrers} from '../registry/client/referrers.js'
import type {RepositoryClient} from '../registry/client/repository-client.js'
import {Readable} from 'node:stream'
import {SIGSTORE_BUNDLE, listSignatures, signatureIn} from './signature-list.js'

const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json'
/** The one content of that type (image-spec manifest.md, "Guidance for an Empty Descriptor"). */
const EMPTY = new TextEncoder().encode('{}')

/**
 * Keeps a Sigstore bundle beside the image that it speaks of, as a referrer, where `gh attestation verify
 * --bundle-from-oci` and cosign look for it; and reads it back, for a registry was seen to take one and show none
 * (2026-09).
 * @param created ISO 8601
 * @throws ReleaseError ATTEST_FAILED where it is not there afterwards, or speaks of another image; RegistryError
 */
export async function pushAttestation(
  client: RepositoryClient,
  subject: Descriptor,
  {bundle, created}: {readonly bundle: string; readonly created: string}
): Promise<Manifest> {
  const bytes = new TextEncoder().encode(bundle)
  const statement = signatureIn(bytes)
  const reference = formatReference(client.repository, subject.digest)
  if (statement?.digests.includes(subject.digest) !== true)
    throw new ReleaseError('ATTEST_FAILED', `the attestation for ${reference} speaks of something else`)
  await Promise.all(
    [bytes, EMPTY].map(async blob => await uploadBlob(client, {digest: digestOf(blob), body: bodyOf(blob)}))
  )
  const manifest = referrerOf(subject, bytes, {created, predicateType: statement.predicateType})
  await client.putManifest(manifest)
  await addReferrers(client, subject.digest, [manifest])
  const found = await listSignatures(client, subject.digest)
  const isThere = found.some(
    ({digests, predicateType}) =>
      predicateType === statement.predicateType && digests.includes(subject.digest)
  )
  if (isThere) return manifest
  throw new ReleaseError('ATTEST_FAILED', `${reference}: the attestation was pushed, but is not there`, {
    hint: 'The registry may show it later; run this job again.'
  })
}

/** As @sigstore/oci writes it (2026-11). */
function referrerOf(
  {mediaType, digest, size}: Descriptor,
  bundle: Uint8Array,
  {created, predicateType}: {readonly created: string; readonly predicateType: string}
): Manifest {
  const document = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: SIGSTORE_BUNDLE,
    config: {mediaType: EMPTY_TYPE, digest: digestOf(EMPTY), size: EMPTY.length},
    layers: [{mediaType: SIGSTORE_BUNDLE, digest: digestOf(bundle), size: bundle.length}],
    subject: {mediaType, digest, size},
    annotations: {
      'org.opencontainers.image.created': created,
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': predicateType
    }
  }
  return manifestOf(new TextEncoder().encode(JSON.stringify(document)), OCI_MANIFEST)
}

function bodyOf(bytes: Uint8Array): StreamBody {
  return {size: bytes.length, open: () => Readable.from([bytes])}
}
