import {type Digest, isDigest} from '../oci/digest.js'
import {type Descriptor, readManifest} from '../oci/manifest.js'
import {listReferrers, signatureTags} from '../registry/client/referrers.js'
import type {RepositoryClient} from '../registry/client/repository-client.js'
import {
  COSIGN_SIGNATURE,
  type CertificateIdentity,
  bundleContent,
  certificateIdentity
} from './sigstore-bundle.js'
import {objectIn, textIn, tryParseJson} from '../shared/json.js'

/** A signature or attestation that a registry holds. */
export interface FoundSignature {
  /** What its payload says it is made for, whatever it was found beside. */
  readonly digests: readonly Digest[]
  /** What kind of statement it is; cosign's own signatures have a type, too. */
  readonly predicateType: string
  /** Who made it, where it was made keyless. */
  readonly identity?: CertificateIdentity | undefined
}

/** The media type of a Sigstore bundle, and the artifact type of the referrer that holds it. */
export const SIGSTORE_BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'

const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json'
const CERTIFICATE_ANNOTATION = 'dev.sigstore.cosign/certificate'

/**
 * Reads all signatures of a manifest: bundles among its referrers (cosign 3, GitHub), and what is at cosign 2's tag.
 * What cannot be read is left out: it is no signature to anybody else either.
 */
export async function listSignatures(client: RepositoryClient, digest: Digest): Promise<FoundSignature[]> {
  const found = await Promise.all([bundlesOf(client, digest), tagSignaturesOf(client, digest)])
  return found.flat()
}

async function bundlesOf(client: RepositoryClient, digest: Digest): Promise<FoundSignature[]> {
  const referrers = await listReferrers(client, digest)
  const layers = await Promise.all(referrers.map(async entry => await layersOf(client, entry.digest)))
  const bundles = layers.flat().filter(({mediaType}) => mediaType === SIGSTORE_BUNDLE)
  const read = await Promise.all(bundles.map(async layer => signatureIn(await client.getBlob(layer))))
  return read.filter(signature => signature !== undefined)
}

/** A list may name what has been deleted since. */
async function layersOf(client: RepositoryClient, digest: Digest): Promise<readonly Descriptor[]> {
  const manifest = await client.findManifest(digest)
  return manifest === undefined ? [] : readManifest(manifest).layers
}

async function tagSignaturesOf(client: RepositoryClient, digest: Digest): Promise<FoundSignature[]> {
  const [tag] = signatureTags(digest)
  const manifest = tag && (await client.findManifest(tag))
  if (manifest === undefined) return []
  const layers = readManifest(manifest).layers.filter(({mediaType}) => mediaType === SIMPLE_SIGNING)
  const read = await Promise.all(
    layers.map(async layer => readSimpleSigning(await client.getBlob(layer), layer.annotations))
  )
  return read.filter(signature => signature !== undefined)
}

/** Reads what a Sigstore bundle says; undefined where it holds no statement. */
export function signatureIn(bytes: Uint8Array): FoundSignature | undefined {
  const {statement, certificate} = bundleContent(bytes)
  if (statement === undefined) return undefined
  const subjects: readonly unknown[] = Array.isArray(statement['subject']) ? statement['subject'] : []
  const digests = subjects.map(one => `sha256:${textIn(objectIn(objectIn(one)['digest'])['sha256'])}`)
  return {
    digests: [...new Set(digests.filter(isDigest))],
    predicateType: textIn(statement['predicateType']),
    ...(certificate.length === 0 ? {} : {identity: certificateIdentity(certificate)})
  }
}

/** The payload of cosign 2 (cosign's SIGNATURE_SPEC.md): `critical.image` names the digest. */
export function readSimpleSigning(
  bytes: Uint8Array,
  annotations: Descriptor['annotations'] = {}
): FoundSignature | undefined {
  const image = objectIn(objectIn(objectIn(tryParseJson(bytes))['critical'])['image'])
  const digest = textIn(image['docker-manifest-digest'])
  const certificate = annotations[CERTIFICATE_ANNOTATION]
  if (!isDigest(digest)) return undefined
  return {
    digests: [digest],
    predicateType: COSIGN_SIGNATURE,
    ...(certificate === undefined ? {} : {identity: certificateIdentity(certificate)})
  }
}
