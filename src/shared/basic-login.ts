/** Who asks, and by which password. */
export interface BasicLogin {
  readonly username: string
  readonly password: string
}

/** `user:password` in base64, as HTTP's Basic authentication (RFC 7617) and docker's configuration have it. */
export function encodeLogin({username, password}: BasicLogin): string {
  return Buffer.from(`${username}:${password}`).toString('base64')
}

/** Reads what `encodeLogin` writes; undefined where there is no colon. */
export function decodeLogin(encoded: string): BasicLogin | undefined {
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : {username: text.slice(0, colon), password: text.slice(colon + 1)}
}

/** The value of a header that tells a login: `Basic …`. */
export function basicAuthorization(login: BasicLogin): string {
  return `Basic ${encodeLogin(login)}`
}
