import type {Digest} from '../oci/digest.js'
import {parseDigest} from '../oci/digest.js'
import {
  type Repository,
  type Tag,
  formatRepository,
  parseReference,
  parseRepository
} from '../oci/reference.js'
import type {ReleaseDocument} from '../plan/release-document.js'
import {compareOrdered, parseOrdered} from '../versions/version-order.js'

/** An image that is to run, in one repository. */
export interface DeployedImage {
  readonly target: string
  readonly repository: Repository
  /** Absent where no tag of the release points at it there. */
  readonly tag?: Tag
  readonly digest: Digest
}

/** What a manifest names: the tag, which is easy to read; the digest, which stays what it is; or both. */
export type Pin = 'tag' | 'digest' | 'both'

/** Chooses a tag by its name, or by its start with `*` behind it. */
export type TagChoice = (tag: Tag) => boolean

/**
 * The images of a release, for each target one in each of its repositories, in their order. Of several tags the first
 * counts that is chosen and that points at this release; `latest` where there is no other, for a manifest that names it
 * already would not change with the next release.
 */
export function deployedImages(release: ReleaseDocument, isChosen: TagChoice = () => true): DeployedImage[] {
  return release.targets.flatMap(({target, digest, images, tags}) =>
    images.map(image => {
      const repository = parseRepository(image)
      const found = tags
        .filter(({state}) => state !== 'kept')
        .map(({reference}) => parseReference(reference))
        .flatMap(one =>
          isSame(one.repository, repository) && one.tag !== undefined && isChosen(one.tag) ? [one.tag] : []
        )
      const tag = found.find(one => !isLatest(one)) ?? found[0]
      return {target, repository, digest: parseDigest(digest), ...(tag === undefined ? {} : {tag})}
    })
  )
}

function isLatest(tag: Tag): boolean {
  return /(?:^|[-_.])latest(?:$|[-_.])/.test(tag)
}

/** A choice that takes this tag alone, or with `*` at its end every tag that starts so. */
export function tagChoice(wish: string | undefined): TagChoice {
  if (wish === undefined) return () => true
  return wish.endsWith('*') ? tag => tag.startsWith(wish.slice(0, -1)) : tag => tag === wish
}

/** `:1.2.3`, `@sha256:…`, or both, as they stand behind a repository. */
export function pinOf({tag, digest}: DeployedImage, pin: Pin): string {
  const named = tag === undefined || pin === 'digest' ? '' : `:${tag}`
  return pin === 'tag' && tag !== undefined ? named : `${named}@${digest}`
}

/** Whether what runs is a newer version than what is to run; false where either names no version. */
export function isNewer(running: string, next: string | undefined): boolean {
  const [there, ours] = [parseOrdered(running), parseOrdered(next ?? '')]
  return there !== undefined && ours !== undefined && compareOrdered(there, ours) > 0
}

/** The repository that a text names; undefined where it is no reference. */
export function repositoryIn(text: string): Repository | undefined {
  try {
    return parseReference(text).repository
  } catch {
    return undefined
  }
}

export function isSame(first: Repository, second: Repository): boolean {
  return formatRepository(first) === formatRepository(second)
}
