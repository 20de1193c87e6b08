import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {type IncomingMessage, type ServerResponse, createServer, request} from 'node:http'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {buffer} from 'node:stream/consumers'
import {setTimeout as sleep} from 'node:timers/promises'
import {component} from './components.js'
import {close, freePort, listen} from './loopback.js'

/** What it needs: `node` is that of the components, for it runs on no older one. */
export const VERDACCIO = ['verdaccio', 'node'] as const

/** A registry for npm packages, of this test alone. */
export interface Verdaccio {
  readonly url: string
  /** Of the user who may publish. */
  readonly token: string
  /** The bundles that say how a package was built, as the client sent them. */
  readonly provenance: readonly unknown[]
  stop(): Promise<void>
}

/**
 * Starts verdaccio, which knows no package but those that are published to it. It refuses what npm sends with a provenance, for it takes
 * one attachment only: that one is taken off before it, as the public registry does, and kept.
 */
export async function startVerdaccio(): Promise<Verdaccio> {
  const folder = mkdtempSync(path.join(tmpdir(), 'verdaccio-'))
  const port = await freePort()
  writeFileSync(path.join(folder, 'config.yaml'), configurationIn(folder))
  const server = spawn(
    component('verdaccio'),
    ['--config', path.join(folder, 'config.yaml'), '--listen', `127.0.0.1:${port}`],
    {
      cwd: folder,
      env: {PATH: process.env['PATH'], HOME: folder, VERDACCIO_HANDLE_KILL_SIGNALS: 'true'},
      stdio: 'ignore'
    }
  )
  const ended = once(server, 'exit')
  const behind = `http://127.0.0.1:${port}`
  const provenance: unknown[] = []
  const front = createServer((incoming, answer) => void passOn({incoming, answer, port, provenance}))
  const url = `http://127.0.0.1:${await listen(front)}/`
  const stop = async (): Promise<void> => {
    await close(front)
    server.kill('SIGTERM')
    await ended
    rmSync(folder, {recursive: true, force: true})
  }
  try {
    return {url, token: await tokenOf(behind, server), provenance, stop}
  } catch (error) {
    await stop()
    throw error
  }
}

function configurationIn(folder: string): string {
  return JSON.stringify({
    storage: path.join(folder, 'storage'),
    auth: {htpasswd: {file: path.join(folder, 'htpasswd'), algorithm: 'bcrypt', rounds: 4}},
    uplinks: {},
    packages: {'**': {access: '$all', publish: '$authenticated'}},
    log: {type: 'stdout', format: 'json', level: 'error'}
  })
}

/** Registers a user as `npm adduser` does, once it answers. */
async function tokenOf(url: string, server: ReturnType<typeof spawn>): Promise<string> {
  const user = {name: 'owner', password: 'of-the-owner', type: 'user', roles: []}
  for (let tries = 0; tries < 600 && server.exitCode === null; tries++) {
    const answer = await fetch(`${url}/-/user/org.couchdb.user:owner`, {
      method: 'PUT',
      headers: {'content-type': 'application/json'},
      body: JSON.stringify(user)
    }).catch(() => undefined)
    if (answer !== undefined) return ((await answer.json()) as {readonly token: string}).token
    await sleep(100)
  }
  throw new Error('verdaccio did not start')
}

interface Passing {
  readonly incoming: IncomingMessage
  readonly answer: ServerResponse
  readonly port: number
  readonly provenance: unknown[]
}

/** The name under which it was asked goes along: by that it says where an archive is. */
async function passOn({incoming, answer, port, provenance}: Passing): Promise<void> {
  const sent = await buffer(incoming)
  const body = incoming.method === 'PUT' ? withoutProvenance(sent, provenance) : sent
  const headers = {...incoming.headers, 'content-length': String(body.length)}
  const options = {host: '127.0.0.1', port, method: incoming.method, path: incoming.url, headers}
  const asked = request(options, got => {
    answer.writeHead(got.statusCode ?? 502, got.headers)
    got.pipe(answer)
  })
  asked.on('error', () => answer.writeHead(502).end())
  asked.end(body)
}

function withoutProvenance(body: Buffer, kept: unknown[]): Buffer {
  const document = JSON.parse(body.toString()) as {_attachments?: Record<string, {readonly data: string}>}
  const {_attachments: attachments} = document
  if (attachments === undefined) return body
  const isBundle = ([name]: readonly [string, unknown]): boolean => name.endsWith('.sigstore')
  const all = Object.entries(attachments)
  kept.push(...all.filter(isBundle).map(([, {data}]) => JSON.parse(data) as unknown))
  const rest = Object.fromEntries(all.filter(entry => !isBundle(entry)))
  return Buffer.from(JSON.stringify({...document, _attachments: rest}))
}
