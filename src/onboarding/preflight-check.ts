/** Whether something can be done from here. */
export interface PreflightCheck {
  /** `ghcr.io/o/app`, or `this job`. */
  readonly where: string
  /** `push`, `sign`, … */
  readonly right: string
  readonly answer: 'yes' | 'no' | 'unknown'
  /** What was found, where it is not yes. */
  readonly reason?: string | undefined
  /** The setting to change. */
  readonly hint?: string | undefined
  readonly milliseconds: number
}

/** Something of a Containerfile that could be better. */
export interface PreflightAdvice {
  /** `Containerfile:3` */
  readonly where: string
  readonly message: string
}
