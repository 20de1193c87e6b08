import {createHash} from 'node:crypto'
import {z} from 'zod'
import type {BlobStorage} from './blob-storage.js'

/** An answer of a Twirp method: an HTTP status and a JSON document. */
export interface TwirpAnswer {
  readonly status: number
  readonly body: object
}

/** An artifact of a workflow run, as the service keeps it. */
export interface Artifact {
  readonly id: number
  readonly run: string
  readonly job: string
  readonly name: string
  readonly mimeType: string
  readonly createdAt: string
  readonly blob: string
  /** Absent while the upload is not finalized. */
  readonly content?: {readonly size: string; readonly digest: string | undefined}
}

/** What the names of artifacts may not hold (@actions/artifact, path-and-artifact-name-validation). */
const FORBIDDEN = /["<>|*?\r\n\\/:]/

const job = {workflow_run_backend_id: z.string().min(1), workflow_job_run_backend_id: z.string().min(1)}
const named = {
  ...job,
  name: z
    .string()
    .min(1)
    .regex(new RegExp(`^(?:(?!${FORBIDDEN.source}).)+$`))
}

/** The requests, by the fields of the service's protocol buffers in JSON. A field that is not among them is refused. */
const REQUESTS = {
  CreateArtifact: z.strictObject({
    ...named,
    version: z.union([z.literal(4), z.literal(7)]),
    mime_type: z.string().optional(),
    expires_at: z.iso.datetime().optional()
  }),
  FinalizeArtifact: z.strictObject({
    ...named,
    size: z.string().regex(/^\d+$/),
    hash: z.string().startsWith('sha256:').optional()
  }),
  ListArtifacts: z.strictObject({
    ...job,
    name_filter: z.string().optional(),
    id_filter: z.string().optional()
  }),
  GetSignedArtifactURL: z.strictObject(named),
  DeleteArtifact: z.strictObject(named)
} as const

type Requests = {readonly [Method in keyof typeof REQUESTS]: z.infer<(typeof REQUESTS)[Method]>}

/** The artifacts of workflow runs, strictly: a name is taken once it is created, finalized or not. */
export class ArtifactService {
  readonly #artifacts = new Map<number, Artifact>()
  readonly #storage: BlobStorage
  #lastId = 100

  constructor(storage: BlobStorage) {
    this.#storage = storage
  }

  /** All artifacts, oldest first. */
  get artifacts(): readonly Artifact[] {
    return [...this.#artifacts.values()]
  }

  /** Performs a method by its name. `run` is the workflow run that the caller's token is for. */
  call(method: string, request: unknown, run: string): TwirpAnswer {
    switch (method) {
      case 'CreateArtifact':
        return this.#perform(method, request, run, body => this.#create(body))
      case 'FinalizeArtifact':
        return this.#perform(method, request, run, body => this.#finalize(body))
      case 'ListArtifacts':
        return this.#perform(method, request, run, body => this.#list(body))
      case 'GetSignedArtifactURL':
        return this.#perform(method, request, run, body => this.#signUrl(body))
      case 'DeleteArtifact':
        return this.#perform(method, request, run, body => this.#delete(body))
      default:
        return failure(404, 'bad_route', `there is no method ${method}`)
    }
  }

  #perform<Method extends keyof Requests>(
    method: Method,
    request: unknown,
    run: string,
    perform: (request: Requests[Method]) => TwirpAnswer
  ): TwirpAnswer {
    const parsed = REQUESTS[method].safeParse(request)
    if (!parsed.success) return failure(400, 'malformed', z.prettifyError(parsed.error))
    const body = parsed.data as Requests[Method]
    if (body.workflow_run_backend_id !== run)
      return failure(403, 'permission_denied', `the token is for ${run}, not ${body.workflow_run_backend_id}`)
    return perform(body)
  }

  #create(request: Requests['CreateArtifact']): TwirpAnswer {
    if (this.#find(request) !== undefined)
      return failure(409, 'already_exists', 'an artifact with this name already exists on the workflow run')
    const id = ++this.#lastId
    const blob = this.#storage.reserve(request.mime_type ?? 'application/zip')
    this.#artifacts.set(id, {
      id,
      run: request.workflow_run_backend_id,
      job: request.workflow_job_run_backend_id,
      name: request.name,
      mimeType: request.mime_type ?? 'application/zip',
      createdAt: new Date().toISOString(),
      blob
    })
    return success({ok: true, signed_upload_url: this.#storage.uploadUrl(blob)})
  }

  #finalize(request: Requests['FinalizeArtifact']): TwirpAnswer {
    const artifact = this.#find(request)
    if (artifact === undefined || artifact.content) return failure(404, 'not_found', 'artifact not found')
    const bytes = this.#storage.read(artifact.blob)
    if (bytes === undefined) return failure(400, 'failed_precondition', 'nothing was uploaded')
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    if (request.size !== String(bytes.length) || (request.hash ?? digest) !== digest)
      return failure(400, 'failed_precondition', 'size or hash is not that of what was uploaded')
    this.#artifacts.set(artifact.id, {...artifact, content: {size: request.size, digest: request.hash}})
    return success({ok: true, artifact_id: String(artifact.id)})
  }

  #list(request: Requests['ListArtifacts']): TwirpAnswer {
    const {name_filter: name, id_filter: id} = request
    const found = this.artifacts.filter(
      artifact =>
        artifact.run === request.workflow_run_backend_id &&
        (name === undefined || artifact.name === name) &&
        (id === undefined || String(artifact.id) === id)
    )
    return success({artifacts: found.flatMap(listing)})
  }

  #signUrl(request: Requests['GetSignedArtifactURL']): TwirpAnswer {
    const artifact = this.#find(request)
    if (!artifact?.content) return failure(404, 'not_found', 'artifact not found')
    return success({signed_url: this.#storage.downloadUrl(artifact.blob, `${artifact.name}.zip`)})
  }

  #delete(request: Requests['DeleteArtifact']): TwirpAnswer {
    const artifact = this.#find(request)
    if (!artifact?.content) return failure(404, 'not_found', 'artifact not found')
    this.#artifacts.delete(artifact.id)
    return success({ok: true, artifact_id: String(artifact.id)})
  }

  #find(request: {readonly workflow_run_backend_id: string; readonly name: string}): Artifact | undefined {
    return this.artifacts.find(
      ({run, name}) => run === request.workflow_run_backend_id && name === request.name
    )
  }
}

/** What is not finalized is not listed. */
function listing(artifact: Artifact): object[] {
  if (artifact.content === undefined) return []
  return [
    {
      workflow_run_backend_id: artifact.run,
      workflow_job_run_backend_id: artifact.job,
      database_id: String(artifact.id),
      name: artifact.name,
      size: artifact.content.size,
      created_at: artifact.createdAt,
      ...(artifact.content.digest === undefined ? {} : {digest: artifact.content.digest})
    }
  ]
}

function success(body: object): TwirpAnswer {
  return {status: 200, body}
}

function failure(status: number, code: string, msg: string): TwirpAnswer {
  return {status, body: {code, msg}}
}
