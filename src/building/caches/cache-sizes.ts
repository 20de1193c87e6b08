import {statSync} from 'node:fs'
import path from 'node:path'
import {type ManifestDocument, readManifest} from '../../oci/manifest.js'
import {parseReference, parseRepository, parseTag} from '../../oci/reference.js'
import type {Registries} from '../../registry/client/registries.js'
import type {CacheFlags} from '../builders/builder.js'
import type {TierUse} from '../builders/cache-tiers-log.js'
import type {StepCacheUse} from '../builders/step-cache-log.js'
import {type CacheEntry, parseCacheFlag} from './cache-flag.js'

/** Bytes by digest. */
type Sizes = Map<string, number>

/** A build of more steps than this is not asked for each: its bytes are not told. */
const MOST_STEPS = 50

/**
 * What was written by BuildKit in bytes. Its log names layers; their sizes are those of the image, of files in a folder, and of
 * the manifest of a cache in a registry. What is nowhere told stays unknown, such as that of GitHub's cache with layers of its own.
 */
export async function withWrittenSizes(
  uses: readonly TierUse[],
  {to}: CacheFlags,
  {image, registries}: {readonly image: ManifestDocument; readonly registries: Registries}
): Promise<TierUse[]> {
  const isTold = uses.some(
    ({direction, fault, layers}) => direction === 'written' && !fault && layers?.length
  )
  if (!isTold) return [...uses]
  const sizes: Sizes = new Map(image.layers.map(({digest, size}) => [digest, size]))
  const written = new Set(uses.flatMap(({layers}) => layers ?? []))
  const entries = to.flatMap(parseCacheFlag)
  for (const entry of entries) addFileSizes(entry, written, sizes)
  if ([...written].some(layer => !sizes.has(layer)))
    await Promise.all(entries.map(async entry => await addManifestSizes(entry, registries, sizes)))
  return uses.map(use => {
    const found = (use.layers ?? []).map(layer => sizes.get(layer))
    const bytes = found.reduce<number>((sum, size) => sum + (size ?? 0), 0)
    return use.layers === undefined || found.includes(undefined) ? use : {...use, bytes}
  })
}

function addFileSizes({type, attributes}: CacheEntry, layers: ReadonlySet<string>, sizes: Sizes): void {
  const folder = type === 'local' ? attributes.get('dest') : undefined
  if (folder === undefined) return
  for (const layer of layers) {
    const found = statSync(path.join(folder, 'blobs', ...layer.split(':')), {throwIfNoEntry: false})
    if (found !== undefined) sizes.set(layer, found.size)
  }
}

async function addManifestSizes(
  {type, attributes}: CacheEntry,
  registries: Registries,
  sizes: Sizes
): Promise<void> {
  const place = type === 'registry' ? attributes.get('ref') : undefined
  if (place === undefined) return
  try {
    const {repository, tag = parseTag('latest')} = parseReference(place)
    const manifest = await registries.repository(repository, 'pull').getManifest(tag)
    for (const {digest, size} of readManifest(manifest).layers) sizes.set(digest, size)
  } catch {
    // It can be read by the builder, and not by this program: its sizes are not known.
  }
}

/**
 * What podman or buildah had of each cache: steps, and bytes by the manifests of the steps.
 * @param names the tiers behind repositories on this machine
 */
export async function usesOfSteps(
  uses: readonly StepCacheUse[],
  names: ReadonlyMap<string, string>,
  registries: Registries
): Promise<TierUse[]> {
  return await Promise.all(
    uses.map(async ({repository, direction, tags}) => {
      const bytes = await bytesOf(repository, tags, registries)
      return {
        tier: names.get(repository) ?? `type=registry,ref=${repository}`,
        direction,
        steps: tags.length,
        ...(bytes === undefined ? {} : {bytes}),
        isEmpty: false
      }
    })
  )
}

async function bytesOf(
  repository: string,
  tags: readonly string[],
  registries: Registries
): Promise<number | undefined> {
  if (tags.length > MOST_STEPS) return undefined
  try {
    const client = registries.repository(parseRepository(repository), 'pull')
    const manifests = await Promise.all(tags.map(async tag => await client.getManifest(parseTag(tag))))
    const sizes: Sizes = new Map(
      manifests.flatMap(manifest => readManifest(manifest).layers).map(({digest, size}) => [digest, size])
    )
    return [...sizes.values()].reduce((sum, size) => sum + size, 0)
  } catch {
    return undefined
  }
}
