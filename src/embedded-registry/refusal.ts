/** The error codes of the specification (distribution-spec, "Error Codes"), and UNKNOWN for a defect of this registry. */
export type OciCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED'
  | 'TOOMANYREQUESTS'
  | 'UNKNOWN'

/** One entry of the `errors` list in an answer. */
export interface OciFault {
  readonly code: OciCode
  readonly message: string
  readonly detail?: unknown
}

/** The status that each code has where nothing else is said. */
const STATUS: Readonly<Record<OciCode, number>> = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 404,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 400,
  UNAUTHORIZED: 401,
  DENIED: 403,
  UNSUPPORTED: 405,
  TOOMANYREQUESTS: 429,
  UNKNOWN: 500
}

/** Anything but the usual of a refusal: another status, headers beside the body, more about the object. */
export interface RefusalOptions {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly detail?: unknown
}

/** A request that the registry does not carry out: thrown by handlers, answered as JSON by the server. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly faults: readonly OciFault[]

  constructor(code: OciCode, message: string, options: RefusalOptions = {}) {
    super(message)
    this.status = options.status ?? STATUS[code]
    this.headers = options.headers ?? {}
    this.faults = [{code, message, ...(options.detail === undefined ? {} : {detail: options.detail})}]
  }
}

/** One refusal that names several faults of a manifest, such as every blob that is missing. */
export class ManifestRefusal extends Refusal {
  override readonly faults: readonly OciFault[]

  constructor(faults: readonly [OciFault, ...OciFault[]]) {
    super(faults[0].code, faults[0].message)
    this.faults = faults
  }
}
