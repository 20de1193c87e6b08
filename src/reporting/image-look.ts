import {attestedDigest, isAttestation} from '../oci/attestation.js'
import {VERSION} from '../oci/annotations.js'
import {type Digest, digestOf} from '../oci/digest.js'
import {readImageConfig} from '../oci/image-config.js'
import {type Descriptor, type Manifest, type ManifestDocument, readManifest} from '../oci/manifest.js'
import {isIndexType} from '../oci/media-type.js'
import {formatPlatform} from '../oci/platform.js'
import {listReferrers, signatureTags} from '../registry/client/referrers.js'
import type {RepositoryClient} from '../registry/client/repository-client.js'
import {bundleContent, isBundleType} from '../signing/sigstore-bundle.js'
import {type FoundAttachment, attachmentKind} from './attachments.js'
import type {ImageLook, PlatformLook} from './looks.js'

/** A bundle of Sigstore is read for the type of its statement; an SBOM inside can be larger, and is not looked into. */
const MAX_BUNDLE = 32 * 1024 * 1024

/**
 * Reads an image by its digest: an index, or the image of a single platform.
 * @throws ReleaseError CHILD_MISSING where it is not whole; RegistryError
 */
export async function lookAtImage(client: RepositoryClient, digest: Digest): Promise<ImageLook> {
  const root = await client.getManifest(digest)
  const document = readManifest(root)
  const children = isIndexType(root.mediaType) ? document.manifests : []
  const images = children.filter(child => !isAttestation(child))
  const platforms = isIndexType(root.mediaType)
    ? await Promise.all(
        images.map(async child => await platformOf(client, await client.getManifest(child.digest), child))
      )
    : [await platformOf(client, root)]
  const subjects = [...new Set([digest, ...images.map(child => child.digest)])]
  const attachments = await Promise.all([
    ...children.filter(isAttestation).map(async child => await inIndex(client, child)),
    ...subjects.map(async subject => await referring(client, subject)),
    ...subjects.map(async subject => await atSignatureTags(client, subject))
  ])
  const version = document.annotations[VERSION]
  return {
    digest,
    ...(version === undefined ? {} : {version}),
    platforms,
    attachments: attachments.flat()
  }
}

async function platformOf(
  client: RepositoryClient,
  manifest: Manifest,
  named?: Descriptor
): Promise<PlatformLook> {
  const {config, layers} = readManifest(manifest)
  const said = config === undefined ? undefined : readImageConfig(await client.getBlob(config))
  const platform = named?.platform ?? said?.platform
  return {
    platform: platform === undefined ? 'unknown' : formatPlatform(platform),
    digest: manifest.digest,
    size: [...(config ? [config] : []), ...layers].reduce((sum, {size}) => sum + size, 0),
    layers: layers.map(({digest, size}, at) => {
      const createdBy = said?.layers.length === layers.length ? said.layers[at]?.createdBy : undefined
      return {digest, size, ...(createdBy === undefined ? {} : {createdBy})}
    })
  }
}

/** What BuildKit attests stands in the index: a manifest with a layer for each statement. */
async function inIndex(client: RepositoryClient, child: Descriptor): Promise<FoundAttachment[]> {
  const manifest = await client.findManifest(child.digest)
  const of = attestedDigest(child) ?? ''
  const layers = manifest === undefined ? [] : readManifest(manifest).layers
  return layers.map(layer => {
    const type = layer.annotations?.['in-toto.io/predicate-type'] ?? layer.mediaType
    return {kind: attachmentKind(type), type, digest: child.digest, of, blob: layer}
  })
}

async function referring(client: RepositoryClient, subject: Digest): Promise<FoundAttachment[]> {
  const referrers = await listReferrers(client, subject)
  return await Promise.all(
    referrers.map(async ({digest, artifactType = 'unknown'}) => {
      const manifest = await client.findManifest(digest)
      const document = manifest === undefined ? undefined : readManifest(manifest)
      const type = isBundleType(artifactType) ? await bundleType(client, document) : artifactType
      const blob = document?.layers[0]
      const kind = attachmentKind(type ?? '', artifactType)
      return {kind, type: type ?? artifactType, digest, of: subject, ...(blob === undefined ? {} : {blob})}
    })
  )
}

/** Before version 3 cosign kept signatures, attestations and bills of materials at tags that name the digest. */
async function atSignatureTags(client: RepositoryClient, subject: Digest): Promise<FoundAttachment[]> {
  const found = await Promise.all(
    signatureTags(subject).map(async tag => {
      const manifest = await client.findManifest(tag)
      return manifest === undefined ? [] : readManifest(manifest).layers.map(layer => ({manifest, layer}))
    })
  )
  return found.flat().map(({manifest, layer}) => {
    const type = layer.annotations?.['predicateType'] ?? layer.mediaType
    return {
      kind: attachmentKind(type, layer.mediaType),
      type,
      digest: manifest.digest,
      of: subject,
      blob: layer
    }
  })
}

/** What a bundle states: its annotation says so, else the bundle itself. */
async function bundleType(
  client: RepositoryClient,
  document: ManifestDocument | undefined
): Promise<string | undefined> {
  const said = document?.annotations['dev.sigstore.bundle.predicateType']
  if (said !== undefined) return said
  const [layer] = document?.layers ?? []
  if (layer === undefined || layer.size > MAX_BUNDLE) return undefined
  const type = bundleContent(await readBlob(client, layer)).statement?.['predicateType']
  return typeof type === 'string' ? type : undefined
}

/** Fetches a document that is larger than a manifest may be, and holds it against its digest. */
export async function readBlob(client: RepositoryClient, {digest, size}: Descriptor): Promise<Uint8Array> {
  const answer = await client.call({method: 'GET', path: `blobs/${digest}`, expect: [200], limit: size})
  return digestOf(answer.body) === digest ? answer.body : new Uint8Array()
}
