import type {TagClass} from '../../contracts/plan.js'
import type {Digest} from '../../oci/digest.js'
import type {Manifest} from '../../oci/manifest.js'
import type {Repository, Tag} from '../../oci/reference.js'
import type {IndexChild} from '../decide/index-plan.js'
import type {TagDecision} from '../decide/tag-decision.js'

/** What became of one tag in one repository. */
export interface TagView {
  readonly repository: Repository
  readonly tag: Tag
  readonly class: TagClass
  readonly decision: TagDecision
  readonly before: Digest | undefined
}

/** What became of one image. */
export interface MergeView {
  readonly target: string
  readonly repositories: readonly Repository[]
  readonly index: Manifest
  readonly children: readonly IndexChild[]
  readonly moves: readonly TagView[]
}
