import type {Digest} from '../../oci/digest.js'
import {shortDigest} from '../../oci/digest.js'
import {type OrderedVersion, compareOrdered, isOfLine, parseOrdered} from '../../versions/version-order.js'
import type {PublishedTag, ReleaseFacts} from '../../contracts/planned-image.js'
import {
  laterOf,
  lineOf,
  newestOf,
  publishedVersions,
  releasedVersion,
  currentVersion
} from '../../versions/version-names.js'

/** What is to happen with one tag in one repository. */
export type TagDecision =
  | {readonly action: 'create'}
  | {readonly action: 'move'; readonly note?: string}
  /** It points there already. */
  | {readonly action: 'same'}
  /** It stays where it is, as its class wants; `isUnset` where that is nowhere. */
  | {readonly action: 'keep'; readonly note: string; readonly isUnset?: true}
  /** It must not move, and so the release must not happen. */
  | {readonly action: 'refuse'; readonly note: string}

/** What is at a tag. */
export interface CurrentState extends ReleaseFacts {
  readonly digest: Digest
  /** What it is and why it cannot be read, where it is nothing that a release makes. */
  readonly odd?: string
}

/** What the tag would point at. */
export interface Candidate extends ReleaseFacts {
  /** Undefined where nothing is built yet. */
  readonly digest?: Digest
}

/** A tag in a repository, with what is known of the versions there. */
export interface TagSituation {
  readonly tag: PublishedTag
  /** Undefined where the tag is free. */
  readonly standing: CurrentState | undefined
  /** The tags of the repository, where they were asked for. */
  readonly published?: readonly string[]
}

/** Whether a tag may move from what is there to what is released. */
export function decideTag(situation: TagSituation, candidate: Candidate): TagDecision {
  const {tag, standing} = situation
  if (standing === undefined) return decideFree(situation, candidate)
  if (standing.digest === candidate.digest) return {action: 'same'}
  switch (tag.class) {
    case 'immutable':
      return decideImmutable(candidate, standing)
    case 'forward':
      return decideForward({...situation, standing}, candidate)
    case 'moving':
      return standing.odd === undefined ? decideByDate(candidate, standing) : replaceOdd(standing.odd)
  }
}

/** A forward tag is not set to an old line only because it is missing in one registry. */
function decideFree(situation: TagSituation, candidate: Candidate): TagDecision {
  const newer = situation.tag.class === 'forward' ? newerElsewhere(situation, candidate) : undefined
  if (newer === undefined) return {action: 'create'}
  return {
    action: 'keep',
    note: `is not set, for ${newer}, which is newer, is released already`,
    isUnset: true
  }
}

/** The same commit may be published again: a rebuild, or a run that failed half way. */
function decideImmutable(candidate: Candidate, standing: CurrentState): TagDecision {
  if (standing.odd !== undefined) return {action: 'refuse', note: `does not move: ${standing.odd}`}
  if (candidate.revision !== undefined && candidate.revision === standing.revision) return {action: 'move'}
  const from = standing.revision === undefined ? 'another image' : `commit ${standing.revision.slice(0, 12)}`
  return {
    action: 'refuse',
    note: `is published from ${from} (${shortDigest(standing.digest)}) and does not move`
  }
}

function decideForward(
  situation: TagSituation & {readonly standing: CurrentState},
  candidate: Candidate
): TagDecision {
  const {tag, standing} = situation
  const ours = releasedVersion(candidate)
  const theirs = currentVersion(standing, candidate)
  if (standing.odd !== undefined || theirs === undefined) return decideUnnamed(situation, candidate)
  if (ours === undefined) return decideByDate(candidate, standing, 'no version is released')
  if (!isOfLine(theirs, lineOf(tag.name, candidate)))
    return {action: 'move', note: `${theirs.text} was there, which does not belong to ${tag.name}`}
  if (compareOrdered(theirs, ours) > 0)
    return {action: 'keep', note: `stays at ${theirs.text}, which is newer than ${ours.text}`}
  return isLessExact(theirs, ours)
    ? decideByDate(candidate, standing, `what is there is called ${theirs.text} only`)
    : {action: 'move'}
}

/** What names no version may still have one: other tags of the repository tell which versions there are. */
function decideUnnamed(
  situation: TagSituation & {readonly standing: CurrentState},
  candidate: Candidate
): TagDecision {
  const {odd} = situation.standing
  const newer = newerElsewhere(situation, candidate)
  if (newer !== undefined) {
    const what = odd ?? 'what is there names no version'
    return {action: 'keep', note: `stays: ${what}, and ${newer}, which is newer, is released already`}
  }
  if (odd !== undefined) return replaceOdd(odd)
  return {action: 'move', note: 'what was there names no version to compare with'}
}

/** What nobody can read, nobody can run: a release mends its tag. */
function replaceOdd(odd: string): TagDecision {
  return {action: 'move', note: `${odd}; it is replaced`}
}

/** The newest version of the tag's line that is known without asking what is there, if it is newer than ours. */
function newerElsewhere({tag, published = []}: TagSituation, candidate: Candidate): string | undefined {
  const ours = releasedVersion(candidate)
  const line = lineOf(tag.name, candidate)
  const newest = laterOf(
    newestOf(publishedVersions(published, candidate), line),
    parseOrdered(tag.newest ?? '')
  )
  if (ours === undefined || newest === undefined) return undefined
  return compareOrdered(newest, ours) > 0 ? newest.text : undefined
}

/** 1.2 may be any of 1.2.0, 1.2.1 …: against 1.2.3 it says too little. Three numbers are a whole version. */
function isLessExact(theirs: OrderedVersion, ours: OrderedVersion): boolean {
  return theirs.numbers.length < Math.min(3, ours.numbers.length) && isOfLine(ours, theirs.numbers)
}

/** A tag moves to a newer commit. Where the dates do not tell, it moves: the run that is under way is the later one. */
function decideByDate(candidate: Candidate, standing: CurrentState, why?: string): TagDecision {
  const move = (note?: string): TagDecision => {
    const said = [why, note].filter(text => text !== undefined).join('; ')
    return said === '' ? {action: 'move'} : {action: 'move', note: said}
  }
  if (isSameOrUnknownCommit(candidate, standing)) return move()
  const [ours, theirs] = [dateOf(candidate), dateOf(standing)]
  if (ours === undefined) return move('what is released names no date, so that neither is known to be newer')
  if (theirs === undefined) return move('what was there names no date, so that neither is known to be newer')
  if (ours === theirs) return move(`both commits are of ${candidate.created ?? ''}, so that neither is newer`)
  if (theirs < ours) return move()
  const note = `stays at a commit of ${standing.created ?? ''}, which is newer than ${candidate.created ?? ''}`
  return {action: 'keep', note: why === undefined ? note : `${note}; ${why}`}
}

/** Whoever releases without a commit and a date decides alone. */
function isSameOrUnknownCommit(candidate: Candidate, standing: CurrentState): boolean {
  const {revision, created} = candidate
  return revision === undefined ? created === undefined : revision === standing.revision
}

function dateOf({created = ''}: ReleaseFacts): number | undefined {
  const time = Date.parse(created)
  return Number.isNaN(time) ? undefined : time
}
