/** A manifest that was signed, and what one who verifies it must know. */
export interface SignedView {
  /** `registry/name@digest` */
  readonly reference: string
  /** Whether the registry is spoken to over plain HTTP. */
  readonly isInsecure: boolean
  /** Who signed it, where that was done keyless. */
  readonly identity?: {readonly subject: string; readonly issuer: string} | undefined
}

/** A manifest that GitHub attested. */
export interface AttestedView {
  /** `registry/name@digest`, one for each repository. */
  readonly references: readonly string[]
  readonly url: string | undefined
}

/** All that was signed and attested of a release, and with what. */
export interface EvidenceView {
  readonly signed: readonly SignedView[]
  readonly attested: readonly AttestedView[]
  /** The key that was signed with, as the user named it; undefined where it was done keyless. */
  readonly key?: string | undefined
  /** Whether the signatures are in the transparency log. */
  readonly log: boolean
  /** The repository on GitHub, `owner/name`. */
  readonly repository?: string | undefined
}
