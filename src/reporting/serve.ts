import {type IncomingMessage, type ServerResponse, createServer} from 'node:http'
import {once} from 'node:events'
import type {AddressInfo} from 'node:net'
import {InputError, ReleaseError, messageOf} from '../errors.js'
import type {Plan} from '../contracts/plan.js'
import {formatRepository, parseReference, parseTag} from '../oci/reference.js'
import {parseDigest} from '../oci/digest.js'
import type {Ports} from '../ports.js'
import type {Registries} from '../registry/client/registries.js'
import {listTags} from '../registry/client/tag-list.js'
import {PROGRAM_VERSION} from '../version.js'
import {pageHtml} from './page-html.js'
import {browseImage, browseRepository} from './browse.js'
import {imageHead, repositoryHtml, startHtml} from './browse-html.js'
import {followRelease} from './follow.js'

/** What is served, and where. */
export interface Serving {
  /** 0 takes a free one. */
  readonly port: number
  /** The folder of a release, such as `.image-release`. */
  readonly folder: string
  readonly plan: Plan | undefined
  /** Opens the registries: what a tag points at is asked for anew with each page. */
  readonly openRegistries: () => Registries
  readonly isAsking: boolean
}

/** Serves pages on the loopback address until the run is ended. They only read. */
export async function serveReports(serving: Serving, {clock, reporter, signal}: Ports): Promise<string> {
  const server = createServer((request, response) => {
    const made = {made: new Date(clock.now()).toISOString(), program: PROGRAM_VERSION}
    void answer(serving, request, made).then(
      reply => send(response, reply),
      (error: unknown) => {
        reporter.warning(`a page could not be made: ${messageOf(error)}`)
        send(response, {status: 500, type: HTML, body: startHtml(messageOf(error))})
      }
    )
  })
  server.listen(serving.port, '127.0.0.1')
  await Promise.race([
    once(server, 'listening'),
    once(server, 'error').then(([error]) => Promise.reject(failed(error)))
  ])
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  reporter.info(`Open ${address} in a browser; Ctrl+C ends it. Only this machine reaches it.`)
  try {
    if (!signal.aborted) await once(signal, 'abort')
  } finally {
    server.close()
    server.closeAllConnections()
  }
  return address
}

function failed(cause: unknown): Error {
  return new InputError([{input: 'port', message: `cannot be listened on: ${messageOf(cause)}`}])
}

interface Reply {
  readonly status: number
  readonly type: string
  readonly body: string
}

const HTML = 'text/html; charset=utf-8'

function send(response: ServerResponse, {status, type, body}: Reply): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-resource-policy': 'same-origin'
  })
  response.end(body)
}

type Made = Parameters<typeof followRelease>[1]

async function answer(serving: Serving, request: IncomingMessage, made: Made): Promise<Reply> {
  if (!isOwn(request))
    return {status: 403, type: 'text/plain', body: 'This page is asked for by its own address only.\n'}
  const {pathname, searchParams} = new URL(request.url ?? '/', 'http://127.0.0.1')
  if (pathname === '/') return html(startHtml())
  if (pathname === '/look') return await lookReply(serving, searchParams, made)
  if (pathname !== '/release' && pathname !== '/release.json')
    return {...html(startHtml(`There is no page ${pathname}.`)), status: 404}
  const registries = serving.openRegistries()
  const data = await followRelease({...serving, registries}, made)
  return pathname === '/release'
    ? html(pageHtml('Release under way', data, {isFollowing: true, head: BACK}))
    : {status: 200, type: 'application/json', body: JSON.stringify(data)}
}

const BACK = '<nav aria-label="Pages"><a href="/">Look at an image</a></nav>'

/**
 * Pages of strangers must not ask this server, by whatever name they have for it: it asks registries with the logins of the
 * person before it (https://www.w3.org/TR/fetch-metadata/; a name that leads here is not in Host).
 */
function isOwn({method, headers}: IncomingMessage): boolean {
  const host = (headers.host ?? '').replace(/:\d+$/, '')
  const site = headers['sec-fetch-site']
  return (
    (method === 'GET' || method === 'HEAD') &&
    ['127.0.0.1', 'localhost'].includes(host) &&
    (site === undefined || site === 'none' || site === 'same-origin')
  )
}

function html(body: string): Reply {
  return {status: 200, type: HTML, body}
}

async function lookReply({openRegistries}: Serving, query: URLSearchParams, made: Made): Promise<Reply> {
  const image = query.get('image')?.trim() ?? ''
  try {
    const registries = openRegistries()
    const {repository, tag, digest} = parseReference(image)
    const name = formatRepository(repository)
    const to = digest ?? tag ?? referenceOf(query.get('to'))
    if (to === undefined) {
      const {tags, total} = await browseRepository(repository, registries)
      return html(repositoryHtml(name, tags, total))
    }
    const from = referenceOf(query.get('from'))
    const [data, tags] = await Promise.all([
      browseImage({repository, to, from}, registries, made),
      listTags(registries.repository(repository, 'pull'))
    ])
    const title = from === undefined ? `${name}:${to}` : `${name}: ${from} and ${to}`
    return html(pageHtml(title, data, {hasForms: true, head: imageHead(name, to, tags)}))
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error
    const hint = error.hint === undefined ? '' : ` ${error.hint}`
    return {...html(startHtml(`${messageOf(error)}${hint}`, image)), status: 502}
  }
}

function referenceOf(text: string | null) {
  if (text === null || text === '') return undefined
  return text.includes(':') ? parseDigest(text) : parseTag(text)
}
