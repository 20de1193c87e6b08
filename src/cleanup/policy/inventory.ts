import type {Digest} from '../../oci/digest.js'
import type {Tag} from '../../oci/reference.js'
import type {ListedManifest} from '../repository-backend.js'

/** What a manifest refers to, as far as it was read. */
export type Content =
  /** Not read: it may be an index. */
  | {readonly kind: 'unread'}
  /** An image or artifact, which has no children. `isRead` says whether its subject is known to be all there is. */
  | {readonly kind: 'leaf'; readonly isRead: boolean; readonly subject?: Digest}
  | {
      readonly kind: 'index'
      readonly children: readonly Digest[]
      readonly subject?: Digest
      /** What a clean-up that was killed left at a tag, in place of an image. */
      readonly isPlaceholder?: boolean
    }
  /**
   * It is no manifest that is known; undefined mentions where not even its text could be had. `isMissing` says that it is
   * listed, but that nobody can pull it: it leads nowhere.
   */
  | {
      readonly kind: 'unreadable'
      readonly reason: string
      readonly mentions?: readonly Digest[]
      readonly isMissing?: true
    }

/** One manifest or index of a repository. All times are milliseconds since the epoch. */
export interface StoredManifest extends ListedManifest {
  /** When the registry says that it was last changed (Last-Modified), for hosts whose listing tells no time. */
  readonly modified?: number
  /** When an earlier clean-up found it here, with all the tags that it has now. */
  readonly seen?: number
  /** When BuildKit made the newest layer of this cache. */
  readonly cached?: number
  /** When the image says that it was made, which may be the date of its commit: no evidence of when it came here. */
  readonly created?: number
  /** Why none of these ages could be had from the registry. */
  readonly ageFailure?: string
  readonly content: Content
}

/** What a repository holds, as far as it was found out. */
export interface Inventory {
  readonly versions: ReadonlyMap<Digest, StoredManifest>
  /** Tags that are listed, but the registry has nothing at them. */
  readonly lost: readonly Tag[]
  /** Whether untagged manifests are listed, too: then what is not in `versions` is not there. */
  readonly isWhole: boolean
  /** What was looked for and is not there. */
  readonly absent: ReadonlySet<Digest>
  /** What was looked for and is there. */
  readonly present: ReadonlySet<Digest>
  /** What the registry's API says refers to a manifest, for those that it was asked about. */
  readonly referrers: ReadonlyMap<Digest, readonly Digest[]>
  /** Whether that question is to be asked: where untagged manifests are not listed, and the registry answers it. */
  readonly hasReferrersApi: boolean
  /** Manifests whose age was asked for; nobody may be able to tell it. */
  readonly aged: ReadonlySet<Digest>
}

/**
 * Tags under which what refers to a manifest lies: the fallback of the distribution specification, cosign's older ones,
 * and those that other programs make in their way. They live and die with the manifest that they name.
 */
export const REFERRER_TAG = /^sha256-([0-9a-f]{64})(?:\.[\w.-]+)?$/

/** The manifest that such a tag belongs to; undefined for any other tag. */
export function subjectOfTag(tag: Tag): Digest | undefined {
  const hex = REFERRER_TAG.exec(tag)?.[1]
  return hex === undefined ? undefined : (`sha256:${hex}` as Digest)
}

/** The tag under which clean-ups keep what they found here, and when. No rule is about it. */
export const SEEN_TAG = 'image-release-seen'

/** The tags that people pull by. */
export function ownTags({tags}: Pick<ListedManifest, 'tags'>): readonly Tag[] {
  // Nearly all versions of a large package have none.
  return tags.length === 0 ? tags : tags.filter(tag => !REFERRER_TAG.test(tag) && tag !== SEEN_TAG)
}

/** When a manifest first came, where the host tells: what names it came later. */
export function cameAt({firstPushed, pushed}: StoredManifest): number | undefined {
  return firstPushed ?? pushed
}

/** Whether nobody can say what it leads to. */
export function isBlind({content}: StoredManifest): boolean {
  return content.kind === 'unreadable' && content.mentions === undefined
}

/** Whether it was read what it leads to. */
export function isKnown({content}: Pick<StoredManifest, 'content'>): boolean {
  return content.kind === 'index' || (content.kind === 'leaf' && content.isRead)
}

/** How it is known since when a manifest is here. */
export type TimeKind = 'pushed' | 'modified' | 'cached' | 'seen'

/** The best first. */
const TIME_KINDS: readonly TimeKind[] = ['pushed', 'modified', 'cached', 'seen']

/**
 * Since when a manifest is here, at the latest, and how that is known. The date in the image is not among it: a build that
 * can be repeated names an old one, and is pushed today.
 */
export function arrivalOf(
  held: StoredManifest
): {readonly time: number; readonly kind: TimeKind} | undefined {
  const time = timeOf(held)
  const kind = TIME_KINDS.find(one => held[one] !== undefined)
  return time === undefined || kind === undefined ? undefined : {time, kind}
}

/** Since when a manifest is here, at the latest; undefined where nobody can tell. Asked often: it makes nothing. */
export function timeOf(held: StoredManifest): number | undefined {
  for (const kind of TIME_KINDS) if (held[kind] !== undefined) return held[kind]
  return undefined
}
