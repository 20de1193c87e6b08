import type {HttpRequest} from '../../../src/ports.js'
import {type ZooAnswer, type ZooRequest, errorAnswer, jsonAnswer} from './answer.js'
import type {ZooEntry} from './entry.js'
import type {Now, Quirk} from './quirks.js'

/** What a request needs to be allowed to do. */
function actionsOf({method}: ZooRequest): string {
  if (method === 'GET' || method === 'HEAD') return 'pull'
  return method === 'DELETE' ? 'delete' : 'pull,push'
}

/** The scopes that the registry itself thinks in: those of the entry, or the repository's. */
function neededScope({tokens}: ZooEntry, request: ZooRequest): string {
  const actions = actionsOf(request)
  return tokens?.scope?.(request.name, actions) ?? `repository:${request.name}:${actions}`
}

/** Lets nobody in without a login, and nobody with a token do what the token is not for. */
export function access(entry: ZooEntry, now: Now): Quirk {
  const {credential, tokens} = entry
  return async (request, next) => {
    if (credential === undefined || request.url.host === entry.upload?.ledTo) return await next(request)
    const given = request.headers['authorization'] ?? ''
    if (tokens === undefined)
      return given === basic(credential) ? await next(request) : challenge('Basic realm="Registry"')
    const scope = neededScope(entry, request)
    if (isGood(given, scope, now())) return await next(request)
    const service = tokens.service === undefined ? '' : `,service="${tokens.service}"`
    return challenge(`Bearer realm="${tokens.realm}"${service},scope="${scope}"`)
  }
}

/** The token server of an entry. */
export function tokenServer({credential, tokens}: ZooEntry, now: Now): (request: HttpRequest) => ZooAnswer {
  return ({url, headers}) => {
    const scopes = url.searchParams.getAll('scope')
    if (credential === undefined || headers['authorization'] !== basic(credential))
      return errorAnswer({status: 401, code: 'UNAUTHORIZED'})
    if (scopes.length > (tokens?.mostScopes ?? Infinity))
      return errorAnswer({status: 400, code: 'UNSUPPORTED', message: 'one scope only'})
    const expires = now() + (tokens?.lifetime ?? 300) * 1000
    const token = Buffer.from(JSON.stringify({scopes, expires})).toString('base64url')
    const fields = {
      token: {token},
      access_token: {access_token: token},
      both: {token, access_token: token},
      'empty token': {token: '', access_token: token}
    }[tokens?.field ?? 'token']
    return jsonAnswer(200, JSON.stringify({...fields, expires_in: tokens?.lifetime ?? 300}))
  }
}

function isGood(authorization: string, needed: string, now: number): boolean {
  const token = /^Bearer (.+)$/.exec(authorization)?.[1]
  if (token === undefined) return false
  const {scopes, expires} = JSON.parse(Buffer.from(token, 'base64url').toString()) as {
    scopes: string[]
    expires: number
  }
  const [, resource, actions = ''] = /^(.+):([^:]*)$/.exec(needed) ?? []
  const isGranted = scopes.some(scope => {
    if (scope === needed) return true
    const [, granted, allowed = ''] = /^(.+):([^:]*)$/.exec(scope) ?? []
    return granted === resource && actions.split(',').every(action => allowed.split(',').includes(action))
  })
  return isGranted && expires > now
}

function basic({username, password}: NonNullable<ZooEntry['credential']>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function challenge(header: string): ZooAnswer {
  return errorAnswer({
    status: 401,
    code: 'UNAUTHORIZED',
    message: 'authentication required',
    headers: {'www-authenticate': header}
  })
}
