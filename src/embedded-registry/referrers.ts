import {MAX_MANIFEST_SIZE} from '../oci/manifest.js'
import {OCI_INDEX} from '../oci/media-type.js'
import {scopeOfRepository} from './access.js'
import {parseContentDigest} from './content-digest.js'
import {type ServerExchange, type Reply, jsonReply} from './exchange.js'
import {pageOf} from './page.js'
import type {Registry} from './registry.js'
import type {RepositoryState} from './repository-state.js'
import type {RouteTarget} from './route.js'

/** An entry of the list: a descriptor with what a client chooses by. */
interface Referrer {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
}

/**
 * GET of the manifests whose subject a digest is (distribution-spec, end-12a and 12b). Never 404: also a repository
 * or subject that nobody pushed has a list, an empty one.
 */
export function serveReferrers(registry: Registry, exchange: ServerExchange, target: RouteTarget): Reply {
  exchange.demand(scopeOfRepository(target.repository, 'pull'))
  const subject = parseContentDigest(target.reference)
  const state = registry.store.repository(target.repository)
  const all = (state?.referrersOf(subject) ?? []).flatMap(digest => referrerOf(state, digest))
  const artifactType = exchange.query.get('artifactType')
  const items = artifactType === null ? all : all.filter(entry => entry.artifactType === artifactType)
  const keyOf = (entry: Referrer): string => entry.digest
  const most = Math.min(registry.rules.pageSize, fittingCount(items))
  const page = pageOf(exchange, {items, keyOf}, most)
  const document = {schemaVersion: 2, mediaType: OCI_INDEX, manifests: page.items}
  return jsonReply(200, document, {
    ...page.headers,
    'content-type': OCI_INDEX,
    ...(artifactType === null ? {} : {'oci-filters-applied': 'artifactType'})
  })
}

function referrerOf(
  state: RepositoryState | undefined,
  digest: Parameters<RepositoryState['tagsOf']>[0]
): Referrer[] {
  const entry = state?.manifests.get(digest)
  if (entry === undefined) return []
  const {mediaType, size, artifactType, annotations} = entry
  return [
    {
      mediaType,
      digest,
      size,
      ...(artifactType === undefined ? {} : {artifactType}),
      ...(annotations ? {annotations} : {})
    }
  ]
}

/** How many entries an index has room for: no client takes a larger one than it takes as a manifest. */
function fittingCount(items: readonly Referrer[]): number {
  const largest = Math.max(1, ...items.map(item => Buffer.byteLength(JSON.stringify(item)) + 1))
  return Math.max(1, Math.floor((MAX_MANIFEST_SIZE - 1024) / largest))
}
