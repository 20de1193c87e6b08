import {type IncomingMessage, createServer} from 'node:http'
import {text} from 'node:stream/consumers'
import type {ScriptedAnswer} from './scripted-send.js'
import {close, listen} from './loopback.js'

/** A request as a server got it. */
export interface ReceivedRequest {
  readonly method: string
  /** As it stood in the request line, query and escapes included. */
  readonly target: string
  readonly headers: IncomingMessage['headers']
  /** The parsed JSON; undefined where there is none. */
  readonly body: unknown
}

/** An HTTP server on this machine that one function answers for. */
export interface ScriptedServer {
  readonly url: string
  readonly requests: readonly ReceivedRequest[]
  close(): Promise<void>
}

/** Starts it on a free port; `undefined` for an answer breaks the connection. */
export async function startScriptedServer(
  answer: (request: ReceivedRequest) => ScriptedAnswer | undefined | Promise<ScriptedAnswer | undefined>
): Promise<ScriptedServer> {
  const requests: ReceivedRequest[] = []
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const body = await text(incoming)
      const request = {
        method: incoming.method ?? '',
        target: incoming.url ?? '',
        headers: incoming.headers,
        body: body === '' ? undefined : (JSON.parse(body) as unknown)
      }
      requests.push(request)
      const given = await answer(request)
      if (given === undefined) return void incoming.socket.destroy()
      const {status = 200, headers = {}, body: content} = given
      outgoing.writeHead(status, {
        ...(content === undefined ? {} : {'content-type': 'application/json; charset=utf-8'}),
        ...headers
      })
      outgoing.end(content === undefined || typeof content === 'string' ? content : JSON.stringify(content))
    })()
  })
  const port = await listen(server)
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () => close(server)
  }
}
