import {ReleaseError} from '../../errors.js'
import {EMPTY_CONFIG} from '../../oci/artifact-manifest.js'
import {type Digest, hexOf} from '../../oci/digest.js'
import {type Descriptor, type Manifest, descriptorOf, manifestOf, readManifest} from '../../oci/manifest.js'
import {OCI_INDEX, bareMediaType} from '../../oci/media-type.js'
import {type Tag, formatReference, parseTag} from '../../oci/reference.js'
import type {Answer} from './http-client.js'
import {readPages} from './pages.js'
import type {RepositoryClient} from './repository-client.js'
import {fieldAt, tryParseJson} from '../../shared/json.js'

/** The tag under which referrers lie where the registry has no API for them (distribution-spec, "Referrers Tag Schema"). */
export function fallbackTag(digest: Digest): string {
  return `sha256-${hexOf(digest)}`
}

/** The tags under which cosign keeps signatures, attestations and SBOMs of a manifest (cosign's SIGNATURE_SPEC.md). */
export function signatureTags(digest: Digest): Tag[] {
  return ['sig', 'att', 'sbom'].map(kind => parseTag(`${fallbackTag(digest)}.${kind}`))
}

/**
 * What refers to a manifest. Both the API and the fallback tag are read: a registry may have got the API after
 * referrers were pushed, and GHCR was seen to answer the API with an empty list (2026-09).
 */
export async function listReferrers(client: RepositoryClient, digest: Digest): Promise<Descriptor[]> {
  const lists = await Promise.all([byApi(client, digest), byFallbackTag(client, digest)])
  return [...new Map(lists.flat().map(descriptor => [descriptor.digest, descriptor])).values()]
}

/**
 * What refers to a manifest by the API alone.
 * @returns undefined where the registry has no such API, or does not answer it for this manifest
 */
export async function referrersByApi(
  client: RepositoryClient,
  digest: Digest
): Promise<readonly Descriptor[] | undefined> {
  const state = {isIndex: false}
  const listed = await readPages(client, {
    request: {
      method: 'GET',
      path: `referrers/${digest}`,
      headers: {accept: OCI_INDEX},
      expect: [200, 303, 400, 404, 405]
    },
    entriesOf: answer => {
      if (!isIndex(answer)) return []
      state.isIndex = true
      return readReferrers(answer.body)
    },
    keyOf: descriptor => descriptor.digest
  })
  return state.isIndex ? listed : undefined
}

/** Supported is a 200 with an index: GHCR and GAR redirect to HTML pages, others say 404. */
async function byApi(client: RepositoryClient, digest: Digest): Promise<readonly Descriptor[]> {
  const listed = (await referrersByApi(client, digest)) ?? []
  return await Promise.all(listed.map(async descriptor => await typed(client, descriptor)))
}

/** zot 1.4.3 gives the type of the config for that of the artifact (2026-11): of an empty config the manifest says it. */
async function typed(client: RepositoryClient, descriptor: Descriptor): Promise<Descriptor> {
  if (descriptor.artifactType !== EMPTY_CONFIG) return descriptor
  const manifest = await client.findManifest(descriptor.digest)
  return manifest === undefined ? descriptor : referrerDescriptor(manifest)
}

function isIndex({status, headers}: Answer): boolean {
  return status === 200 && bareMediaType(headers['content-type'] ?? '') === OCI_INDEX
}

function readReferrers(body: Uint8Array): readonly Descriptor[] {
  return saysNull(body) ? [] : readManifest(manifestOf(body, OCI_INDEX)).manifests
}

/** olareg 0.1.2 writes null where there are none (2026-11). */
function saysNull(body: Uint8Array): boolean {
  return fieldAt(tryParseJson(body), 'manifests') === null
}

/** GitLab answers the fallback tag with the subject itself: only an index that is not the subject counts. */
async function byFallbackTag(client: RepositoryClient, digest: Digest): Promise<readonly Descriptor[]> {
  const manifest = await client.findManifest(parseTag(fallbackTag(digest)))
  if (manifest?.mediaType !== OCI_INDEX || manifest.digest === digest) return []
  return readManifest(manifest).manifests
}

/** How often the list at a fallback tag is written again that another writer replaced meanwhile. */
const ROUNDS = 3

/**
 * Makes manifests that were pushed be listed as referrers: a registry with the API does so by itself, on any other they
 * are joined to the list at the fallback tag. Nobody can lock that tag, so that it is read again after it was written.
 * @throws ReleaseError REGISTRY_FAILED where others replace the list again and again
 */
export async function addReferrers(
  client: RepositoryClient,
  subject: Digest,
  referrers: readonly Manifest[]
): Promise<void> {
  const tag = parseTag(fallbackTag(subject))
  for (let round = 0; round <= ROUNDS; round++) {
    const listed = (await listReferrers(client, subject)).map(({digest}) => digest)
    const missing = referrers.filter(({digest}) => !listed.includes(digest))
    if (missing.length === 0) return
    const standing = await byFallbackTag(client, subject)
    await client.putManifest(referrersIndex([...standing, ...missing.map(referrerDescriptor)]), tag)
  }
  throw new ReleaseError(
    'REGISTRY_FAILED',
    `${formatReference(client.repository, tag)}: the list of referrers does not keep what is written there`,
    {hint: 'Another run writes it, too; run this again when that is over.'}
  )
}

/** Sorted, so that the same referrers give the same list. */
function referrersIndex(entries: readonly Descriptor[]): Manifest {
  const manifests = [...entries].sort((a, b) => (a.digest < b.digest ? -1 : 1))
  const document = {schemaVersion: 2, mediaType: OCI_INDEX, manifests}
  return manifestOf(new TextEncoder().encode(JSON.stringify(document)), OCI_INDEX)
}

/** As the API would describe it (distribution-spec, "Listing Referrers"). */
function referrerDescriptor(manifest: Manifest): Descriptor {
  const {artifactType, config, annotations} = readManifest(manifest)
  const type = artifactType ?? config?.mediaType
  return {
    ...descriptorOf(manifest),
    ...(type === undefined ? {} : {artifactType: type}),
    ...(Object.keys(annotations).length === 0 ? {} : {annotations})
  }
}
