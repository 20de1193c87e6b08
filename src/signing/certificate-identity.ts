import type {X509Certificate} from 'node:crypto'

/** Who a certificate of Fulcio was given to, and who vouched for it: what a verifier must be told. */
export interface CertificateIdentity {
  /** The subject's alternative name: a workflow's URL, or an address. */
  readonly subject: string
  /** The issuer of the OpenID Connect token. */
  readonly issuer: string
}

/** 1.3.6.1.4.1.57264.1.8, the issuer as a UTF8String (Fulcio's oid-info.md), as DER writes an object identifier. */
const ISSUER_OID = Buffer.from('060a2b0601040183bf300108', 'hex')
const UTF8_STRING = 0x0c

/** Reads the identity of a certificate of Fulcio; undefined where it is of somebody else. */
export function identityOf(certificate: X509Certificate): CertificateIdentity | undefined {
  const [, subject] = /(?:URI|email):([^,\s]+)/.exec(certificate.subjectAltName ?? '') ?? []
  const issuer = issuerOf(certificate.raw)
  return subject === undefined || issuer === undefined ? undefined : {subject, issuer}
}

/** The extension is an OCTET STRING that holds a UTF8String; both are shorter than 128 bytes, so one byte says how long. */
function issuerOf(der: Buffer): string | undefined {
  const at = der.indexOf(ISSUER_OID)
  if (at < 0) return undefined
  const text = at + ISSUER_OID.length + 2
  const length = der[text + 1] ?? 0
  return der[text] === UTF8_STRING ? der.subarray(text + 2, text + 2 + length).toString('utf8') : undefined
}
