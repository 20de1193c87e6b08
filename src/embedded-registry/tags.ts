import {scopeOfRepository} from './access.js'
import {type ServerExchange, type Reply, jsonReply} from './exchange.js'
import {pageOf} from './page.js'
import {Refusal} from './refusal.js'
import type {Registry} from './registry.js'
import type {RouteTarget} from './route.js'

/** GET of the tags of a repository in the order of their bytes (distribution-spec, end-8a and 8b). */
export function serveTags(registry: Registry, exchange: ServerExchange, target: RouteTarget): Reply {
  exchange.demand(scopeOfRepository(target.repository, 'pull'))
  const state = registry.store.repository(target.repository)
  if (state === undefined)
    throw new Refusal('NAME_UNKNOWN', 'nothing was pushed to this repository', {
      detail: {name: target.repository}
    })
  const items = [...state.tags.keys()].sort()
  const page = pageOf(exchange, {items, keyOf: tag => tag}, registry.rules.pageSize)
  return jsonReply(200, {name: target.repository, tags: page.items}, page.headers)
}

/** GET of all repositories (distribution, docs/spec/api.md "Catalog"): not in the specification, but many tools ask. */
export function listRepositories(registry: Registry, exchange: ServerExchange): Reply {
  exchange.demand({type: 'registry', name: 'catalog', actions: ['*']})
  const list = {items: registry.store.repositoryNames(), keyOf: (name: string) => name}
  const page = pageOf(exchange, list, registry.rules.pageSize)
  return jsonReply(200, {repositories: page.items}, page.headers)
}
