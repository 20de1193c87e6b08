import {ReleaseError} from '../../errors.js'
import {SOURCE} from '../../oci/annotations.js'
import type {Digest} from '../../oci/digest.js'
import type {Manifest} from '../../oci/manifest.js'
import {type Tag, formatReference} from '../../oci/reference.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import {type TagList, listTags, readTagList} from '../../registry/client/tag-list.js'
import {candidateOf} from '../decide/publication-plan.js'
import type {PlannedImage, PublishedTag, ReleaseFacts} from '../../contracts/planned-image.js'
import {type Candidate, type TagDecision, decideTag} from '../decide/tag-decision.js'
import {publishedAs, currentVersion} from '../../versions/version-names.js'
import {type CurrentTag, CurrentTags} from './current-tags.js'

/** One tag in one repository: where it is to point, what is there, and what is to happen. */
export interface TagMove {
  readonly publication: PlannedImage
  readonly client: RepositoryClient
  readonly tag: PublishedTag
  readonly index: Manifest
  readonly options: MoveOptions
  readonly standing: CurrentTag | undefined
  /** The tags of the repository when this was decided; empty where no version is at stake. */
  readonly published: readonly Tag[]
  /** Those when it was decided first, where it was decided again since. */
  readonly publishedFirst?: readonly Tag[]
  /** Tags that were listed later, when this was decided again, or is undone: a version among them may be gone since. */
  readonly witnessed?: readonly Tag[]
  readonly decision: TagDecision
  /** No later than this the tag was read for this decision, by the clock of the ports; undefined where it is not known. */
  readonly checked?: number
}

/** How tags are decided and moved. */
export interface MoveOptions {
  readonly facts: ReleaseFacts
  /** Move tags that would stay because what is there is newer. */
  readonly allowBackward: boolean
  /** Decides in place of the class of the tag. */
  readonly rule?: MoveRule
}

/** How tags are decided that do not move by their class. */
export interface MoveRule {
  readonly decide: (standing: CurrentTag | undefined) => TagDecision
  /** What to do where it refuses. */
  readonly hint: string
}

/** With more tags than this in a repository, the list of its tags says which are free: that is one request for all. */
const MANY_TAGS = 8

/** What a tag move is about. */
type Place = Pick<TagMove, 'publication' | 'index' | 'client' | 'options' | 'checked'>

/** `registry/name:tag` */
export function tagReference({client, tag}: Pick<TagMove, 'client' | 'tag'>): string {
  return formatReference(client.repository, tag.name)
}

/** A tag, and what is there. */
type Situation = Pick<TagMove, 'tag' | 'standing'>

/** What was read of the tags of a publication in one repository. */
export interface TagReading {
  readonly client: RepositoryClient
  readonly situations: readonly Situation[]
  readonly published: readonly Tag[]
}

/** What is read: `digest` where it is known already what the tags are to point at. */
export interface WantedTags extends Pick<TagMove, 'publication' | 'options'> {
  readonly digest?: Digest
}

/** Reads what is at every tag of a publication, in all repositories side by side. */
export async function readTags(
  clients: readonly RepositoryClient[],
  wanted: WantedTags
): Promise<TagReading[]> {
  return await Promise.all(clients.map(async client => await readIn(client, wanted.publication.tags, wanted)))
}

/** Decides what is to happen with each tag that was read. */
export function decideRead(readings: readonly TagReading[], place: Omit<Place, 'client'>): TagMove[] {
  return readings.flatMap(reading => decideIn({...place, client: reading.client}, reading))
}

/** Reads what is at every tag of a publication, and decides what is to happen with each. */
export async function decideMoves(
  publication: PlannedImage,
  index: Manifest,
  clients: readonly RepositoryClient[],
  options: MoveOptions
): Promise<TagMove[]> {
  const readings = await readTags(clients, {publication, options, digest: index.digest})
  return decideRead(readings, {publication, index, options})
}

/** Reads again what is at the tag of a move, and decides again. What was listed before is not forgotten. */
export async function decideAnew(move: TagMove): Promise<TagMove> {
  const wanted = {...move, digest: move.index.digest}
  const [decided = move] = decideIn(move, await readIn(move.client, [move.tag], wanted))
  const {published, publishedFirst = published, witnessed = []} = move
  return {
    ...decided,
    publishedFirst,
    witnessed: [...new Set([...witnessed, ...published, ...decided.published])]
  }
}

async function readIn(
  client: RepositoryClient,
  tags: readonly PublishedTag[],
  {publication, options: {facts, rule}, digest}: WantedTags
): Promise<TagReading> {
  const isVersioned =
    rule === undefined && facts.version !== undefined && tags.some(tag => tag.class === 'forward')
  const standing = new CurrentTags(client, {digest, source: publication.annotations[SOURCE]})
  const list = isVersioned ? readTagList(client) : undefined
  const isMany = tags.length > MANY_TAGS
  const free: readonly PublishedTag[] = isMany
    ? unlisted(tags, await (list ?? readTagList(client).catch(() => undefined)))
    : []
  const [published, situations] = await Promise.all([
    list,
    Promise.all(
      tags.map(async tag => ({tag, standing: free.includes(tag) ? undefined : await standing.read(tag)}))
    )
  ])
  const tagsThere = published?.tags ?? []
  const isAhead = (one: Situation, listed: readonly Tag[]): boolean =>
    isAheadOf({...one, published: listed}, candidateOf(facts, publication.annotations))
  if (list === undefined || !situations.some(one => isAhead(one, tagsThere)))
    return {client, published: tagsThere, situations}
  // What was read before the list may have come in between, or be gone since: whoever goes back to it has to know.
  const all = [...new Set([...tagsThere, ...(await listTags(client))])]
  return {
    client,
    published: all,
    situations: await Promise.all(
      situations.map(async one =>
        isAhead(one, all) ? {...one, standing: await standing.read(one.tag)} : one
      )
    )
  }
}

/** Whether an alias is at a version that the repository does not list. */
function isAheadOf(
  {tag, standing, published}: Situation & Pick<TagMove, 'published'>,
  candidate: ReleaseFacts
): boolean {
  if (tag.class !== 'forward' || standing === undefined) return false
  const isKnown = currentVersion(standing, candidate) !== undefined
  return isKnown && publishedAs(published, standing, candidate) === undefined
}

/**
 * Whether an alias is at a version that the repository does not list, though releases have version tags there: that
 * release is being taken back, or its version tag alone was deleted.
 */
export function isAhead(move: TagMove): boolean {
  const {publication, options, published} = move
  const hasVersions = publication.tags.some(tag => tag.class === 'immutable')
  return (
    hasVersions && published.length > 0 && options.rule === undefined && isAheadOf(move, candidateAt(move))
  )
}

/** Tags that a list shows to be free. What must never change is asked for itself. */
function unlisted(tags: readonly PublishedTag[], list: TagList | undefined): PublishedTag[] {
  if (list?.isWhole !== true) return []
  return tags.filter(tag => tag.class !== 'immutable' && !list.tags.includes(tag.name))
}

function decideIn(
  {publication, index, client, options, checked}: Place,
  {situations, published}: TagReading
): TagMove[] {
  const place = {
    publication,
    index,
    client,
    options,
    published,
    ...(checked === undefined ? {} : {checked})
  }
  const candidate = candidateAt(place)
  const {rule, allowBackward} = options
  return situations.map(({tag, standing: found}) => {
    // What is to be there needs no putting back.
    const standing = found?.digest === index.digest ? {digest: found.digest} : found
    const situation = {tag, standing}
    if (rule !== undefined) return {...place, ...situation, decision: rule.decide(standing)}
    const decision = decideTag({...situation, published}, candidate)
    const isForced = allowBackward && decision.action === 'keep'
    return {...place, ...situation, decision: isForced ? forced(situation) : decision}
  })
}

/** What a move would make its tag point at. */
export function candidateAt({options, publication, index}: Omit<Place, 'client'>): Candidate {
  return {...candidateOf(options.facts, publication.annotations), digest: index.digest}
}

function forced({standing}: Pick<TagMove, 'standing'>): TagDecision {
  return {action: standing === undefined ? 'create' : 'move'}
}

/** @throws ReleaseError TAG_REFUSED, with every tag that must not move */
export function assertAllowed(moves: readonly TagMove[]): void {
  const refused = moves.filter(({decision}) => decision.action === 'refuse')
  const [first] = refused
  if (first === undefined) return
  const lines = refused.map(
    move => `${tagReference(move)} ${'note' in move.decision ? move.decision.note : ''}`
  )
  throw new ReleaseError('TAG_REFUSED', `tags that must not change:\n  ${lines.join('\n  ')}`, {
    hint: first.options.rule?.hint ?? refusalHint(refused)
  })
}

function refusalHint(refused: readonly TagMove[]): string {
  const isOdd = refused.some(({standing}) => standing?.odd !== undefined)
  return isOdd
    ? 'Nothing was written. Release a new version, or delete the tag if nobody needs what is there.'
    : 'Nothing was written. Release a new version; a version that is published stays what it is.'
}

/** Whether a move writes. */
export function isWrite({decision}: TagMove): boolean {
  return decision.action === 'create' || decision.action === 'move'
}
