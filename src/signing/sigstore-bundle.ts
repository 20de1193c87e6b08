import {X509Certificate} from 'node:crypto'
import {objectIn, textIn, tryParseJson} from '../shared/json.js'

/** What a certificate of Sigstore says of who signed (sigstore/fulcio, docs/oid-info.md). */
export interface SignerIdentity {
  /** The workflow or the person: the first name of the certificate. */
  readonly identity: string
  /** Who vouches for them, for example https://token.actions.githubusercontent.com. */
  readonly issuer?: string
}

/** A signed statement about an image: who signed, and what kind of statement it is. */
export interface SignedStatement {
  /** Undefined where it was signed with a key. */
  readonly signer: SignerIdentity | undefined
  /** For example https://slsa.dev/provenance/v1; undefined where it is a plain signature. */
  readonly predicateType: string | undefined
}

/** Who a certificate of Fulcio was given to, and who vouched for it: what a verifier must be told. */
export interface CertificateIdentity {
  /** The subject's alternative name: a workflow's URL, or an address. */
  readonly subject: string
  /** The issuer of the OpenID Connect token. */
  readonly issuer: string
}

/** The media type of a bundle, whichever version (sigstore/cosign, specs/BUNDLE_SPEC.md). */
export function isBundleType(mediaType: string | undefined): boolean {
  return mediaType?.startsWith('application/vnd.dev.sigstore.bundle') === true
}

/** What `cosign sign` of version 3 states: that somebody signed, and nothing more (cosign, pkg/types/predicate.go). */
export const COSIGN_SIGNATURE = 'https://sigstore.dev/cosign/sign/v1'

/** Reads a Sigstore bundle; undefined where the bytes are none. Nothing is verified here. */
export function readBundle(bytes: Uint8Array): SignedStatement | undefined {
  const {isSigned, statement, certificate} = bundleContent(bytes)
  if (!isSigned) return undefined
  return {signer: identityIn(certificate), predicateType: textIn(statement?.['predicateType']) || undefined}
}

/** What a bundle holds. Whoever may push to a repository may put anything there: each field is of any type, or absent. */
export interface BundleContent {
  /** Whether it has material to verify a signature by. */
  readonly isSigned: boolean
  /** The statement of in-toto; undefined where the envelope holds none. */
  readonly statement: Readonly<Record<string, unknown>> | undefined
  /** DER; empty where it was signed with a key. */
  readonly certificate: Buffer
}

/** The content of a Sigstore bundle (sigstore protobuf-specs, `Bundle`). */
export function bundleContent(bytes: Uint8Array): BundleContent {
  const bundle = objectIn(tryParseJson(bytes))
  const material = objectIn(bundle['verificationMaterial'])
  const chain = objectIn(material['x509CertificateChain'])['certificates']
  const leaf = objectIn(material['certificate'] ?? (Array.isArray(chain) ? chain[0] : undefined))
  const payload = objectIn(bundle['dsseEnvelope'])['payload']
  const statement = objectIn(tryParseJson(Buffer.from(textIn(payload), 'base64')))
  return {
    isSigned: Object.keys(material).length > 0,
    statement: Object.keys(statement).length === 0 ? undefined : statement,
    certificate: Buffer.from(textIn(leaf['rawBytes']), 'base64')
  }
}

/** Whom a certificate, DER or PEM, is for; undefined where it is none, or names nobody. */
export function identityIn(certificate: Buffer | string): SignerIdentity | undefined {
  if (certificate.length === 0) return undefined
  try {
    const {raw, subjectAltName = ''} = new X509Certificate(certificate)
    const identity = /(?:^|, )(?:URI|email):"?([^",]+)/.exec(subjectAltName)?.[1]
    const issuer = issuerIn(raw)
    return identity === undefined ? undefined : {identity, ...(issuer === undefined ? {} : {issuer})}
  } catch {
    return undefined
  }
}

/** The identity that a verifier must be told; undefined where the certificate does not name both subject and issuer. */
export function certificateIdentity(certificate: Buffer | string): CertificateIdentity | undefined {
  const {identity: subject, issuer} = identityIn(certificate) ?? {}
  return subject === undefined || issuer === undefined ? undefined : {subject, issuer}
}

/** 1.3.6.1.4.1.57264.1.8, the issuer as a UTF8String, and .1, the same without a type, as DER has object identifiers. */
const ISSUER_V2 = Buffer.from('060a2b0601040183bf300108', 'hex')
const ISSUER_V1 = Buffer.from('060a2b0601040183bf300101', 'hex')
const OCTET_STRING = 0x04
const UTF8_STRING = 0x0c

/** Issuers are shorter than 128 bytes, so that DER has their length in one byte. */
function issuerIn(der: Buffer): string | undefined {
  const typed = valueBehind(der, ISSUER_V2)
  if (typed?.[0] === UTF8_STRING) return typed.subarray(2).toString('utf8')
  return valueBehind(der, ISSUER_V1)?.toString('utf8')
}

function valueBehind(der: Buffer, identifier: Buffer): Buffer | undefined {
  const at = der.indexOf(identifier)
  const start = at + identifier.length
  if (at < 0 || der[start] !== OCTET_STRING) return undefined
  return der.subarray(start + 2, start + 2 + (der[start + 1] ?? 0))
}
