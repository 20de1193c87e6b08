import {RegistryError, type RegistryErrorEntry, type RegistryFailure} from '../errors.js'
import type {HttpRequest, HttpResponse} from '../ports.js'

/** What a failed answer means, in one line that names the request, the answer and what to do. */
export function registryErrorOf(
  request: HttpRequest,
  response: HttpResponse & {readonly isLoggedIn?: boolean},
  body: Uint8Array
): RegistryError {
  const text = Buffer.from(body).toString('utf8')
  const failure: RegistryFailure = {
    method: request.method,
    url: `${request.url.host}${request.url.pathname}`,
    status: response.status,
    entries: readEntries(text),
    retryAfter: retryAfterOf(response, text)
  }
  return new RegistryError(`${failure.method} ${failure.url}: ${answerOf(failure, text)}`, failure, {
    hint: hintOf(failure, response.isLoggedIn ?? false)
  })
}

function answerOf({status, entries}: RegistryFailure, text: string): string {
  const said = entries.map(({code, message}) => [code, message].filter(Boolean).join(' ')).join('; ')
  const plain = text.startsWith('<') ? '' : text.replace(/\s+/g, ' ').trim().slice(0, 200)
  return [status, said || plain].filter(Boolean).join(' ')
}

/** Distribution-spec, "Error codes". The body may also be text or HTML, then there are no entries. */
function readEntries(text: string): RegistryErrorEntry[] {
  try {
    const errors: unknown = (JSON.parse(text) as {errors?: unknown}).errors
    if (!Array.isArray(errors)) return []
    return errors.map((entry: {code?: unknown; message?: unknown} | null) => ({
      code: typeof entry?.code === 'string' ? entry.code : '',
      message: typeof entry?.message === 'string' ? entry.message.slice(0, 500) : ''
    }))
  } catch {
    return []
  }
}

/** Milliseconds. GHCR names the wait in its message, for example `retry-after: 12.5ms` (seen in 2025). */
function retryAfterOf({headers}: HttpResponse, text: string): number | undefined {
  const header = headers['retry-after']
  if (header !== undefined && /^\d+$/.test(header)) return Number(header) * 1000
  const date = header === undefined ? Number.NaN : Date.parse(header)
  if (!Number.isNaN(date)) return Math.max(0, date - Date.parse(headers['date'] ?? new Date().toUTCString()))
  const inMessage = /retry-after: ([\d.]+)(ms|s)/i.exec(text)
  return inMessage ? Math.ceil(Number(inMessage[1]) * (inMessage[2] === 'ms' ? 1 : 1000)) : undefined
}

function hintOf({status, url, entries}: RegistryFailure, isLoggedIn: boolean): string | undefined {
  const host = url.split('/')[0] ?? ''
  if (status === 401 && !isLoggedIn) return `Log in to ${host} before this step (docker login ${host}).`
  if (status === 401 || status === 403) return deniedHint(host)
  if (status === 404 && entries.some(({code}) => code === 'NAME_UNKNOWN'))
    return 'The repository does not exist there, or this login may not see it.'
  if (status === 429) return 'The registry limits requests; run this again later, with the same inputs.'
  return undefined
}

function deniedHint(host: string): string {
  if (host === 'ghcr.io')
    return 'Give this job "packages: write", and give the repository write access in the settings of the package.'
  return `The login for ${host} is not accepted, or lacks the right for this; give its account or token write access.`
}
