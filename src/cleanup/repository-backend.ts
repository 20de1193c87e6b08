import type {Digest} from '../oci/digest.js'
import type {Tag} from '../oci/reference.js'

/** One manifest or index as the listing of its repository tells it. What the listing does not say is absent. */
export interface ListedManifest {
  readonly digest: Digest
  /** Empty for an untagged one. */
  readonly tags: readonly Tag[]
  /** By what the host's API calls it, where that is not the digest: the number of a GHCR package version. */
  readonly id?: string
  /** When it was pushed: milliseconds since the epoch. */
  readonly pushed?: number
  /** When it was first pushed, where the host tells that apart from the last push: milliseconds since the epoch. */
  readonly firstPushed?: number
  /** When it was last pulled: milliseconds since the epoch. */
  readonly pulled?: number
  /** Bytes of the image with its layers, as the host counts them. */
  readonly size?: number
  readonly downloads?: number
  /** Known to be a leaf or an index by this, it need not be read to find out. */
  readonly mediaType?: string
}

/** What can be done in a repository. Known before anything is deleted. */
export interface BackendCapabilities {
  /**
   * Why nothing can be deleted here, and what to do instead: the clean-up then shows its plan, warns, and deletes
   * nothing. Absent where deletion works as far as can be known.
   */
  readonly refusal?: {readonly reason: string; readonly hint: string}
  /** Why the deletions of a real run would be refused to this login; told in a dry run, which needs no such right. */
  readonly lacks?: {readonly reason: string; readonly hint: string}
  /**
   * How one tag of several goes while the image stays: `alone` by `deleteTag`; `placeholder` by putting an empty index
   * of its own at the tag through the registry, which is then deleted as a version; `never`, and the tag then stays.
   */
  readonly tagDeletion: 'alone' | 'placeholder' | 'never'
  /** `with-tags` where deleting a version takes its tags along; `untagged-only` where the tags have to go before. */
  readonly versionDeletion: 'with-tags' | 'untagged-only'
  /** Whether `versions` names what has no tag. Where it does not, untagged manifests are found from what is known of them. */
  readonly listsUntagged: boolean
  /** Whether `pushed` is given. Where it is not, the age is what the image says of itself. */
  readonly knowsAges: boolean
  /** How long what was deleted can be brought back: milliseconds; absent where it cannot. */
  readonly restorable?: number
}

/** What became of one deletion or restoration. A right that is missing is thrown instead, for it meets all of them. */
export type DeletionOutcome =
  /** `gone` where it was not there any more: as good as deleted. */
  | {readonly state: 'done' | 'gone'}
  /** Something that still stands names it: it is tried again when that is gone. */
  | {readonly state: 'referenced'; readonly reason: string}
  /** The host does not delete this one: a rule of the registry, an immutable tag, a failure of its own. */
  | {
      readonly state: 'undeletable'
      readonly reason: string
      readonly hint?: string
      /** The host failed, and may go on with it by itself. */
      readonly isUnderWay?: true
      /** The host deletes it for nobody: more than 5,000 downloads, the last version of a package. */
      readonly isForNobody?: true
    }
  /** Not tried again after a pause, for it is not to go any more. */
  | {readonly state: 'called-off'}

/**
 * Asked before a deletion is sent that had to wait, for a limit or a failure: the repository may have changed meanwhile.
 * False calls it off.
 */
export type StillWanted = () => Promise<boolean>

/**
 * One repository, as the one who cleans it sees its host: a listing, deletions, and what of both the host can do.
 * Manifests themselves are read through the registry, not through this. Implementations obey the limits of their host
 * from its answers (Retry-After, remaining counts, secondary limits), try passing failures again, and may be called
 * from several places at once; whoever calls keeps at most `CALLS_AT_ONCE` calls under way.
 */
export interface RepositoryBackend {
  /** For messages: `GHCR`, `Docker Hub`, `the registry`. */
  readonly name: string
  /**
   * Finds out what can be done, by asking for rights and trying what changes nothing. Called once, before the listing.
   * @throws ReleaseError RIGHT_MISSING, with the setting to change
   */
  capabilities(): Promise<BackendCapabilities>
  /**
   * Everything that the repository holds, page by page in the order of the host; an empty repository, or one that does
   * not exist, has no pages. Each call reads anew: a listing that moved under the reader is read again by the caller,
   * who knows it by a digest that comes twice, by `total`, by a first page that changed, or by tags that the registry
   * lists and this does not.
   * @throws ReleaseError RIGHT_MISSING, RegistryError
   */
  versions(): AsyncIterable<VersionPage>
  /**
   * What the listing says now of one version; undefined where it is gone. There where that costs less than a listing.
   * @throws ReleaseError RIGHT_MISSING, RegistryError
   */
  lookAt?(version: Pick<ListedManifest, 'digest' | 'id'>): Promise<ListedManifest | undefined>
  /**
   * Deletes a version by its digest, with all its tags where `versionDeletion` says so. The digest may be one that no
   * listing of this object named (a placeholder that was just put): the id is then looked up.
   * @throws ReleaseError RIGHT_MISSING; RegistryError where the host fails for good
   */
  deleteVersion(
    version: Pick<ListedManifest, 'digest' | 'tags' | 'id'>,
    isStillWanted?: StillWanted
  ): Promise<DeletionOutcome>
  /**
   * Takes one tag away and leaves what it pointed at; there where `tagDeletion` is `alone`.
   * @param digest what it pointed at; undefined for a tag that is listed and leads nowhere
   */
  deleteTag?(tag: Tag, digest: Digest | undefined, isStillWanted?: StillWanted): Promise<DeletionOutcome>
  /** Brings a deleted version back, with its tags; there where `restorable` is given. */
  restoreVersion?(digest: Digest): Promise<DeletionOutcome>
  /** The command line that brings versions back by hand; for messages. */
  restoreHint?(digests: readonly Digest[]): string
}

/** One page of a listing. */
export interface VersionPage {
  readonly versions: readonly ListedManifest[]
  /** How many versions the host says there are in all, where it says so. */
  readonly total?: number
  /** Tags that are listed, but the registry has nothing at them: what a deletion leaves that ended half way. */
  readonly lost?: readonly Tag[]
}

/** How many calls of one backend the clean-up has under way at once; GitHub allows 100 on all of its API. */
export const CALLS_AT_ONCE = 24
