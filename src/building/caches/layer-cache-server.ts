import type {CacheFlags} from '../builders/builder.js'
import {folderFault} from '../builders/local-cache.js'
import {messageOf} from '../../errors.js'
import {type Digest, digestOf, hexOf} from '../../oci/digest.js'
import {readManifest} from '../../oci/manifest.js'
import {type Tag, parseRepository} from '../../oci/reference.js'
import type {Ports} from '../../ports.js'
import type {Registries} from '../../registry/client/registries.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import {listTags} from '../../registry/client/tag-list.js'
import {type CacheEntry, parseCacheFlag} from './cache-flag.js'

/** A cache that lies in a folder: one of this machine, or one that GitHub keeps under a name. */
interface LayerCache {
  readonly kind: 'gha' | 'local'
  /** The scope, or the path. */
  readonly place: string
  readonly isWritten: boolean
}

/** What a build does with its caches, all in registries. */
type Build<T> = (cache: CacheFlags, served: ServedTiers) => Promise<T>

/** The tier behind each repository on this machine. */
export type ServedTiers = ReadonlyMap<string, string>

/** What folders are opened and kept by. */
export interface StepTools {
  readonly ports: Ports
  readonly registries: Registries
}

/**
 * Lets podman and buildah, which keep steps in registries only, keep them in folders: each is served to the build by a
 * registry on this machine. A folder that cannot be opened or kept is left out, with a warning; it fails no build.
 */
export async function withLayerCaches<T>(cache: CacheFlags, tools: StepTools, build: Build<T>): Promise<T> {
  const isOther = (flag: string): boolean => folderIn(flag) === undefined
  return await serveAll(foldersOf(cache), tools, async (served, tiers) =>
    build(
      {
        from: [...served.from, ...cache.from.filter(isOther)],
        to: [...served.to, ...cache.to.filter(isOther)]
      },
      tiers
    )
  )
}

async function serveAll<T>(
  [folder, ...others]: readonly LayerCache[],
  tools: StepTools,
  build: Build<T>
): Promise<T> {
  if (folder === undefined) return await build({from: [], to: []}, new Map())
  const opened = await openFolder(folder, tools)
  if (opened === undefined) return await serveAll(others, tools, build)
  const reference = `type=registry,ref=${opened.repository}`
  try {
    const name = `type=${folder.kind},${folder.kind === 'gha' ? 'scope' : 'dest'}=${folder.place}`
    const result = await serveAll(others, tools, (rest, tiers) =>
      build(
        {from: [reference, ...rest.from], to: folder.isWritten ? [reference, ...rest.to] : rest.to},
        new Map([...tiers, [opened.repository, name]])
      )
    )
    if (folder.isWritten) await opened.keep()
    return result
  } finally {
    await opened.close()
  }
}

interface OpenFolder {
  /** Where its registry has the steps. */
  readonly repository: string
  /** Drops what this build had no use for, and keeps the rest for later runs. */
  readonly keep: () => Promise<void>
  readonly close: () => Promise<void>
}

async function openFolder(folder: LayerCache, tools: StepTools): Promise<OpenFolder | undefined> {
  const {ports} = tools
  const name = `${folder.kind}=${folder.place}`
  try {
    const kept = folder.kind === 'gha' ? await ports.caches.restore(folder.place) : {folder: folder.place}
    const fault = folderFault(kept.folder)
    if (fault !== undefined) throw new Error(fault)
    const {diskStorage, startEmbeddedRegistry} = await import('../../embedded-registry/embedded-registry.js')
    const server = await startEmbeddedRegistry({storage: diskStorage(kept.folder)})
    const repository = `${server.host}/steps`
    const client = tools.registries.repository(parseRepository(repository), 'pull,push,delete')
    return {
      repository,
      close: () => server.close(),
      keep: async () => {
        try {
          const tags = await dropUnused(client, tagsIn(server.requests))
          await server.close()
          if (folder.kind === 'gha') await ports.caches.save(folder.place, contentOf(tags))
        } catch (fault) {
          ports.reporter.warning(`The cache ${name} is not kept: ${messageOf(fault)}`)
        }
      }
    }
  } catch (fault) {
    ports.reporter.warning(`The cache ${name} is left out: ${messageOf(fault)}`)
    return undefined
  }
}

/** Each step has a tag that says what it was made of, and a build asks for all that it could use. */
function tagsIn(requests: readonly {path: string; status: number}[]): ReadonlySet<string> {
  const found = requests.filter(({status}) => status >= 200 && status < 300)
  return new Set(found.flatMap(({path}) => /\/manifests\/([^/:]+)$/.exec(path)?.[1] ?? []))
}

/** A folder must not grow with every change of the source. Returns the tags that stay. */
async function dropUnused(client: RepositoryClient, used: ReadonlySet<string>): Promise<Tag[]> {
  const tags = await listTags(client)
  const steps = await Promise.all(tags.map(async tag => ({tag, ...(await readStep(client, tag))})))
  const stay = steps.filter(({tag}) => used.has(tag))
  const needed = new Set(stay.flatMap(({manifest, blobs}) => [manifest, ...blobs]))
  const dropped = (digests: readonly Digest[]): Set<Digest> =>
    new Set(digests.filter(digest => !needed.has(digest)))
  for (const digest of dropped(steps.map(({manifest}) => manifest))) await client.deleteManifest(digest)
  for (const digest of dropped(steps.flatMap(({blobs}) => blobs)))
    await client.call({method: 'DELETE', path: `blobs/${digest}`, expect: [202, 404]})
  return stay.map(({tag}) => tag)
}

interface Step {
  readonly manifest: Digest
  readonly blobs: readonly Digest[]
}

async function readStep(client: RepositoryClient, tag: Tag): Promise<Step> {
  const manifest = await client.getManifest(tag)
  const {config, layers} = readManifest(manifest)
  const parts = config === undefined ? layers : [config, ...layers]
  return {manifest: manifest.digest, blobs: parts.map(({digest}) => digest)}
}

/** The same steps are kept once. */
function contentOf(tags: readonly string[]): string {
  return hexOf(digestOf(Buffer.from([...tags].sort().join('\n')))).slice(0, 16)
}

/** The tiers `gha` and `local`, as buildx writes them; each place once. */
function foldersOf({from, to}: CacheFlags): LayerCache[] {
  const places = new Map<string, LayerCache>()
  for (const [flags, isWritten] of [
    [from, false],
    [to, true]
  ] as const)
    for (const flag of flags) {
      const folder = folderIn(flag)
      if (folder !== undefined) places.set(`${folder.kind} ${folder.place}`, {...folder, isWritten})
    }
  return [...places.values()]
}

const NO_CACHE: CacheEntry = {type: '', attributes: new Map()}

/** That of BuildKit (cache/remotecache/gha), for a cache of type gha that names none. */
const DEFAULT_SCOPE = 'buildkit'

function folderIn(flag: string): Omit<LayerCache, 'isWritten'> | undefined {
  const [{type, attributes} = NO_CACHE] = parseCacheFlag(flag)
  if (type === 'gha') return {kind: 'gha', place: attributes.get('scope') || DEFAULT_SCOPE}
  const place = type === 'local' ? attributes.get('src') || attributes.get('dest') : undefined
  return place ? {kind: 'local', place} : undefined
}
