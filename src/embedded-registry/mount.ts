import {isRepositoryName} from '../oci/reference.js'
import {type GrantedAccess, scopeOfRepository} from './access.js'
import {type ContentDigest, parseContentDigest} from './content-digest.js'
import {type ServerExchange, type Reply, emptyReply} from './exchange.js'
import {blobPath, locationOf} from './location.js'
import type {Registry} from './registry.js'
import type {RouteTarget} from './route.js'

/**
 * Mounts a blob where a POST asks for it (distribution-spec, end-11); without `from`, from any repository that the
 * client may pull. Undefined where there is nothing to mount: the upload starts then.
 */
export async function mountBlob(
  registry: Registry,
  exchange: ServerExchange,
  target: RouteTarget
): Promise<Reply | undefined> {
  const mount = exchange.query.get('mount')
  const from = exchange.query.get('from')
  const needsSource = mount !== null && from !== null && isRepositoryName(from) && from !== target.repository
  const access = exchange.demand(
    scopeOfRepository(target.repository, 'pull', 'push'),
    ...(needsSource ? [scopeOfRepository(from, 'pull')] : [])
  )
  if (mount === null) return undefined
  const digest = parseContentDigest(mount)
  const source = from ?? findSource(registry, access, digest)
  if (source === undefined || !(await registry.store.mountBlob(target.repository, source, digest)))
    return undefined
  return emptyReply(201, {
    location: locationOf(registry, exchange, blobPath(target.repository, digest)),
    'docker-content-digest': digest
  })
}

function findSource(registry: Registry, access: GrantedAccess, digest: ContentDigest): string | undefined {
  return registry.store
    .repositoryNames()
    .find(name => access.mayPull(name) && registry.store.repository(name)?.blobs.has(digest))
}
