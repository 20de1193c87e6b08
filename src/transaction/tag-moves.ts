import {ReleaseError, messageOf} from '../errors.js'
import {SOURCE} from '../oci/annotations.js'
import type {Manifest} from '../oci/manifest.js'
import {formatReference} from '../oci/reference.js'
import type {RepositoryClient} from '../registry/repository-client.js'
import {listTags} from '../registry/tag-list.js'
import {candidateOf} from '../release/publication-plan.js'
import {type Publication, type PublishedTag, type ReleaseFacts, stagesOf} from '../release/publication.js'
import {type TagDecision, asksForTags, decideTag} from '../release/tag-decision.js'
import {type StandingTag, readStanding} from './standing-tags.js'

/** One tag in one repository: where it is to point, what stands there, and what is to happen. */
export interface TagMove {
  readonly publication: Publication
  readonly client: RepositoryClient
  readonly tag: PublishedTag
  readonly index: Manifest
  readonly standing: StandingTag | undefined
  readonly decision: TagDecision
}

/** How tags are decided and moved. */
export interface MoveOptions {
  readonly facts: ReleaseFacts
  /** Move tags that would stay because what stands there is newer. */
  readonly allowBackward: boolean
}

/** `registry/name:tag` */
export function nameOf({client, tag}: TagMove): string {
  return formatReference(client.repository, tag.name)
}

/** Reads what stands at every tag of a publication, and decides what is to happen with each. */
export async function decideMoves(
  publication: Publication,
  index: Manifest,
  clients: readonly RepositoryClient[],
  options: MoveOptions
): Promise<TagMove[]> {
  const moves = await Promise.all(
    clients.map(async client => await decideInRepository({publication, index, client}, options))
  )
  return moves.flat()
}

async function decideInRepository(
  at: Pick<TagMove, 'publication' | 'index' | 'client'>,
  {facts, allowBackward}: MoveOptions
): Promise<TagMove[]> {
  const {publication, index, client} = at
  const {[SOURCE]: source} = publication.annotations
  const candidate = {...candidateOf(facts, publication.annotations), digest: index.digest}
  const situations = await Promise.all(
    publication.tags.map(async tag => ({
      tag,
      standing: await readStanding(client, tag.name, {digest: index.digest, source})
    }))
  )
  const isAsking = situations.some(situation => asksForTags(situation, candidate))
  const published = isAsking ? await listTags(client) : []
  return situations.map(situation => {
    const decision = decideTag({...situation, published}, candidate)
    const isForced = allowBackward && decision.action === 'keep'
    return {...at, ...situation, decision: isForced ? forced(situation) : decision}
  })
}

function forced({standing}: Pick<TagMove, 'standing'>): TagDecision {
  return {action: standing === undefined ? 'create' : 'move'}
}

/** @throws ReleaseError TAG_REFUSED, with every tag that must not move */
export function assertAllowed(moves: readonly TagMove[]): void {
  const refused = moves.flatMap(move =>
    move.decision.action === 'refuse' ? [`${nameOf(move)} ${move.decision.note}`] : []
  )
  if (refused.length === 0) return
  throw new ReleaseError('TAG_REFUSED', `tags that must not change:\n  ${refused.join('\n  ')}`, {
    hint: 'Nothing was written. Release a new version; a version that is published stays what it is.'
  })
}

/** Whether a move writes. */
export function isWrite({decision}: TagMove): boolean {
  return decision.action === 'create' || decision.action === 'move'
}

/**
 * Moves tags stage by stage, all registries side by side, and reads every tag back.
 * @param attempted receives each move before it is sent, so that the caller can undo what was begun
 * @throws ReleaseError TAG_NOT_MOVED with every tag that could not be moved or reads back as something else
 */
export async function moveTags(moves: readonly TagMove[], attempted: TagMove[]): Promise<void> {
  const writes = moves.filter(isWrite)
  const stages = stagesOf(writes.map(({tag}) => tag))
  for (const stage of stages) {
    const batch = writes.filter(({tag}) => stage.includes(tag))
    attempted.push(...batch)
    await settleAll(batch, async ({client, index, tag}) => await client.putManifest(index, tag.name))
  }
  await settleAll(
    moves.filter(({decision}) => decision.action !== 'keep'),
    readBack
  )
}

async function readBack(move: TagMove): Promise<void> {
  const head = await move.client.headManifest(move.tag.name)
  if (head?.digest === move.index.digest) return
  throw new Error(
    `reads back as ${head?.digest ?? 'nothing'}, not ${move.index.digest}; did another release move it?`
  )
}

/** Waits for all, even where one fails: nothing may still be under way when the undoing begins. */
async function settleAll(moves: readonly TagMove[], work: (move: TagMove) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(moves.map(work))
  const reasons = results.flatMap((result, position) =>
    result.status === 'rejected' ? [{move: moves[position], reason: result.reason as unknown}] : []
  )
  if (reasons.length === 0) return
  const lines = reasons.map(({move, reason}) => `${move ? nameOf(move) : ''}: ${messageOf(reason)}`)
  const hint = reasons
    .map(({reason}) => (reason instanceof ReleaseError ? reason.hint : undefined))
    .find(Boolean)
  throw new ReleaseError('TAG_NOT_MOVED', lines.join('\n  '), {cause: reasons[0]?.reason, hint})
}
