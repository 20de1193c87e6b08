import semver from 'semver'
import type {Digest} from '../oci/digest.js'
import {shortDigest} from '../oci/digest.js'
import type {TagClass} from '../plan/plan.js'
import type {ReleaseFacts} from './publication.js'

/** What is to happen with one tag in one repository. */
export type TagDecision =
  | {readonly action: 'create'}
  | {readonly action: 'move'; readonly note?: string}
  /** It points there already. */
  | {readonly action: 'same'}
  /** It stays where it is, as its class wants. */
  | {readonly action: 'keep'; readonly note: string}
  /** It must not move, and so the release must not happen. */
  | {readonly action: 'refuse'; readonly note: string}

/** What stands at a tag. */
export interface Standing extends ReleaseFacts {
  readonly digest: Digest
}

/** What the tag would point at. */
export interface Candidate extends ReleaseFacts {
  readonly digest: Digest
}

/** Whether a tag may move from what stands there to what is released. */
export function decideTag(
  tagClass: TagClass,
  candidate: Candidate,
  standing: Standing | undefined
): TagDecision {
  if (standing === undefined) return {action: 'create'}
  if (standing.digest === candidate.digest) return {action: 'same'}
  switch (tagClass) {
    case 'immutable':
      return decideImmutable(candidate, standing)
    case 'forward':
      return decideForward(candidate, standing)
    case 'moving':
      return decideMoving(candidate, standing)
  }
}

/** The same commit may be published again: a rebuild, or a run that failed half way. */
function decideImmutable(candidate: Candidate, standing: Standing): TagDecision {
  if (candidate.revision !== undefined && candidate.revision === standing.revision) return {action: 'move'}
  const from = standing.revision === undefined ? 'another image' : `commit ${standing.revision.slice(0, 12)}`
  return {
    action: 'refuse',
    note: `is published from ${from} (${shortDigest(standing.digest)}) and does not move`
  }
}

function decideForward(candidate: Candidate, standing: Standing): TagDecision {
  const ours = semver.parse(candidate.version, {loose: true})
  const theirs = semver.parse(standing.version, {loose: true})
  if (ours === null || theirs === null)
    return {action: 'move', note: 'what stood there names no version to compare with'}
  if (semver.gt(theirs, ours))
    return {action: 'keep', note: `stays at ${theirs.version}, which is newer than ${ours.version}`}
  return {action: 'move'}
}

function decideMoving(candidate: Candidate, standing: Standing): TagDecision {
  const ours = Date.parse(candidate.created ?? '')
  const theirs = Date.parse(standing.created ?? '')
  if (
    candidate.revision === standing.revision ||
    Number.isNaN(ours) ||
    Number.isNaN(theirs) ||
    theirs <= ours
  )
    return {action: 'move'}
  return {
    action: 'keep',
    note: `stays at a commit of ${standing.created ?? ''}, which is newer than ${candidate.created ?? ''}`
  }
}
