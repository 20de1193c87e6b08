import {Readable} from 'node:stream'
import type {HttpRequest, Send} from '../../src/ports.js'

/** An answer as a test writes it down. A body that is no text travels as JSON. */
export interface ScriptedAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** A network where everything is answered by one function; what it throws is a broken connection. */
export function scriptedSend(
  answer: (request: HttpRequest) => ScriptedAnswer | Promise<ScriptedAnswer>
): Send {
  return async request => {
    const {status = 200, headers = {}, body = ''} = await answer(request)
    const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
    return {status, headers, body: Readable.from(request.method === 'HEAD' ? [] : [bytes])}
  }
}

/** The challenge of a registry whose token server is this one. */
export function bearerChallenge(realm: string): ScriptedAnswer {
  return {
    status: 401,
    headers: {'www-authenticate': `Bearer realm="${realm}",service="registry.example"`},
    body: {errors: [{code: 'UNAUTHORIZED', message: 'authentication required'}]}
  }
}
