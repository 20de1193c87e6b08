import {ReleaseError, messageOf, systemCodeOf} from '../../errors.js'
import type {HttpRequest} from '../../ports.js'

/** What OpenSSL says of an answer that is not TLS; its words differ by version. */
const NOT_TLS = /wrong version number|packet length too long|http request|unknown protocol/i
const SPEAKS_PLAIN = 'it does not speak TLS'
/** Node's codes for a certificate that cannot be trusted. */
const CERTIFICATE = /CERT|UNABLE_TO_(?:VERIFY|GET_ISSUER)/

/** Why no answer came, in one line, and what to do about it. */
export function unreachable({method, url}: HttpRequest, cause: unknown): ReleaseError {
  const reason = reasonOf(cause)
  return new ReleaseError(
    'REGISTRY_UNREACHABLE',
    `${method} ${url.host}${url.pathname}: no answer: ${reason}`,
    {cause, hint: hintOf(url.host, reason, systemCodeOf(cause) ?? '')}
  )
}

function reasonOf(cause: unknown): string {
  // Several addresses tried give an AggregateError, which has no message of its own.
  const inner: unknown = cause instanceof AggregateError ? cause.errors[0] : undefined
  const message = messageOf(inner ?? cause) || (systemCodeOf(cause) ?? 'unknown')
  return NOT_TLS.test(message) ? SPEAKS_PLAIN : message.replace(/\s+/g, ' ').trim()
}

function hintOf(host: string, reason: string, code: string): string {
  if (reason === SPEAKS_PLAIN) return `Where plain HTTP is meant, name ${host} in the input insecure.`
  if (code === 'CERT_HAS_EXPIRED')
    return `Renew the certificate of ${host}, and check the clock of this machine.`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `The certificate is for other names than ${host}: reach the registry by one of them, or have it made out for this one.`
  if (CERTIFICATE.test(code))
    return `Put the certificate of the authority of ${host} into /etc/docker/certs.d/${host}/ca.crt, or name its file in the variable NODE_EXTRA_CA_CERTS. Where nobody vouches for it and that is meant, name ${host} in the input insecure.`
  return `Check the name ${host}, and that this machine may connect to it.`
}
