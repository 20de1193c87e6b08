import {execFile} from 'node:child_process'
import {type KeyObject, createPrivateKey, randomUUID, sign} from 'node:crypto'
import {readFile} from 'node:fs/promises'
import {type IncomingMessage, createServer} from 'node:http'
import path from 'node:path'
import {promisify} from 'node:util'
import {component} from './components.js'

/** A user of the token issuer; `pull` only where `rights` says so. */
export interface IssuerUser {
  readonly username: string
  readonly password: string
  readonly rights: readonly string[]
}

export interface TokenIssuerOptions {
  /** Where key and certificate are written. */
  readonly folder: string
  readonly users: readonly IssuerUser[]
  readonly lifetimeSeconds?: number
}

export interface RunningTokenIssuer {
  readonly realm: string
  readonly service: string
  readonly issuer: string
  /** For `rootcertbundle` of a registry. */
  readonly certificateFile: string
  stop(): Promise<void>
}

const SERVICE = 'test-registry'
const ISSUER = 'test-issuer'
/** The prefix of repositories that everyone may pull from. */
const PUBLIC = 'pub/'

/**
 * A token server as distribution's docs/spec/auth/token.md and oauth.md describe it: ES256, with the certificate in x5c,
 * which both distribution 2.8 and 3 take. The realm says localhost: crane refuses a realm on a private address.
 */
export async function startTokenIssuer(options: TokenIssuerOptions): Promise<RunningTokenIssuer> {
  const {key, certificate, certificateFile} = await makeCertificate(options.folder)
  const refreshTokens = new Map<string, IssuerUser>()
  const server = createServer((request, response) => {
    void (async () => {
      const form = await formOf(request)
      const user = userOf(options.users, request, form, refreshTokens)
      if (user === 'wrong') {
        response.writeHead(401, {'content-type': 'application/json'})
        response.end('{"errors":[{"code":"UNAUTHORIZED","message":"wrong user name or password"}]}')
        return
      }
      const scopes = form.getAll('scope').flatMap(text => text.split(' '))
      const now = Math.floor(Date.now() / 1000)
      const lifetime = options.lifetimeSeconds ?? 300
      const claims = {
        iss: ISSUER,
        sub: user?.username ?? '',
        aud: form.get('service') ?? SERVICE,
        exp: now + lifetime,
        nbf: now - 5,
        iat: now,
        jti: randomUUID(),
        access: scopes.flatMap(scope => grantedOf(user, scope))
      }
      const token = signed({typ: 'JWT', alg: 'ES256', x5c: [certificate]}, claims, key)
      const isOffline = form.get('offline_token') === 'true' || form.get('access_type') === 'offline'
      const refreshToken = randomUUID()
      if (user && isOffline) refreshTokens.set(refreshToken, user)
      response.writeHead(200, {'content-type': 'application/json'})
      response.end(
        JSON.stringify({
          token,
          access_token: token,
          expires_in: lifetime,
          issued_at: new Date(now * 1000).toISOString(),
          ...(user && isOffline ? {refresh_token: refreshToken} : {})
        })
      )
    })()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    realm: `http://localhost:${port}/token`,
    service: SERVICE,
    issuer: ISSUER,
    certificateFile,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}

async function makeCertificate(
  folder: string
): Promise<{key: KeyObject; certificate: string; certificateFile: string}> {
  const keyFile = path.join(folder, 'token.key')
  const certificateFile = path.join(folder, 'token.crt')
  const run = promisify(execFile)
  const openssl = component('openssl')
  await run(openssl, ['ecparam', '-genkey', '-name', 'prime256v1', '-noout', '-out', keyFile])
  const request = ['req', '-x509', '-new', '-key', keyFile, '-subj', '/CN=test', '-days', '3650']
  await run(openssl, [...request, '-out', certificateFile])
  const pem = await readFile(certificateFile, 'utf8')
  return {
    key: createPrivateKey(await readFile(keyFile)),
    certificate: pem.replace(/-----[^-]+-----|\s/g, ''),
    certificateFile
  }
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  const parts: Buffer[] = []
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
  return request.method === 'POST'
    ? new URLSearchParams(Buffer.concat(parts).toString())
    : new URL(request.url ?? '/', 'http://localhost').searchParams
}

function userOf(
  users: readonly IssuerUser[],
  request: IncomingMessage,
  form: URLSearchParams,
  refreshTokens: ReadonlyMap<string, IssuerUser>
): IssuerUser | undefined | 'wrong' {
  const encoded = /^Basic (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const [username, password] = encoded
    ? Buffer.from(encoded, 'base64').toString().split(/:(.*)/s)
    : [form.get('username'), form.get('password')]
  if (form.get('grant_type') === 'refresh_token')
    return refreshTokens.get(form.get('refresh_token') ?? '') ?? 'wrong'
  if (!username) return undefined
  return users.find(user => user.username === username && user.password === password) ?? 'wrong'
}

function grantedOf(user: IssuerUser | undefined, scope: string): object[] {
  const [, type, name = '', actions = ''] = /^([a-z]+):(.+):([a-z*,]+)$/.exec(scope) ?? []
  if (type === undefined) return []
  const rights = user?.rights ?? (name.startsWith(PUBLIC) ? ['pull'] : [])
  const granted = actions.split(',').filter(action => rights.includes(action) || rights.includes('*'))
  return [{type, name, actions: granted}]
}

function signed(header: object, claims: object, key: KeyObject): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${encode(header)}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(text), {key, dsaEncoding: 'ieee-p1363'})
  return `${text}.${signature.toString('base64url')}`
}
