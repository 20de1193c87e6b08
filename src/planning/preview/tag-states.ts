import {messageOf} from '../../errors.js'
import {type Manifest, readManifest} from '../../oci/manifest.js'
import {formatRepository, parseTag} from '../../oci/reference.js'
import type {PlannedTag} from '../../contracts/plan.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import {listFirstTags} from '../../registry/client/tag-list.js'
import type {RepositoryAnswer} from './tag-preview.js'
import type {ReleaseFacts} from '../../contracts/planned-image.js'
import type {CurrentState} from '../../publishing/decide/tag-decision.js'
import {describeOddness} from '../../publishing/collect/odd-content.js'
import {annotatedFacts, imageFacts} from '../../publishing/move/current-tags.js'

/** More tags than this are left to the merge: registries limit how much one asks of them. */
const MAX_TAGS = 100

/**
 * Asks what is at some tags, all requests side by side. The labels of an image without annotations take two more,
 * one after the other: they are read at immutable tags, which would end the release when all is built, and left to the
 * merge elsewhere. Never rejects; what failed is the answer's fault.
 * @param source the address of the source of what is released
 */
export async function askRepository(
  client: RepositoryClient,
  tags: readonly PlannedTag[],
  source?: string
): Promise<RepositoryAnswer> {
  const immutable = new Set(tags.filter(tag => tag.class === 'immutable').map(({name}) => name))
  const names = [...new Set(tags.map(({name}) => name))].slice(0, MAX_TAGS)
  const isForward = tags.some(tag => tag.class === 'forward')
  const faults: unknown[] = []
  const standing = new Map<string, CurrentState | undefined>()
  const ask = async (name: string): Promise<void> => {
    const found = await findStanding(client, name, manifest =>
      immutable.has(name) ? imageFacts(client, manifest, source) : 'nameless'
    )
    if (found !== 'nameless') standing.set(name, found)
  }
  const keep = (fault: unknown): void => void faults.push(fault)
  const [published] = await Promise.all([
    isForward ? listFirstTags(client).catch(keep) : undefined,
    ...names.map(async name => await ask(name).catch(keep))
  ])
  const [fault] = faults
  return {
    image: formatRepository(client.repository),
    standing,
    published: published ?? [],
    ...(fault === undefined ? {} : {fault: messageOf(fault)})
  }
}

type Found = CurrentState | 'nameless' | undefined

async function findStanding(
  client: RepositoryClient,
  name: string,
  otherwise: (manifest: Manifest) => 'nameless' | Promise<ReleaseFacts>
): Promise<Found> {
  const manifest = await client.findManifest(parseTag(name))
  if (manifest === undefined) return undefined
  const {digest} = manifest
  try {
    const facts = annotatedFacts(readManifest(manifest).annotations) ?? (await otherwise(manifest))
    return facts === 'nameless' ? facts : {digest, ...facts}
  } catch (error) {
    return {digest, odd: describeOddness(manifest, error)}
  }
}
