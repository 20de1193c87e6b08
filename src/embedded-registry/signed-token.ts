import {createHmac, randomBytes, randomUUID, timingSafeEqual} from 'node:crypto'
import type {TokenScope} from './access.js'

/** What a token says, in the claims of distribution's docs/spec/auth/jwt.md. */
export interface TokenClaims {
  /** `access` for requests, `refresh` for getting another token. */
  readonly use: 'access' | 'refresh'
  readonly sub: string
  readonly aud: string
  /** Seconds since the epoch. */
  readonly exp: number
  readonly iat: number
  readonly access: readonly TokenScope[]
}

/** Signs and reads tokens with a key that lives as long as the registry. */
export interface TokenSigner {
  sign(claims: TokenClaims): string
  /** What a token of ours says, expired or not; undefined where it is not ours or was changed. */
  verify(token: string): TokenClaims | undefined
}

export function tokenSigner(key: Buffer = randomBytes(32)): TokenSigner {
  const signatureOf = (text: string): string => createHmac('sha256', key).update(text).digest('base64url')
  return {
    sign: claims => {
      const text = `${encode({typ: 'JWT', alg: 'HS256'})}.${encode({...claims, jti: randomUUID()})}`
      return `${text}.${signatureOf(text)}`
    },
    verify: token => {
      const [header = '', payload = '', signature = ''] = token.split('.')
      const expected = Buffer.from(signatureOf(`${header}.${payload}`))
      const given = Buffer.from(signature)
      const isOurs = given.length === expected.length && timingSafeEqual(given, expected)
      return isOurs ? (JSON.parse(Buffer.from(payload, 'base64url').toString()) as TokenClaims) : undefined
    }
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
