import type {Digest} from '../../oci/digest.js'
import {parseDigest} from '../../oci/digest.js'
import {
  type Repository,
  type Tag,
  formatRepository,
  parseReference,
  parseRepository
} from '../../oci/reference.js'
import type {ReleaseDocument} from '../../contracts/release-document.js'

/** An image that is to run, in one repository. */
export interface DeployedImage {
  readonly target: string
  readonly repository: Repository
  /** Absent where no tag of the release points at it there. */
  readonly tag?: Tag
  readonly digest: Digest
  /** Every tag of the release in this repository, also those that stayed where they were. */
  readonly tags?: readonly Tag[]
  /** Those of them that may be deployed in place of the first: another variant of the same image. */
  readonly choices?: readonly Tag[]
  /** What was at its tags before. */
  readonly replaced?: readonly Digest[]
  /** Whether every tag stayed at something newer: the release is overtaken. */
  readonly isOvertaken?: boolean
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
      const here = tags.flatMap(({reference, state, before}) => {
        const {tag, repository: other} = parseReference(reference)
        return tag !== undefined && isSame(other, repository) ? [{tag, state, before}] : []
      })
      const chosen = here.filter(({tag}) => isChosen(tag))
      const choices = chosen.filter(({state}) => state !== 'kept').map(({tag}) => tag)
      const tag = choices.find(one => !isLatest(one)) ?? choices[0]
      return {
        target,
        repository,
        digest: parseDigest(digest),
        ...(tag === undefined ? {} : {tag}),
        tags: here.map(one => one.tag),
        choices,
        replaced: here.flatMap(({before}) => (before === undefined ? [] : [parseDigest(before)])),
        isOvertaken: chosen.length > 0 && choices.length === 0
      }
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
