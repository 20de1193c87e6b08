import type {RunNote} from './contracts/run-note.js'
import type {Readable} from 'node:stream'
import type {Digest} from './oci/digest.js'
import type {Manifest} from './oci/manifest.js'
import type {RecordedBuild} from './contracts/record-origin.js'
import type {Markdown} from './shared/markdown.js'
import type {WorkflowRun} from './contracts/workflow-run.js'

/** One HTTP request, as the registry client makes it. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: URL
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Bytes, or a stream that can be opened again for another try. */
  readonly body?: Uint8Array | StreamBody
  /** Whether many bytes may come back, so that it is better not to share a connection. */
  readonly isBulk?: boolean
  /** Whether the host was named as one whose certificate nobody vouches for, so that any is taken. */
  readonly takesAnyCertificate?: boolean
  /** Calls the request off. */
  readonly signal?: AbortSignal
}

/** A body that is read while it is sent. */
export interface StreamBody {
  /** Bytes. */
  readonly size: number
  /** The file that holds it, where one does: programs can read it there. */
  readonly file?: string
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
  /** It was ended because its time was over. */
  readonly timedOut?: true
  /** Command lines of what it left running, which was ended. */
  readonly left?: readonly string[]
}

export interface ExecOptions {
  readonly cwd?: string
  /** Variables set beside those of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** The variables of this process that it gets, by name or as a start with `*`. Default: those of `childVariables`. */
  readonly inherit?: readonly string[]
  /** Names of further variables of this process that it gets. */
  readonly passed?: readonly string[]
  /** Milliseconds after which it is ended, with all that it started. Default: never. */
  readonly timeout?: number
  /**
   * When all that it started is ended, too: where the signal fires, and then before itself, so that it clears up; or also
   * where it has ended by itself. So it is with a timeout.
   */
  readonly group?: 'cancelled' | 'ended'
  /**
   * The names of folders for temporary files that it takes away only where it ends by itself. With `group: 'cancelled'` those that
   * it has files open in are taken away when it was ended, and it is waited a second for something to end before itself.
   */
  readonly leaves?: RegExp
  /** Written to the program's standard input. */
  readonly input?: string
  /** Takes each line of the program's output while it runs. */
  readonly onLine?: (line: string) => void
  /** Ends it, beside the end of the run, which ends every program. */
  readonly signal?: AbortSignal
  /** It takes away what was borrowed, also where the run is cancelled, and has a minute for that. */
  readonly isClearing?: boolean
}

/** Runs a program without a shell. Never rejects for an exit code; rejects where the program cannot be started. */
export type Exec = (command: string, args: readonly string[], options?: ExecOptions) => Promise<ExecResult>

/**
 * Where digest records are between the build jobs and the merge job: workflow artifacts, or a folder.
 * A record is handed over as it was found; whether it is one is decided by `parseDigestRecord`.
 */
export interface DigestStore {
  /**
   * Keeps a record under a name, in place of what the same build kept there before. Returns where it lies.
   * @param build what the record comes from; where another build has taken the name, that is an error or a warning
   * @throws ReleaseError RECORD_TAKEN where another build of the run has taken the name
   */
  save(name: string, record: Uint8Array, build?: RecordedBuild): Promise<string>
  /**
   * What lies under the names; a name without a record is left out.
   * @param plan the id of the plan that the records must be of, where they say so
   */
  load(names: readonly string[], plan?: string): Promise<ReadonlyMap<string, Uint8Array>>
  /** The record that the same build kept under a name before; undefined where there is none, or one of another build. */
  find(name: string, build: RecordedBuild): Promise<Uint8Array | undefined>
}

/** Where what was at the tags is kept before a release moves them: an artifact of the workflow, or a file. */
export interface Journal {
  /**
   * Keeps a journal. A second save under the name does not replace the first: what it says of the tags may be all that
   * is known of how they stood. Returns where it lies.
   */
  save(name: string, text: string): Promise<string>
  /** The texts of all journals that were kept under the name before, as they were found; none where they cannot be read. */
  find(name: string): Promise<readonly string[]>
  /** What is known of the last run, where journals are kept for people: on a command line. */
  newest?(): Promise<NewestRun>
}

/** The last run that moved tags or was about to, as it is found where it was done. */
export interface NewestRun {
  readonly note?: RunNote | undefined
  /** Whether it still goes on. */
  readonly isRunning: boolean
  /** The journals of the version that was released last, the oldest first, each with where it lies. */
  readonly journals: readonly {readonly place: string; readonly text: string}[]
}

/** A file to keep: its name, without folders, and its text. */
export interface ArtifactFile {
  readonly name: string
  readonly text: string
}

/** The beginning of a file that was kept; of a large one no more than what shows what it is. */
export interface KeptBeginning {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Where files lie that people and later jobs look at, also of a step that fails: workflow artifacts, or folders. */
export interface Artifacts {
  /** Keeps files under a name, in place of what an earlier attempt kept under it. Returns where they lie. */
  save(name: string, files: readonly ArtifactFile[]): Promise<string>
  /**
   * Keeps one file as it is, under its own name, so that a browser shows it. Returns its address. Absent where files are kept in
   * folders.
   */
  readonly saveAsIs?: (file: ArtifactFile) => Promise<string>
  /** The names of what this run has kept, by all its jobs; each once. */
  names(): Promise<readonly string[]>
  /** The small files that lie under a name; undefined where nothing does. The newest count. */
  load(name: string): Promise<readonly KeptBeginning[] | undefined>
}

/** Folders that stay from one run to the next, by names of letters, digits, dots, dashes and underscores. */
export interface Caches {
  /** Brings back what was kept last under a name; the folder need not be there where nothing was. */
  restore(name: string): Promise<{readonly folder: string}>
  /**
   * Keeps what stands in the folder of a name, which was brought back before.
   * @param content stands for what is in it: the same is kept once
   */
  save(name: string, content: string): Promise<void>
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

/** Bytes on their way, of which a person sees how many there are. */
export interface Progress {
  /** So many bytes more have arrived; a number below zero takes them back, where something begins anew. */
  advance(bytes: number): void
  /** All have arrived, or no more will. */
  end(): void
}

/** A line of its own for something that runs beside others. */
export interface Activity {
  /** What it does now, in place of what it did before. */
  doing(text: string): void
  /** What became of it. The line stays for as long as another is still at work. */
  end(text: string): void
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
  /** Shows how many of so many bytes have arrived: as a bar on a terminal, as a line now and then in a log. */
  progress(title: string, bytes: number): Progress
  /** A line at the foot of a terminal that says what something does now; absent where a log keeps every line. */
  readonly activity?: ((title: string) => Activity) | undefined
  /** A section of the job summary, as GitHub Markdown. */
  summary(markdown: Markdown): void
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

/**
 * Finds the credential for a registry (host and port), or for one of its repositories where a login is for a part of the
 * registry only; undefined for anonymous.
 */
export type Credentials = (registry: string, repository?: string) => Promise<Credential | undefined>

/** One request to GitHub's REST API. */
export interface GithubRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With every value in place and percent-encoded: `/orgs/o/packages/container/a%2Fb/versions`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number>>
  /** Sent as JSON. */
  readonly body?: unknown
  readonly signal?: AbortSignal
  /** Asked before it is sent after a pause; where it is not, the answer has the status 0. */
  readonly isStillWanted?: () => Promise<boolean>
}

/** What GitHub answered; a status of failure is an answer. */
export interface GithubAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The parsed JSON; undefined where there is none. */
  readonly body: unknown
}

/**
 * Sends one request to GitHub's REST API, at the pace that its limits allow, and again where it failed in passing.
 * Rejects only where no answer came.
 */
export type GithubApi = (request: GithubRequest) => Promise<GithubAnswer>

/** What an attestation is made for: the full name of an image, without a tag, and its digest. */
export interface AttestationSubject {
  readonly name: string
  readonly digest: Digest
}

/** A signed statement of how something was built. */
export interface Attestation {
  /** The Sigstore bundle, as JSON. */
  readonly bundle: string
  /** Where people can look at it; undefined where it is kept nowhere but here. */
  readonly url?: string | undefined
}

/**
 * Has the surroundings state and sign how these were built, in one attestation. Rejects with a ReleaseError ATTEST_FAILED
 * where nothing around this run can.
 */
export type Attest = (subjects: readonly AttestationSubject[], token?: string) => Promise<Attestation>

/**
 * Asks a person whether to go on. The question may have several lines.
 * @param unasked the answer where there is nobody to ask; true where it is left out
 */
export type Confirm = (question: string, unasked?: boolean) => Promise<boolean>

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
  readonly artifacts: Artifacts
  readonly caches: Caches
  /** The text of a file of the work tree; undefined where there is none. */
  readonly readText: (file: string) => Promise<string | undefined>
  /** Keeps a text in a file of this name for the steps after this one. Returns its path. */
  readonly saveText: (name: string, text: string) => Promise<string>
  /** A variable of the environment; undefined where it is not set. */
  readonly environment: (name: string) => string | undefined
  readonly reporter: Reporter
  readonly confirm: Confirm
  readonly clock: Clock
  readonly credentials: Credentials
  /**
   * GitHub's REST API for a token, else for that of the environment.
   * @throws ReleaseError CREDENTIALS_INVALID where there is no token
   */
  readonly github: (token?: string) => GithubApi
  readonly attest: Attest
  /** Fires when the run is cancelled. */
  readonly signal: AbortSignal
}
