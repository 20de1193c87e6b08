/**
 * What can go wrong, by name. A code is part of the contract: logs and documentation refer to it,
 * and tests compare it instead of the text of a message.
 */
export type ErrorCode =
  | 'INPUT_INVALID'
  | 'DIGEST_INVALID'
  | 'REFERENCE_INVALID'
  | 'TAG_INVALID'
  | 'PLATFORM_INVALID'
  | 'VERSION_INVALID'
  | 'RULE_INVALID'
  | 'PLAN_INVALID'
  | 'RECORD_INVALID'
  | 'RECORD_MISSING'
  | 'RECORD_TAKEN'
  | 'MANIFEST_INVALID'
  | 'DIGEST_MISMATCH'
  | 'PLATFORM_MISMATCH'
  | 'REVISION_MISMATCH'
  | 'CHILD_MISSING'
  | 'TAG_COLLISION'
  | 'TAG_REFUSED'
  | 'TAG_NOT_MOVED'
  | 'RELEASE_INCOMPLETE'
  | 'SIGN_FAILED'
  | 'ATTEST_FAILED'
  | 'VERIFY_FAILED'
  | 'REGISTRY_FAILED'
  | 'REGISTRY_UNREACHABLE'
  | 'CREDENTIALS_INVALID'
  | 'RIGHT_MISSING'
  | 'CLEANUP_REFUSED'
  | 'CLEANUP_INCOMPLETE'
  | 'INVENTORY_CHANGED'
  | 'BUILDER_MISSING'
  | 'RUNNER_UNSUPPORTED'
  | 'SERVER_UNSUPPORTED'
  | 'BUILD_FAILED'
  | 'LAYOUT_INVALID'
  | 'TEST_FAILED'
  | 'SCAN_FAILED'
  | 'FINGERPRINT_MISMATCH'
  | 'SBOM_INVALID'
  | 'METRICS_INVALID'
  | 'ARTIFACT_FAILED'
  | 'GITHUB_UNREACHABLE'
  | 'GITHUB_FAILED'
  | 'GITHUB_RELEASE_MISSING'
  | 'NOTES_INVALID'
  | 'DEPLOYMENT_INVALID'
  | 'GIT_FAILED'
  | 'CANCELLED'

/** What an error carries beside its message. */
export interface ErrorDetails {
  /** What the reader can do about it: one sentence. */
  readonly hint?: string | undefined
  readonly cause?: unknown
  /** Outputs that the command gives although it fails, such as a report of what is wrong. */
  readonly outputs?: Readonly<Record<string, string>> | undefined
}

/** Every failure that image-release knows the meaning of. Anything else that is thrown is a defect. */
export class ReleaseError extends Error {
  override readonly name: string = 'ReleaseError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly outputs: ErrorDetails['outputs']

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : {cause: details.cause})
    this.code = code
    this.hint = details.hint
    this.outputs = details.outputs
  }
}

/** One fault of the caller's input: which input, and what is wrong with which value. */
export interface InputIssue {
  readonly input: string
  readonly message: string
}

/** Wrong use. Holds all faults of one call, so that they can be mended in one go. */
export class InputError extends ReleaseError {
  override readonly name = 'InputError'
  readonly issues: readonly InputIssue[]

  constructor(issues: readonly InputIssue[], details: ErrorDetails = {}) {
    super('INPUT_INVALID', issues.map(issue => `${issue.input}: ${issue.message}`).join('\n'), details)
    this.issues = issues
  }
}

/** One entry of the `errors` list that a registry answers with (distribution-spec, "Error codes"). */
export interface RegistryErrorEntry {
  readonly code: string
  readonly message: string
}

/** What is known of a request that a registry answered with a failure. */
export interface RegistryFailure {
  readonly method: string
  /** Without query and credentials. */
  readonly url: string
  readonly status: number
  readonly entries: readonly RegistryErrorEntry[]
  /** Milliseconds that the registry asked to wait. */
  readonly retryAfter?: number | undefined
}

/** A registry answered, and the answer is a failure. */
export class RegistryError extends ReleaseError {
  override readonly name = 'RegistryError'
  readonly failure: RegistryFailure

  constructor(message: string, failure: RegistryFailure, details: ErrorDetails = {}) {
    super('REGISTRY_FAILED', message, details)
    this.failure = failure
  }

  get status(): number {
    return this.failure.status
  }

  /** Whether the registry named this code, for example `MANIFEST_UNKNOWN`. */
  has(code: string): boolean {
    return this.failure.entries.some(entry => entry.code === code)
  }
}

/** A builder (buildx, podman, buildah) ended with a failure. */
export class BuilderError extends ReleaseError {
  override readonly name = 'BuilderError'
  readonly exitCode: number

  constructor(message: string, exitCode: number, details: ErrorDetails = {}) {
    super('BUILD_FAILED', message, details)
    this.exitCode = exitCode
  }
}

/** The cancellation that something was thrown for; undefined where nothing was cancelled. */
export function cancellationIn(thrown: unknown): ReleaseError | undefined {
  let cause = thrown
  for (let depth = 0; depth < 20 && cause instanceof Error; depth += 1) {
    if (cause instanceof ReleaseError && cause.code === 'CANCELLED') return cause
    cause = cause.cause
  }
  return undefined
}

/** The message of anything that was thrown, also by another realm, where `instanceof Error` says no. */
export function messageOf(thrown: unknown): string {
  const message = fieldOf(thrown, 'message')
  return typeof message === 'string' ? message : String(thrown)
}

/** The code by which Node names a system error, such as `ENOENT` or `ECONNRESET`. */
export function systemCodeOf(thrown: unknown): string | undefined {
  const code = fieldOf(thrown, 'code')
  return typeof code === 'string' ? code : undefined
}

function fieldOf(thrown: unknown, name: string): unknown {
  return typeof thrown === 'object' && thrown !== null
    ? (thrown as Readonly<Record<string, unknown>>)[name]
    : undefined
}
