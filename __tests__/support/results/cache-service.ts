import type {BlobStorage} from './blob-storage.js'

/** One entry of the cache. */
export interface CacheEntry {
  readonly key: string
  readonly version: string
  readonly blob: string
  isFinal: boolean
}

/** The answer of a method. */
interface Answer {
  readonly status: number
  readonly body: object
}

/** The cache of GitHub Actions, version 2, as @actions/cache and BuildKit's go-actions-cache speak to it. */
export class CacheService {
  readonly entries: CacheEntry[] = []
  readonly #storage: BlobStorage

  constructor(storage: BlobStorage) {
    this.#storage = storage
  }

  call(method: string, request: unknown): Answer {
    const {key, version, restoreKeys} = fieldsOf(request)
    if (method === 'CreateCacheEntry') return this.#create(key, version)
    if (method === 'FinalizeCacheEntryUpload') return this.#finalize(key, version)
    if (method === 'GetCacheEntryDownloadURL') return this.#find(key, version, restoreKeys)
    return {status: 404, body: {code: 'bad_route', msg: method}}
  }

  #create(key: string, version: string): Answer {
    if (this.entries.some(entry => entry.key === key && entry.version === version))
      return {status: 409, body: {code: 'already_exists', msg: 'cache entry with the same key exists'}}
    const blob = this.#storage.reserve('application/octet-stream')
    this.entries.push({key, version, blob, isFinal: false})
    return {status: 200, body: {ok: true, signed_upload_url: this.#storage.uploadUrl(blob)}}
  }

  #finalize(key: string, version: string): Answer {
    const at = this.entries.findIndex(entry => entry.key === key && entry.version === version)
    const entry = this.entries[at]
    if (entry === undefined) return {status: 404, body: {code: 'not_found', msg: key}}
    entry.isFinal = true
    return {status: 200, body: {ok: true, entry_id: String(at + 1)}}
  }

  /** The exact key first, then the newest entry that starts with one of the others, in their order. */
  #find(key: string, version: string, restoreKeys: readonly string[]): Answer {
    const newest = this.entries.filter(entry => entry.isFinal && entry.version === version).reverse()
    const found =
      newest.find(entry => entry.key === key) ??
      [key, ...restoreKeys]
        .map(start => newest.find(entry => entry.key.startsWith(start)))
        .find(entry => entry !== undefined)
    const body =
      found === undefined
        ? {ok: false, signed_download_url: '', matched_key: ''}
        : {
            ok: true,
            signed_download_url: this.#storage.downloadUrl(found.blob, 'cache'),
            matched_key: found.key
          }
    return {status: 200, body}
  }
}

function fieldsOf(request: unknown): {key: string; version: string; restoreKeys: readonly string[]} {
  const fields = (request ?? {}) as Readonly<Record<string, unknown>>
  const restoreKeys = fields['restore_keys'] ?? fields['restoreKeys']
  return {
    key: textOf(fields['key']),
    version: textOf(fields['version']),
    restoreKeys: Array.isArray(restoreKeys) ? restoreKeys.map(String) : []
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
