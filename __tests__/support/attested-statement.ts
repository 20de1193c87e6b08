import {X509Certificate, verify} from 'node:crypto'

/** What of a Sigstore bundle is needed here (sigstore_bundle.proto, in JSON). */
interface Bundle {
  readonly dsseEnvelope: {
    readonly payload: string
    readonly payloadType: string
    readonly signatures: readonly {readonly sig: string}[]
  }
  readonly verificationMaterial: {
    readonly certificate?: {readonly rawBytes: string}
    readonly x509CertificateChain?: {readonly certificates: readonly {readonly rawBytes: string}[]}
  }
}

/** A statement that was signed, and by whom. */
export interface AttestedStatement {
  readonly text: string
  /** Whom the certificate was given to. */
  readonly signer: string
}

/**
 * The statement in a bundle, whose signature is that of the key in its certificate (github.com/secure-systems-lab/dsse,
 * protocol.md). Who issued the certificate is not asked: the tests' authorities are nobody's.
 * @throws Error where it is not
 */
export function attestedStatement(value: unknown): AttestedStatement {
  const {dsseEnvelope: envelope, verificationMaterial: material} = value as Bundle
  const raw = material.certificate ?? material.x509CertificateChain?.certificates[0]
  const certificate = new X509Certificate(Buffer.from(raw?.rawBytes ?? '', 'base64'))
  const payload = Buffer.from(envelope.payload, 'base64')
  const {payloadType: type} = envelope
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `
  const sig = envelope.signatures[0]?.sig ?? ''
  const isSigned = verify(
    'sha256',
    Buffer.concat([Buffer.from(head), payload]),
    certificate.publicKey,
    Buffer.from(sig, 'base64')
  )
  if (!isSigned) throw new Error('the signature is not that of the certificate')
  return {text: payload.toString(), signer: certificate.subjectAltName ?? ''}
}
