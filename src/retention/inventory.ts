import type {Digest} from '../oci/digest.js'
import type {Tag} from '../oci/reference.js'
import type {ListedVersion} from './repository-backend.js'

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

/** One manifest or index of a repository. */
export interface HeldVersion extends ListedVersion {
  /** When the image says that it was made, for hosts that tell no time of the push: milliseconds since the epoch. */
  readonly created?: number
  readonly content: Content
}

/** What a repository holds, as far as it was found out. */
export interface Inventory {
  readonly versions: ReadonlyMap<Digest, HeldVersion>
  /** Whether untagged manifests are listed, too: then what is not in `versions` is not there. */
  readonly isWhole: boolean
  /** What was looked for and is not there. */
  readonly absent: ReadonlySet<Digest>
  /** What the registry's API says refers to a manifest, for those that it was asked about. */
  readonly referrers: ReadonlyMap<Digest, readonly Digest[]>
  /** Whether that question is to be asked: where untagged manifests are not listed, and the registry answers it. */
  readonly hasReferrersApi: boolean
  /** Manifests whose age was asked for; one that names none has no `created`. */
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

/** The tags that people pull by. */
export function ownTags({tags}: Pick<ListedVersion, 'tags'>): readonly Tag[] {
  // Nearly all versions of a large package have none.
  return tags.length === 0 ? tags : tags.filter(tag => !REFERRER_TAG.test(tag))
}

/** When a manifest first came, where the host tells: what names it came later. */
export function cameAt({firstPushed, pushed}: HeldVersion): number | undefined {
  return firstPushed ?? pushed
}

/** Whether nobody can say what it leads to. */
export function isBlind({content}: HeldVersion): boolean {
  return content.kind === 'unreadable' && content.mentions === undefined
}

/** When a manifest was pushed, else when its image was made. */
export function timeOf({pushed, created}: HeldVersion): number | undefined {
  return pushed ?? created
}
