import type {Digest} from '../oci/digest.js'
import type {Tag} from '../oci/reference.js'
import {listTags} from '../registry/tag-list.js'
import {readContent} from '../retention/content.js'
import type {ListedVersion} from '../retention/repository-backend.js'
import type {PlannedRepository} from './repository-cleanup.js'

/** What is compared with how things stood when the plan was made. */
type Looked = Pick<PlannedRepository, 'backend' | 'client' | 'inventory' | 'plan' | 'tags'>

/**
 * Looks once more, just before the first deletion, whether anything came or moved since the plan was made that keeps
 * what is to go. A host that lists everything is asked for its listing; on any other, each tag is asked for.
 * @returns what changed, for people; undefined where nothing did
 */
export async function changeSince(planned: Looked): Promise<string | undefined> {
  const {client, tags, inventory} = planned
  const known = new Set<Tag>(tags)
  const came = (await listTags(client)).find(tag => !known.has(tag))
  if (came !== undefined) return `the tag ${came} came`
  return inventory.isWhole ? await changeInListing(planned) : await movedTag(planned)
}

async function movedTag({client, plan}: Looked): Promise<string | undefined> {
  const heads = await Promise.all(
    [...plan.standing].map(async ([tag, digest]) => ({tag, digest, head: await client.headManifest(tag)}))
  )
  const moved = heads.find(({digest, head}) => head?.digest !== digest)
  return moved === undefined ? undefined : `the tag ${moved.tag} moved`
}

async function changeInListing(planned: Looked): Promise<string | undefined> {
  const {backend, plan} = planned
  const listed = new Map<Digest, ListedVersion>()
  for await (const {versions} of backend.versions())
    for (const version of versions) listed.set(version.digest, version)
  const places = new Map([...listed.values()].flatMap(({digest, tags}) => tags.map(tag => [tag, digest])))
  const moved =
    [...plan.standing].find(([tag, digest]) => places.get(tag) !== digest)?.[0] ??
    plan.tags.find(({tag, digest}) => (places.get(tag) ?? digest) !== digest)?.tag
  if (moved !== undefined) return `the tag ${moved} moved`
  const came = plan.waves
    .flat()
    .flatMap(({digest, tags}) => listed.get(digest)?.tags.filter(tag => !tags.includes(tag)) ?? [])
  return came[0] === undefined ? await newReference(listed, planned) : `the tag ${came[0]} came`
}

/** An index that was pushed meanwhile may name what is to go, long before a tag points at it. */
async function newReference(
  listed: ReadonlyMap<Digest, ListedVersion>,
  {client, inventory, plan}: Looked
): Promise<string | undefined> {
  const going = new Set(plan.waves.flat().map(({digest}) => digest))
  for (const digest of listed.keys()) {
    if (inventory.versions.has(digest)) continue
    const manifest = await client.findManifest(digest)
    const children = manifest === undefined ? [] : readContent(manifest).children
    if (children.some(child => going.has(child.digest)))
      return `${digest} came, which names some of what is to go,`
  }
  return undefined
}
