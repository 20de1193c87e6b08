import type {Repository} from '../../oci/reference.js'
import type {Credential, Ports} from '../../ports.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import type {RepositoryBackend} from '../repository-backend.js'
import {registryBackend} from './registry-backend.js'

/** The ways to list and delete: the registry's own API, or that of the host of packages that stands before it. */
export const BACKENDS = ['registry', 'ghcr', 'docker-hub'] as const

export type BackendKind = (typeof BACKENDS)[number]

/** What a backend is opened with. */
export interface BackendParts {
  readonly repository: Repository
  /** Reads, and writes where anything is to be deleted. */
  readonly client: RepositoryClient
  /** With the right to delete, to ask what the registry can do. */
  readonly deleting: RepositoryClient
  readonly isDryRun: boolean
  /** The login for the registry, for hosts whose own API takes it. */
  readonly credential: () => Promise<Credential | undefined>
  readonly githubToken: string | undefined
  /** `owner/name` of the source, for messages. */
  readonly runsIn: string | undefined
  readonly ports: Ports
}

/** The container registry of GitHub Enterprise Cloud with data residency, by the host of its company. */
const OF_GHE_COM = /^containers\.[\w-]+\.ghe\.com$/

/**
 * The backend that a repository has, if nothing else is said.
 * @param githubHost the host of the GitHub that the run belongs to: an Enterprise Server has its container registry at
 * `containers.` before it (docs, "Working with the Container registry", Enterprise Server)
 */
export function backendKindOf({registry}: Pick<Repository, 'registry'>, githubHost?: string): BackendKind {
  const isOfServer = githubHost !== undefined && registry.replace(/:\d+$/, '') === `containers.${githubHost}`
  if (registry === 'ghcr.io' || OF_GHE_COM.test(registry) || isOfServer) return 'ghcr'
  return registry === 'docker.io' ? 'docker-hub' : 'registry'
}

/** Opens a backend. The code of the hosts of packages is loaded where it is used only. */
export async function openBackend(kind: BackendKind, parts: BackendParts): Promise<RepositoryBackend> {
  const {client, deleting, isDryRun} = parts
  if (kind === 'ghcr') return await openGhcr(parts)
  const registry = registryBackend(client, {client: deleting, isMeant: !isDryRun})
  return kind === 'docker-hub' ? await openDockerHub(registry, parts) : registry
}

async function openDockerHub(registry: RepositoryBackend, parts: BackendParts): Promise<RepositoryBackend> {
  const {dockerHubBackend} = await import('./docker-hub-backend.js')
  const {repository, client, ports, credential} = parts
  return dockerHubBackend({
    repository,
    registry,
    digestAt: async tag => (await client.headManifest(tag))?.digest,
    credential,
    send: ports.send,
    clock: ports.clock,
    signal: ports.signal
  })
}

async function openGhcr(parts: BackendParts): Promise<RepositoryBackend> {
  const {ghcrBackend} = await import('./ghcr-backend.js')
  const {repository, client, ports, githubToken, isDryRun, runsIn} = parts
  return ghcrBackend({
    repository,
    github: ports.github(githubToken),
    purpose: isDryRun ? 'list' : 'delete',
    clock: ports.clock,
    signal: ports.signal,
    isInRegistry: async () => {
      const {status} = await client.call({method: 'GET', path: 'tags/list?n=1', expect: [200, 404]})
      return status === 200
    },
    ...(runsIn === undefined ? {} : {runsIn})
  })
}
