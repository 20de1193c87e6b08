import type {IncomingMessage, RequestListener, ServerResponse} from 'node:http'

/** Who may come in, and where tokens are to be had. */
export interface LoginRules {
  /** What a user may do; undefined where the password is not theirs. */
  readonly rights: (username: string, password: string) => 'none' | 'read' | 'write' | undefined
  readonly realm: URL
  /** The start of the names of repositories that everyone may pull from. */
  readonly isPublic: (repository: string) => boolean
  /** What is said to somebody who is known and may not push; by default that a login is needed. */
  readonly denial?: (repository: string) => string
}

/** What stands in front of a registry that knows no users. */
export interface LoginGuard {
  /** Lets a request through that brings a token for what it asks. */
  readonly guard: (site: RequestListener) => RequestListener
  /** Gives tokens out (distribution/distribution, docs/spec/auth/token.md). */
  readonly tokens: RequestListener
}

const SERVICE = 'registry'

/** Asks for tokens as registries do: each is for the repositories and actions that it was asked for, and granted. */
export function loginGuard(rules: LoginRules): LoginGuard {
  return {
    guard: site => (incoming, answer) => {
      const {repository, action} = needOf(incoming)
      const grants = grantsOf(incoming)
      if (grants.includes(`${repository}:${action}`)) site(incoming, answer)
      else if (rules.denial !== undefined && action === 'push' && grants.includes(`${repository}:pull`))
        send(answer, 403, {errors: [{code: 'DENIED', message: rules.denial(repository)}]})
      else refuse(answer, rules.realm, `repository:${repository}:${action === 'pull' ? 'pull' : 'pull,push'}`)
    },
    tokens: (incoming, answer) => void giveToken(rules, incoming, answer)
  }
}

/** The ping needs any token, which holds this. */
const PING = {repository: '', action: 'ping'}

function needOf({url = '', method = ''}: IncomingMessage): {repository: string; action: string} {
  const repository = /^\/v2\/(.+?)\/(?:manifests|blobs|tags|referrers)\//.exec(url)?.[1]
  if (repository === undefined) return PING
  return {
    repository,
    action: ['GET', 'HEAD'].includes(method) ? 'pull' : method === 'DELETE' ? 'delete' : 'push'
  }
}

function grantsOf({headers: {authorization = ''}}: IncomingMessage): string[] {
  const token = /^Bearer (.+)$/.exec(authorization)?.[1]
  return token === undefined ? [] : (JSON.parse(Buffer.from(token, 'base64url').toString()) as string[])
}

async function giveToken(
  rules: LoginRules,
  incoming: IncomingMessage,
  answer: ServerResponse
): Promise<void> {
  const form = await formOf(incoming)
  const login = loginOf(incoming, form)
  const [, username = '', password = ''] = /^([^:]*):(.*)$/s.exec(login ?? '') ?? []
  const rights = login === undefined ? 'none' : rules.rights(username, password)
  if (rights === undefined) {
    send(answer, 401, {errors: [{code: 'UNAUTHORIZED', message: 'wrong user name or password'}]})
    return
  }
  const wishes = form.getAll('scope').flatMap(text => text.split(' '))
  const granted = wishes.flatMap(wish => {
    const [, repository = '', actions = ''] = /^repository:(.+):([a-z,]+)$/.exec(wish) ?? []
    const isOpen = (action: string): boolean =>
      rights === 'write' || (action === 'pull' && (rights === 'read' || rules.isPublic(repository)))
    return actions
      .split(',')
      .filter(isOpen)
      .map(action => `${repository}:${action}`)
  })
  const token = Buffer.from(JSON.stringify([`${PING.repository}:${PING.action}`, ...granted])).toString(
    'base64url'
  )
  send(answer, 200, {token, access_token: token, expires_in: 300})
}

async function formOf(incoming: IncomingMessage): Promise<URLSearchParams> {
  if (incoming.method !== 'POST') return new URL(incoming.url ?? '/', 'http://localhost').searchParams
  const parts: Buffer[] = []
  for await (const part of incoming as AsyncIterable<Buffer>) parts.push(part)
  return new URLSearchParams(Buffer.concat(parts).toString())
}

/** `user:password`; undefined for somebody who does not say who they are. */
function loginOf({headers}: IncomingMessage, form: URLSearchParams): string | undefined {
  const basic = /^Basic (.+)$/i.exec(headers.authorization ?? '')?.[1]
  if (basic !== undefined) return Buffer.from(basic, 'base64').toString()
  const username = form.get('username')
  return username === null ? undefined : `${username}:${form.get('password') ?? ''}`
}

function refuse(answer: ServerResponse, realm: URL, scope: string): void {
  const challenge = `Bearer realm="${realm.href}",service="${SERVICE}",scope="${scope}"`
  answer.setHeader('www-authenticate', challenge)
  send(answer, 401, {errors: [{code: 'UNAUTHORIZED', message: 'authentication required'}]})
}

function send(answer: ServerResponse, status: number, body: object): void {
  answer.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify(body))
}
