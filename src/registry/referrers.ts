import {type Digest, hexOf} from '../oci/digest.js'
import {type Descriptor, manifestOf, readManifest} from '../oci/manifest.js'
import {OCI_INDEX, bareMediaType} from '../oci/media-type.js'
import {parseTag} from '../oci/reference.js'
import type {Answer} from './exchange.js'
import {readPages} from './pages.js'
import type {RepositoryClient} from './repository-client.js'

/** The tag under which referrers lie where the registry has no API for them (distribution-spec, "Referrers Tag Schema"). */
export function fallbackTag(digest: Digest): string {
  return `sha256-${hexOf(digest)}`
}

/**
 * What refers to a manifest. Both the API and the fallback tag are read: a registry may have got the API after
 * referrers were pushed, and GHCR was seen to answer the API with an empty list (2026-09).
 */
export async function listReferrers(client: RepositoryClient, digest: Digest): Promise<Descriptor[]> {
  const lists = await Promise.all([byApi(client, digest), byFallbackTag(client, digest)])
  return [...new Map(lists.flat().map(descriptor => [descriptor.digest, descriptor])).values()]
}

/** Supported is a 200 with an index: GHCR and GAR redirect to HTML pages, others say 404. */
async function byApi(client: RepositoryClient, digest: Digest): Promise<readonly Descriptor[]> {
  const pages = await readPages(client, {
    method: 'GET',
    path: `referrers/${digest}`,
    headers: {accept: OCI_INDEX},
    expect: [200, 303, 400, 404, 405]
  })
  return pages.filter(isIndex).flatMap(({body}) => readReferrers(body))
}

function isIndex({status, headers}: Answer): boolean {
  return status === 200 && bareMediaType(headers['content-type'] ?? '') === OCI_INDEX
}

function readReferrers(body: Uint8Array): readonly Descriptor[] {
  return saysNull(body) ? [] : readManifest(manifestOf(body, OCI_INDEX)).manifests
}

/** olareg 0.1.2 writes null where there are none (2026-11). */
function saysNull(body: Uint8Array): boolean {
  try {
    const document = JSON.parse(Buffer.from(body).toString('utf8')) as {manifests?: unknown} | null
    return document?.manifests === null
  } catch {
    return false
  }
}

/** GitLab answers the fallback tag with the subject itself: only an index that is not the subject counts. */
async function byFallbackTag(client: RepositoryClient, digest: Digest): Promise<readonly Descriptor[]> {
  const manifest = await client.findManifest(parseTag(fallbackTag(digest)))
  if (manifest?.mediaType !== OCI_INDEX || manifest.digest === digest) return []
  return readManifest(manifest).manifests
}
