import type {Digest} from '../oci/digest.js'
import {type Descriptor, readManifest} from '../oci/manifest.js'
import type {Tag} from '../oci/reference.js'
import {
  COSIGN_SIGNATURE,
  type SignedStatement,
  identityIn,
  isBundleType,
  readBundle
} from './sigstore-bundle.js'
import {listReferrers, signatureTags} from '../registry/client/referrers.js'
import type {RepositoryClient} from '../registry/client/repository-client.js'

/** One signature or attestation that a registry has beside an image. Nothing of it is verified. */
export interface PublishedEvidence extends SignedStatement {
  readonly kind: 'signature' | 'attestation'
}

/** Where cosign before version 3 keeps the certificate of a signature (cosign, specs/SIGNATURE_SPEC.md). */
const COSIGN_CERTIFICATE = 'dev.sigstore.cosign/certificate'

/** Finds what was signed about an image: Sigstore bundles that refer to it, and the signature tag of older cosign. */
export async function findEvidence(client: RepositoryClient, digest: Digest): Promise<PublishedEvidence[]> {
  const [signatureTag] = signatureTags(digest)
  const [referrers, signed] = await Promise.all([
    listReferrers(client, digest),
    signatureTag === undefined ? [] : signaturesAt(client, signatureTag)
  ])
  const bundles = referrers.filter(({artifactType}) => isBundleType(artifactType))
  const read = await Promise.all(bundles.map(async bundle => await readReferrer(client, bundle)))
  return [...read.flat(), ...signed]
}

async function readReferrer(client: RepositoryClient, {digest}: Descriptor): Promise<PublishedEvidence[]> {
  const manifest = await client.findManifest(digest)
  const [layer] = manifest === undefined ? [] : readManifest(manifest).layers
  const statement = layer === undefined ? undefined : readBundle(await client.getBlob(layer))
  if (statement === undefined) return []
  const {predicateType} = statement
  const isSignature = predicateType === undefined || predicateType === COSIGN_SIGNATURE
  return [{...statement, kind: isSignature ? 'signature' : 'attestation'}]
}

async function signaturesAt(client: RepositoryClient, tag: Tag): Promise<PublishedEvidence[]> {
  const manifest = await client.findManifest(tag)
  if (manifest === undefined) return []
  return readManifest(manifest).layers.map(({annotations}) => ({
    kind: 'signature',
    predicateType: undefined,
    signer: identityIn(annotations?.[COSIGN_CERTIFICATE] ?? '')
  }))
}
