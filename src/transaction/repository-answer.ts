import {messageOf} from '../errors.js'
import {readManifest} from '../oci/manifest.js'
import {formatRepository, parseTag} from '../oci/reference.js'
import type {PlannedTag} from '../plan/plan.js'
import type {RepositoryClient} from '../registry/repository-client.js'
import {listFirstTags} from '../registry/tag-list.js'
import type {RepositoryAnswer} from '../release/expected-moves.js'
import type {Standing} from '../release/tag-decision.js'
import {describeOddness} from './odd-content.js'
import {annotatedFacts} from './standing-tags.js'

/** More tags than this are left to the merge: registries limit how much one asks of them. */
const MAX_TAGS = 100

/**
 * Asks what stands at some tags, all requests side by side and none after another: an image without annotations, whose
 * labels would take two more, is left to the merge. Never rejects; what failed is the answer's fault.
 */
export async function askRepository(
  client: RepositoryClient,
  tags: readonly PlannedTag[]
): Promise<RepositoryAnswer> {
  const names = [...new Set(tags.map(({name}) => name))].slice(0, MAX_TAGS)
  const isForward = tags.some(tag => tag.class === 'forward')
  const faults: unknown[] = []
  const standing = new Map<string, Standing | undefined>()
  const ask = async (name: string): Promise<void> => {
    const found = await findStanding(client, name)
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

type Found = Standing | 'nameless' | undefined

async function findStanding(client: RepositoryClient, name: string): Promise<Found> {
  const manifest = await client.findManifest(parseTag(name))
  if (manifest === undefined) return undefined
  const {digest} = manifest
  try {
    const facts = annotatedFacts(readManifest(manifest).annotations)
    return facts === undefined ? 'nameless' : {digest, ...facts}
  } catch (error) {
    return {digest, odd: describeOddness(manifest, error)}
  }
}
