import {type IncomingMessage, createServer} from 'node:http'
import {text} from 'node:stream/consumers'
import {setTimeout as delay} from 'node:timers/promises'
import {openGithubApi} from '../../src/github/github-api.js'
import type {GithubApi} from '../../src/ports.js'
import {openHttp} from '../../src/registry/transport/http.js'
import {GitDatabase, type TreeEntry} from './github-git-database.js'
import {type ServedDeployment, deploymentRoutes} from './github-deployments.js'
import {graphqlFaults} from './graphql-check.js'
import {checkedGithub} from './openapi-check.js'
import {recordingReporter} from './ports.js'
import {close, listen} from './loopback.js'
import {random} from './random.js'

/** A release as the server keeps it; bodies are kept as they are sent. */
export interface ServedRelease {
  readonly id: number
  tag_name: string
  name: string
  body: string | null
  draft: boolean
  prerelease: boolean
  make_latest?: string
}

/** A pull request as the server keeps it. */
export interface ServedPull {
  readonly number: number
  title: string
  body: string
  state: 'open' | 'closed'
  /** The branch that is to be merged, with its owner: `owner:branch`. */
  readonly head: string
  readonly base: string
}

/** What a request asked for. */
export interface ServedRequest {
  readonly method: string
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  readonly token: string | undefined
}

export interface GithubServerOptions {
  /** The repository that is there. */
  readonly repository?: string
  /** The token that may read and write, or which tokens those are; any other gets 401. */
  readonly token?: string | ((token: string | undefined) => boolean)
  /** What the token may not do: then it gets 403. */
  readonly forbids?: (request: ServedRequest) => boolean
  /** Called before a request is answered. */
  readonly before?: (request: ServedRequest) => Promise<void> | void
  /** The bare repository behind its requests for objects of Git; none of them are answered without. */
  readonly git?: string
  /** Whether the token is a person's: what it commits by the API is not signed. */
  readonly isPerson?: boolean
  /** Why GitHub merges no pull request by itself. */
  readonly noAutoMerge?: string
  /** Milliseconds, at most, that an answer takes. */
  readonly latency?: number
}

/** A server that answers as GitHub's REST API does for releases, pull requests and attestations (version 2022-11-28). */
export interface GithubServer {
  readonly url: string
  readonly releases: ServedRelease[]
  readonly pulls: ServedPull[]
  readonly deployments: ServedDeployment[]
  /** Bundles by digest. */
  readonly attestations: Map<string, unknown[]>
  /** What was asked to be deployed as a site of GitHub Pages, in order. */
  readonly pages: Readonly<Record<string, unknown>>[]
  /** Commits by Git tag; an annotated tag is `tag of COMMIT`. */
  readonly tags: Map<string, string>
  /** When each commit was made. */
  readonly commits: Map<string, string>
  readonly requests: ServedRequest[]
  /** What of requests and answers is not as GitHub's published description says. */
  readonly faults: string[]
  /** The port of the program itself, for this server. */
  api(token?: string): GithubApi
  stop(): Promise<void>
}

export const GITHUB_TOKEN = 'ghs_0123456789abcdefghij'
const MAX_BODY = 125_000

interface Reply {
  readonly status: number
  readonly body: unknown
}

/** Starts a server without releases and pull requests. */
export async function startGithub(options: GithubServerOptions = {}): Promise<GithubServer> {
  const state: State = {
    releases: [],
    pulls: [],
    deployments: [],
    attestations: new Map(),
    pages: [],
    tags: new Map(),
    commits: new Map(),
    requests: [],
    faults: [],
    url: '',
    options
  }
  const server = createServer((request, response) => {
    void answer(state, request).then(({status, body}) => {
      const {method = '', url: target = ''} = request
      const sent = state.requests.find(one => one.message === request)?.body
      const asked = {method, target, ...(sent === undefined || method === 'GET' ? {} : {body: sent})}
      const faults =
        target === '/graphql'
          ? graphqlFaults(sent ?? {})
          : checkedGithub().check.faults(asked, {status, body})
      state.faults.push(...faults)
      response.writeHead(status, {'content-type': 'application/json; charset=utf-8'})
      response.end(body === undefined ? '' : JSON.stringify(body))
    })
  })
  state.url = `http://127.0.0.1:${await listen(server)}`
  return {...state, url: state.url, api: token => apiOf(state.url, token), stop: () => close(server)}
}

interface State {
  readonly releases: ServedRelease[]
  readonly pulls: ServedPull[]
  readonly deployments: ServedDeployment[]
  readonly attestations: Map<string, unknown[]>
  readonly pages: Readonly<Record<string, unknown>>[]
  readonly tags: Map<string, string>
  readonly commits: Map<string, string>
  readonly requests: (ServedRequest & {readonly message: IncomingMessage})[]
  readonly faults: string[]
  readonly options: GithubServerOptions
  url: string
}

function apiOf(url: string, token = GITHUB_TOKEN): GithubApi {
  const signal = new AbortController().signal
  const clock = {now: () => Date.now(), sleep: async () => await delay(1)}
  const {send} = openHttp()
  return openGithubApi({
    environment: {GITHUB_API_URL: url},
    send,
    clock,
    reporter: recordingReporter(),
    signal
  })(token)
}

async function answer(state: State, message: IncomingMessage): Promise<Reply> {
  const url = new URL(message.url ?? '/', state.url)
  const sent = await text(message)
  const request: ServedRequest = {
    method: message.method ?? '',
    path: url.pathname,
    body: sent === '' ? {} : (JSON.parse(sent) as Record<string, unknown>),
    token: /^(?:token|bearer) (.+)$/i.exec(message.headers.authorization ?? '')?.[1]
  }
  state.requests.push({...request, message})
  await state.options.before?.(request)
  await delay(random() * (state.options.latency ?? 0))
  const {token = GITHUB_TOKEN, repository = 'org/app', forbids} = state.options
  const isKnown = typeof token === 'function' ? token(request.token) : request.token === token
  if (!isKnown) return failure(401, 'Bad credentials')
  if (forbids?.(request) === true) return failure(403, 'Resource not accessible by integration')
  if (request.path === '/graphql') return autoMerge(state)
  const prefix = `/repos/${repository}/`
  if (!request.path.startsWith(prefix)) return failure(404, 'Not Found')
  const parts = request.path
    .slice(prefix.length)
    .split('/')
    .map(part => decodeURIComponent(part))
  const route = ROUTES[`${request.method} ${parts[0] ?? ''}`]
  const call = {request, url, parts: parts.slice(1), repository}
  return (await route?.(state, call)) ?? failure(404, 'Not Found')
}

interface Call {
  readonly request: ServedRequest
  readonly url: URL
  readonly parts: readonly string[]
  readonly repository: string
}

type Route = (state: State, call: Call) => Promise<Reply | undefined> | Reply | undefined

const ROUTES: Readonly<Record<string, Route>> = {
  'GET releases': getReleases,
  'POST releases': (state, call) =>
    call.parts[0] === 'generate-notes' ? generatedNotes() : postRelease(state, call),
  'PATCH releases': patchRelease,
  'GET git': getGit,
  'POST git': postGit,
  'PATCH git': patchGit,
  'POST issues': postIssue,
  'GET deployments': ({deployments}, call) => deploymentRoutes.get(deployments, call),
  'POST deployments': ({deployments}, call) => deploymentRoutes.post(deployments, call),
  'GET pulls': getPulls,
  'POST pulls': (state, call) => (call.parts.length > 0 ? postReviewers(state, call) : postPull(state, call)),
  'PATCH pulls': patchPull,
  'POST attestations': keepAttestation,
  'POST pages': deployPages,
  'GET attestations': ({attestations}, {parts}) => {
    const bundles = attestations.get(parts[0] ?? '')
    return bundles && {status: 200, body: {attestations: bundles.map(bundle => ({repository_id: 1, bundle}))}}
  }
}

/** Kept by the digests that its statement is about. */
function keepAttestation({attestations}: State, {request: {body}}: Call): Reply {
  const bundle = body['bundle'] as {readonly dsseEnvelope?: {readonly payload?: string}} | undefined
  const statement = JSON.parse(Buffer.from(bundle?.dsseEnvelope?.payload ?? 'e30', 'base64').toString()) as {
    readonly subject?: readonly {readonly digest: {readonly sha256: string}}[]
  }
  for (const {digest} of statement.subject ?? []) {
    const name = `sha256:${digest.sha256}`
    attestations.set(name, [...(attestations.get(name) ?? []), bundle])
  }
  return {status: 201, body: {id: 1}}
}

/** A deployment of GitHub Pages, which knows the run by a token of its identity. */
function deployPages({pages}: State, {parts, request: {body}, repository}: Call): Reply | undefined {
  if (parts[0] !== 'deployments') return undefined
  pages.push(body)
  const [owner = '', name = ''] = repository.split('/')
  const url = `https://${owner}.github.io/${name}/`
  const status = `https://api.github.com/repos/${repository}/pages/deployments/${pages.length}`
  return {status: 200, body: {id: String(pages.length), status_url: status, page_url: url}}
}

/** Notes that are kept nowhere. */
function generatedNotes(): Reply {
  return {status: 200, body: {name: 'Release', body: 'Changes'}}
}

function getReleases({releases}: State, {parts, url, repository}: Call): Reply | undefined {
  if (parts.length === 0) {
    const size = Number(url.searchParams.get('per_page') ?? 30)
    const page = Number(url.searchParams.get('page') ?? 1)
    const newest = [...releases].reverse().slice((page - 1) * size, page * size)
    return {status: 200, body: newest.map(one => releaseBody(one, repository))}
  }
  const found =
    parts[0] === 'tags'
      ? releases.find(({tag_name: tag, draft}) => tag === parts[1] && !draft)
      : releases.find(({id}) => String(id) === parts[0])
  return found && {status: 200, body: releaseBody(found, repository)}
}

function postRelease({releases}: State, {request: {body}, repository}: Call): Reply {
  const {tag_name: tag, body: notes} = body
  if (typeof tag !== 'string') return invalid('Release', 'tag_name', 'missing_field')
  if (releases.some(one => one.tag_name === tag && !one.draft) && body['draft'] !== true)
    return invalid('Release', 'tag_name', 'already_exists')
  if (isTooLong(notes)) return tooLong()
  const release: ServedRelease = {
    id: releases.length + 1,
    tag_name: tag,
    name: typeof body['name'] === 'string' ? body['name'] : tag,
    body: typeof notes === 'string' ? notes : null,
    draft: body['draft'] === true,
    prerelease: body['prerelease'] === true,
    ...(typeof body['make_latest'] === 'string' ? {make_latest: body['make_latest']} : {})
  }
  releases.push(release)
  return {status: 201, body: releaseBody(release, repository)}
}

function patchRelease({releases}: State, {parts, request: {body}, repository}: Call): Reply | undefined {
  const release = releases.find(({id}) => String(id) === parts[0])
  if (release === undefined) return undefined
  if (isTooLong(body['body'])) return tooLong()
  if (typeof body['body'] === 'string') release.body = body['body']
  return {status: 200, body: releaseBody(release, repository)}
}

function releaseBody(release: ServedRelease, repository: string): object {
  const page = release.draft ? 'untagged-1a2b3c' : release.tag_name
  const shown = Object.entries(release).filter(([key]) => key !== 'make_latest')
  return {
    ...exampleOf('release'),
    ...(Object.fromEntries(shown) as object),
    html_url: `https://github.com/${repository}/releases/tag/${page}`
  }
}

/** A tag that is annotated leads to an object of its own, and that to the commit. */
async function getGit(
  {tags, commits, url, options}: State,
  {parts: [kind, name = '']}: Call
): Promise<Reply | undefined> {
  if (kind === 'commits') {
    const date = commits.get(name)
    const {committer, ...example} = exampleOf('git-commit')
    const dated = {...example, sha: name, committer: {...(committer as object), date}}
    return date === undefined ? undefined : {status: 200, body: dated}
  }
  if (kind === 'tags') {
    const commit = [...tags.values()].find(one => one === `tag of ${name}`)?.slice('tag of '.length)
    const object = {sha: commit, type: 'commit', url}
    return commit === undefined ? undefined : {status: 200, body: {...exampleOf('git-tag'), object}}
  }
  if (kind === 'ref' && name.startsWith('heads/') && options.git !== undefined)
    return await branchAt(new GitDatabase(options.git), name, url)
  const target = kind === 'ref' ? tags.get(name.replace(/^tags\//, '')) : undefined
  if (target === undefined) return undefined
  const isAnnotated = target.startsWith('tag of ')
  const object = {
    sha: target.replace('tag of ', ''),
    type: isAnnotated ? 'tag' : 'commit',
    url
  }
  return {status: 200, body: {...exampleOf('git-ref'), ref: `refs/${name}`, object}}
}

async function branchAt(database: GitDatabase, name: string, url: string): Promise<Reply | undefined> {
  const sha = await database.tip(name.slice('heads/'.length))
  return sha === undefined ? undefined : {status: 200, body: refBody(name, sha, url)}
}

function refBody(name: string, sha: string, url: string): object {
  return {...exampleOf('git-ref'), ref: `refs/${name}`, object: {sha, type: 'commit', url}}
}

async function postGit(
  {options, url}: State,
  {parts: [kind], request: {body}}: Call
): Promise<Reply | undefined> {
  if (options.git === undefined) return undefined
  const database = new GitDatabase(options.git)
  if (kind === 'blobs') {
    const sha = await database.blob(String(body['content']))
    return {status: 201, body: {...exampleOf('short-blob'), sha}}
  }
  if (kind === 'trees') {
    const sha = await database.tree(String(body['base_tree']), body['tree'] as TreeEntry[])
    return {status: 201, body: {...exampleOf('git-tree'), sha}}
  }
  if (kind === 'commits') {
    const {tree, parents, message} = body as {tree: string; parents: string[]; message: string}
    const sha = await database.commit(tree, parents, message)
    const isSigned = options.isPerson !== true && body['author'] === undefined
    const verification = {
      ...(exampleOf('git-commit')['verification'] as object),
      verified: isSigned,
      reason: isSigned ? 'valid' : 'unsigned'
    }
    return {status: 201, body: {...exampleOf('git-commit'), sha, verification}}
  }
  if (kind !== 'refs') return undefined
  const {ref, sha} = body as {ref: string; sha: string}
  const branch = ref.replace('refs/heads/', '')
  if ((await database.tip(branch)) !== undefined) return unprocessable('Reference already exists')
  await database.move(branch, sha)
  return {status: 201, body: refBody(`heads/${branch}`, sha, url)}
}

async function patchGit(
  {options, url}: State,
  {parts: [, name = ''], request: {body}}: Call
): Promise<Reply | undefined> {
  if (options.git === undefined) return undefined
  const database = new GitDatabase(options.git)
  const branch = name.slice('heads/'.length)
  const [tip, sha] = [await database.tip(branch), String(body['sha'])]
  if (tip === undefined) return unprocessable('Reference does not exist')
  if (body['force'] !== true && !(await database.isAncestor(tip, sha)))
    return unprocessable('Update is not a fast forward')
  await database.move(branch, sha)
  return {status: 200, body: refBody(name, sha, url)}
}

/** Labels and comments of a pull request, which is an issue, too. */
function postIssue({pulls}: State, {parts: [number, kind], request: {body}}: Call): Reply | undefined {
  if (!pulls.some(pull => String(pull.number) === number)) return undefined
  if (kind === 'comments')
    return {status: 201, body: {...exampleOf('issue-comment'), body: String(body['body'])}}
  const labels = body['labels'] as readonly string[]
  const [label] = [exampleOf('label-items')]
  return {status: 200, body: labels.map(name => ({...label, name}))}
}

function postReviewers({pulls}: State, {parts: [number, kind]}: Call): Reply | undefined {
  const found = pulls.find(pull => String(pull.number) === number)
  if (found === undefined || kind !== 'requested_reviewers') return undefined
  return {
    status: 201,
    body: {...exampleOf('pull-request-review-request'), requested_teams: [], number: found.number}
  }
}

/** The mutation `enablePullRequestAutoMerge` of GraphQL, which has the status 200 where it fails, too. */
function autoMerge({options}: State): Reply {
  const message = options.noAutoMerge
  const data = {enablePullRequestAutoMerge: message === undefined ? {clientMutationId: null} : null}
  return {
    status: 200,
    body: message === undefined ? {data} : {data, errors: [{type: 'UNPROCESSABLE', message}]}
  }
}

function unprocessable(message: string): Reply {
  return {status: 422, body: {message, documentation_url: 'https://docs.github.com/rest', status: '422'}}
}

function getPulls({pulls}: State, {url, parts, repository}: Call): Reply | undefined {
  if (parts.length > 0) {
    const found = pulls.find(({number}) => String(number) === parts[0])
    return found && {status: 200, body: pullBody(found, repository)}
  }
  const wanted = (name: string, value: string): boolean => [null, value].includes(url.searchParams.get(name))
  const state = url.searchParams.get('state') ?? 'open'
  const found = pulls.filter(
    pull =>
      (state === 'all' || pull.state === state) && wanted('head', pull.head) && wanted('base', pull.base)
  )
  return {status: 200, body: found.map(pull => pullBody(pull, repository, true))}
}

function postPull({pulls}: State, {request: {body}, repository}: Call): Reply {
  const {title, head, base} = body
  if (typeof title !== 'string' || typeof head !== 'string' || typeof base !== 'string')
    return invalid('PullRequest', 'title', 'missing_field')
  const full = head.includes(':') ? head : `${repository.split('/')[0] ?? ''}:${head}`
  if (pulls.some(pull => pull.state === 'open' && pull.head === full && pull.base === base))
    return invalid('PullRequest', '', 'custom', `A pull request already exists for ${full}.`)
  const text_ = typeof body['body'] === 'string' ? body['body'] : ''
  const pull: ServedPull = {number: pulls.length + 1, title, body: text_, state: 'open', head: full, base}
  pulls.push(pull)
  return {status: 201, body: pullBody(pull, repository)}
}

function patchPull({pulls}: State, {parts, request: {body}, repository}: Call): Reply | undefined {
  const pull = pulls.find(({number}) => String(number) === parts[0])
  if (pull === undefined) return undefined
  if (typeof body['title'] === 'string') pull.title = body['title']
  if (typeof body['body'] === 'string') pull.body = body['body']
  if (body['state'] === 'closed') pull.state = 'closed'
  return {status: 200, body: pullBody(pull, repository)}
}

function pullBody(pull: ServedPull, repository: string, isInList = false): object {
  const [, branch = ''] = pull.head.split(':')
  const example = exampleOf(isInList ? 'pull-request-simple-items' : 'pull-request')
  return {
    ...example,
    // The description's own example of a team lacks a field that it demands.
    requested_teams: [],
    ...pull,
    head: {...(example['head'] as object), label: pull.head, ref: branch},
    base: {...(example['base'] as object), label: pull.base, ref: pull.base},
    html_url: `https://github.com/${repository}/pull/${pull.number}`
  }
}

/** A whole answer, as the description gives it for an example. */
function exampleOf(name: string): Readonly<Record<string, unknown>> {
  const value: unknown = checkedGithub().description.components.examples[name]?.value
  const first: unknown = Array.isArray(value) ? value[0] : value
  return (first ?? {}) as Readonly<Record<string, unknown>>
}

function isTooLong(body: unknown): boolean {
  return typeof body === 'string' && body.length > MAX_BODY
}

function tooLong(): Reply {
  return invalid('Release', '', 'custom', `body is too long (maximum is ${MAX_BODY} characters)`)
}

function invalid(resource: string, field: string, code: string, message?: string): Reply {
  const error = {
    resource,
    code,
    ...(field === '' ? {} : {field}),
    ...(message === undefined ? {} : {message})
  }
  const documentation_url = 'https://docs.github.com/rest'
  return {
    status: 422,
    body: {message: 'Validation Failed', errors: [error], documentation_url, status: '422'}
  }
}

function failure(status: number, message: string): Reply {
  return {status, body: {message, documentation_url: 'https://docs.github.com/rest', status: String(status)}}
}
