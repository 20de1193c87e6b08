import type {Digest} from '../../oci/digest.js'

/** What was found of one tag. */
export interface VerifiedTag {
  /** `registry/name:tag` */
  readonly reference: string
  readonly digest?: Digest
  readonly platforms: readonly string[]
  /** How many blobs were asked for and are there. */
  readonly blobs: number
  /** Empty where all is well. */
  readonly faults: readonly string[]
}
