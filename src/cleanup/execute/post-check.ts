import {ReleaseError} from '../../errors.js'
import type {Digest} from '../../oci/digest.js'
import {type Tag, formatReference} from '../../oci/reference.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import {Links} from '../policy/reachability.js'
import type {RepositoryBackend} from '../repository-backend.js'
import {eachAtOnce} from '../../shared/at-once.js'
import {NOTHING} from '../inventory/inventory-reader.js'
import type {PlannedRepository} from '../repository-cleanup.js'
import type {SweepResult} from './sweep.js'

/**
 * Reads every tag that the repository has after a clean-up, through all its children, whatever the plan said of it.
 * @throws ReleaseError VERIFY_FAILED, with the tags that are broken and how to bring back what they lack
 */
export async function assertWhole(planned: PlannedRepository, result: SweepResult): Promise<void> {
  const {client, backend, plan} = planned
  const {places, there} = await readTags(planned)
  const gone = new Set<Tag>([...result.tags, ...tagsDeleted(planned, result)])
  const unlisted = [...plan.standing.keys()].filter(tag => !places.has(tag) && !gone.has(tag))
  // A tag that moves while pages are read may be on none of them.
  const lost = [...(await unknownTo(client, unlisted))]
  const missing = await missingParts(planned, places, there)
  if (lost.length + missing.size === 0) return
  const named = (reference: Tag | Digest): string => formatReference(client.repository, reference)
  const parts = [...new Set([...missing.values()].flat())]
  throw new ReleaseError(
    'VERIFY_FAILED',
    [
      ...(lost.length > 0
        ? [`after the clean-up these tags are not there any more: ${lost.map(named).join(', ')}`]
        : []),
      ...[...tagsByParts(missing, named)].map(
        ([digests, tags]) =>
          `after the clean-up ${tags.map(named).join(', ')} ${tags.length === 1 ? 'reaches' : 'reach'} what is not there: ${digests}`
      )
    ].join('; '),
    {hint: hintFor(backend, parts, parts.map(named))}
  )
}

/**
 * Reads every tag of a repository through all its children.
 * @returns what each broken tag reaches that is not there, nothing for one that leads nowhere; and how many tags there are
 */
export async function findBrokenTags(
  planned: PlannedRepository
): Promise<{readonly broken: ReadonlyMap<Tag, readonly Digest[]>; readonly tags: number}> {
  const {places, there, lost} = await readTags(planned)
  const missing = await missingParts(planned, places, there)
  const nowhere = planned.inventory.lost.filter(tag => lost.has(tag)).map((tag): [Tag, Digest[]] => [tag, []])
  return {broken: new Map([...missing, ...nowhere]), tags: places.size + nowhere.length}
}

/** Tags that lack the same together, for one image often has several. */
function tagsByParts(
  missing: ReadonlyMap<Tag, readonly Digest[]>,
  named: (digest: Digest) => string
): Map<string, Tag[]> {
  const groups = new Map<string, Tag[]>()
  for (const [tag, digests] of missing) {
    const key = digests.map(named).join(', ')
    groups.set(key, [...(groups.get(key) ?? []), tag])
  }
  return groups
}

function hintFor(
  backend: RepositoryBackend,
  missing: readonly Digest[],
  references: readonly string[]
): string {
  if (missing.length === 0 || backend.restoreVersion === undefined)
    return 'They were broken before, or another run changed them. Publish the version again, or delete the tag by delete-tags.'
  const byHand = backend.restoreHint === undefined ? '' : ` or: ${backend.restoreHint(missing)}`
  return `Bring them back: image-release cleanup-latest --restore ${references.join(',')}${byHand}`
}

/** Tags that went with what they pointed at. */
function tagsDeleted({plan}: PlannedRepository, {versions}: SweepResult): Tag[] {
  const deleted = new Set(versions)
  return plan.waves
    .flat()
    .filter(({digest}) => deleted.has(digest))
    .flatMap(({tags}) => tags)
}

interface FoundTag {
  readonly places: ReadonlyMap<Tag, Digest>
  /** All that is listed. */
  readonly there: ReadonlySet<Digest>
  /** Tags that are listed, and lead nowhere. */
  readonly lost: ReadonlySet<Tag>
}

/** Where all tags are now. What came since is taken in. */
async function readTags({backend, inventory}: PlannedRepository): Promise<FoundTag> {
  const places = new Map<Tag, Digest>()
  const there = new Set<Digest>()
  const lost = new Set<Tag>()
  for await (const page of backend.versions()) {
    for (const tag of page.lost ?? []) lost.add(tag)
    for (const version of page.versions) {
      there.add(version.digest)
      for (const tag of version.tags) places.set(tag, version.digest)
      if (version.tags.length > 0) inventory.welcome(version)
    }
  }
  return {places, there, lost}
}

/** What of each tag's parts is not there, by the tag. */
async function missingParts(
  planned: PlannedRepository,
  places: ReadonlyMap<Tag, Digest>,
  there: ReadonlySet<Digest>
): Promise<Map<Tag, Digest[]>> {
  const {inventory} = planned
  const roots = new Set(places.values())
  const links = await linksOfAll(roots, planned)
  const asked = [...links.descend(roots)].filter(
    digest => !(inventory.isWhole ? there.has(digest) : roots.has(digest))
  )
  const absent = await absentOf(asked, planned)
  if (absent.size === 0) return new Map()
  return new Map(
    [...places]
      .map(([tag, root]): [Tag, Digest[]] => [tag, [...links.descend([root])].filter(one => absent.has(one))])
      .filter(([, digests]) => digests.length > 0)
  )
}

/** Reads what is not known of what tags reach, until all is; a manifest never changes, and is read once. */
async function linksOfAll(roots: ReadonlySet<Digest>, {inventory}: PlannedRepository): Promise<Links> {
  for (;;) {
    const links = new Links(inventory)
    const unread = [...links.descend(roots)].filter(
      digest => inventory.versions.get(digest)?.content.kind === 'unread'
    )
    if (unread.length === 0) return links
    await inventory.supply({...NOTHING, contents: unread})
  }
}

/** A listing may shift under the reading: what it lacks is looked for in another. Elsewhere each is asked for. */
async function absentOf(
  digests: readonly Digest[],
  {client, backend, inventory}: PlannedRepository
): Promise<Set<Digest>> {
  if (!inventory.isWhole) return await unknownTo(client, digests)
  const absent = new Set(digests)
  if (absent.size === 0) return absent
  for await (const {versions} of backend.versions()) for (const {digest} of versions) absent.delete(digest)
  return absent
}

/** What the registry does not know, of tags or digests. */
async function unknownTo<Reference extends Tag | Digest>(
  client: RepositoryClient,
  references: readonly Reference[]
): Promise<Set<Reference>> {
  const unknown = new Set(references)
  await eachAtOnce(references, async reference => {
    if ((await client.headManifest(reference)) !== undefined) unknown.delete(reference)
  })
  return unknown
}
