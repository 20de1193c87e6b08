import type {Readable} from 'node:stream'
import type {Digest} from './oci/digest.js'
import type {Manifest} from './oci/manifest.js'
import type {WorkflowRun} from './workflow-run.js'

/** One HTTP request, as the registry client makes it. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: URL
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Bytes, or a stream that can be opened again for another try. */
  readonly body?: Uint8Array | StreamBody
  /** Calls the request off. */
  readonly signal?: AbortSignal
}

/** A body that is read while it is sent. */
export interface StreamBody {
  /** Bytes. */
  readonly size: number
  readonly open: () => Readable
}

/** An HTTP answer. The body must be read to its end or destroyed. */
export interface HttpResponse {
  readonly status: number
  /** Names in lower case; several values joined by ", ". */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readable
}

/** Sends one request. Rejects only where no answer came; a status of failure is an answer. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>

/** What a program answered. */
export interface ExecResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface ExecOptions {
  readonly cwd?: string
  /** Variables set beside those of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** Written to the program's standard input. */
  readonly input?: string
  /** Takes each line of the program's output while it runs. */
  readonly onLine?: (line: string) => void
  readonly signal?: AbortSignal
}

/** Runs a program without a shell. Never rejects for an exit code; rejects where the program cannot be started. */
export type Exec = (command: string, args: readonly string[], options?: ExecOptions) => Promise<ExecResult>

/**
 * Where digest records lie between the build jobs and the merge job: workflow artifacts, or a folder.
 * A record is handed over as it was found; whether it is one is decided by `parseDigestRecord`.
 */
export interface DigestStore {
  /** Keeps a record under a name; a second save under the name replaces the first. Returns where it lies. */
  save(name: string, record: Uint8Array): Promise<string>
  /** What lies under the names; a name without a record is left out. */
  load(names: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>
}

/** Where what stood at the tags is kept before a release moves them: an artifact of the workflow, or a file. */
export interface Journal {
  /**
   * Keeps a journal. A second save under the name does not replace the first: what it says of the tags may be all that
   * is known of how they stood. Returns where it lies.
   */
  save(name: string, text: string): Promise<string>
}

/** An image that a builder left on this machine: its manifests in memory, its blobs to be read. */
export interface LocalImage {
  /** What the digest record names: an image manifest, or an index where the builder attested. */
  readonly root: Manifest
  /** The root and, where it is an index, its children; children come before what names them. */
  readonly manifests: readonly Manifest[]
  /** The content of a config or layer. */
  blob(digest: Digest): StreamBody
}

/** What a person sees of a run. */
export interface Reporter {
  debug(line: string): void
  info(line: string): void
  /** Worth knowing, nothing wrong. */
  notice(line: string): void
  warning(line: string): void
  /** Lines that belong together, folded where the log can fold. */
  group<T>(title: string, body: () => Promise<T>): Promise<T>
  /** A section of the job summary, as GitHub Markdown. */
  summary(markdown: string): void
  /** Keeps a value out of everything that is printed from now on. */
  secret(value: string): void
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Rejects when the signal fires. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

/** What a registry is told about who asks. */
export interface Credential {
  readonly username: string
  readonly password: string
  /** An OAuth2 refresh token, in place of the password (Docker's `identitytoken`). */
  readonly identityToken?: string
}

/** Finds the credential for a registry (host and port); undefined for anonymous. */
export type Credentials = (registry: string) => Promise<Credential | undefined>

/** One request to GitHub's REST API. */
export interface GithubRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With every value in place and percent-encoded: `/orgs/o/packages/container/a%2Fb/versions`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number>>
  /** Sent as JSON. */
  readonly body?: unknown
  readonly signal?: AbortSignal
}

/** What GitHub answered; a status of failure is an answer. */
export interface GithubAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The parsed JSON; undefined where there is none. */
  readonly body: unknown
}

/** Sends one request to GitHub's REST API. Rejects only where no answer came. */
export type GithubApi = (request: GithubRequest) => Promise<GithubAnswer>

/** Everything impure that a command may use. */
export interface Ports {
  /**
   * The facts of this run: from the workflow, or ref and commit from the Git work tree. Rejects with an InputError
   * where they cannot be had.
   */
  readonly workflowRun: (source?: 'workflow' | 'git') => Promise<WorkflowRun>
  readonly send: Send
  readonly exec: Exec
  readonly digests: DigestStore
  readonly journal: Journal
  /** The text of a file of the work tree; undefined where there is none. */
  readonly readText: (file: string) => Promise<string | undefined>
  /** Keeps a text in a file of this name for the steps after this one. Returns its path. */
  readonly saveText: (name: string, text: string) => Promise<string>
  readonly reporter: Reporter
  readonly clock: Clock
  readonly credentials: Credentials
  /** Fires when the run is cancelled. */
  readonly signal: AbortSignal
}
