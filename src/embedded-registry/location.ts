import type {ServerExchange} from './exchange.js'
import type {Registry} from './registry.js'

/** A path of this registry as a Location header gives it: whole or relative, both are allowed. */
export function locationOf(registry: Registry, exchange: ServerExchange, path: string): string {
  return registry.rules.relativeLocations ? path : `${exchange.origin}${path}`
}

export function blobPath(repository: string, digest: string): string {
  return `/v2/${repository}/blobs/${digest}`
}

export function uploadPath(repository: string, id: string): string {
  return `/v2/${repository}/blobs/uploads/${id}`
}

export function manifestPath(repository: string, digest: string): string {
  return `/v2/${repository}/manifests/${digest}`
}
