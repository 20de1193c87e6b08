/** What was found beyond the tags themselves: a signature that was verified, a container that was started. */
export interface VerifiedCheck {
  readonly kind: 'signature' | 'start'
  /** `registry/name@digest` */
  readonly reference: string
  readonly platform?: string
  /** In a few words, such as `healthy` or `not run here`. */
  readonly outcome: string
  /** Empty where all is well. */
  readonly faults: readonly string[]
}

/** The name of a check within its kind. */
export function nameOfCheck({reference, platform}: VerifiedCheck): string {
  return platform === undefined ? reference : `${reference} ${platform}`
}
