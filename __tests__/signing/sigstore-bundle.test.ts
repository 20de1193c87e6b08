import {describe, expect, it} from '@jest/globals'
import {signatureIn} from '../../src/signing/signature-list.js'
import {identityIn, isBundleType, readBundle} from '../../src/signing/sigstore-bundle.js'

/** Made by openssl as Fulcio makes them: a URI for the workflow, and the issuer in both of its extensions. */
const CERTIFICATE =
  'MIICHjCCAcSgAwIBAgIUWzJm4yh0MD4LaUVubT5I7XjkjjcwCgYIKoZIzj0EAwIwETEPMA0GA1UEAwwGZnVsY2lvMB4XDTI2MTEyMTEwMjE1MFoXDTM2MTExODEwMjE1MFowETEPMA0GA1UEAwwGZnVsY2lvMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEkpiUT5gdvrbDX1rc5G2E2OZhdLhYKBKCpVHFI2WJcwI1wa6f4apbXMEEb0d4igNPEXHXrWlxy8oigAzWZ0VV6KOB+TCB9jBdBgNVHREBAf8EUzBRhk9odHRwczovL2dpdGh1Yi5jb20vb3JnL2ltYWdlLXJlbGVhc2UvLmdpdGh1Yi93b3JrZmxvd3MvcmVsZWFzZS55bWxAcmVmcy90YWdzL3YxMDkGCisGAQQBg78wAQEEK2h0dHBzOi8vdG9rZW4uYWN0aW9ucy5naXRodWJ1c2VyY29udGVudC5jb20wOwYKKwYBBAGDvzABCAQtDCtodHRwczovL3Rva2VuLmFjdGlvbnMuZ2l0aHVidXNlcmNvbnRlbnQuY29tMB0GA1UdDgQWBBQ5dMthwtA/8lQBMp6wCB9DLoTQSjAKBggqhkjOPQQDAgNIADBFAiAeIkti8oNCzczSqEIsecCHGqc7zHB1YSh5zAi/Btlt1QIhAMya1t3/semcz+/de7h5SlQdVZPpf1tW50XN2uJuyQxG'
const signer = {
  identity: 'https://github.com/org/image-release/.github/workflows/release.yml@refs/tags/v1',
  issuer: 'https://token.actions.githubusercontent.com'
}

const bundle = (document: object) => Buffer.from(JSON.stringify(document))
const payload = (statement: object) => Buffer.from(JSON.stringify(statement)).toString('base64')

describe('a Sigstore bundle', () => {
  it.each([
    [
      'a certificate (version 0.3)',
      {verificationMaterial: {certificate: {rawBytes: CERTIFICATE}}},
      {signer, predicateType: undefined}
    ],
    [
      'a chain (version 0.1), and a statement',
      {
        verificationMaterial: {x509CertificateChain: {certificates: [{rawBytes: CERTIFICATE}]}},
        dsseEnvelope: {payload: payload({predicateType: 'https://slsa.dev/provenance/v1'})}
      },
      {signer, predicateType: 'https://slsa.dev/provenance/v1'}
    ],
    [
      'a key',
      {verificationMaterial: {publicKey: {hint: 'x'}}},
      {signer: undefined, predicateType: undefined}
    ],
    [
      'a certificate that is none',
      {verificationMaterial: {certificate: {rawBytes: 'AAAA'}}},
      {signer: undefined, predicateType: undefined}
    ],
    ['nothing of Sigstore', {layers: []}, undefined],
    ['no object', [], undefined]
  ])('with %s', (_, document, expected) => {
    expect(readBundle(bundle(document))).toEqual(expected)
  })

  it('may be no JSON', () => expect(readBundle(Buffer.from('{'))).toBeUndefined())

  it('reads a certificate as PEM, as older cosign keeps it', () => {
    const lines = CERTIFICATE.replace(/.{64}/g, '$&\n')
    const pem = ['-----BEGIN CERTIFICATE-----', lines, '-----END CERTIFICATE-----'].join('\n')
    expect(identityIn(pem)).toEqual(signer)
    expect(identityIn('')).toBeUndefined()
  })

  it.each([
    ['both extensions', CERTIFICATE],
    ['the older extension alone', withoutTypedIssuer(CERTIFICATE)]
  ])('names who signed, whoever reads it, by %s', (_, rawBytes) => {
    const content = bundle({
      verificationMaterial: {certificate: {rawBytes}},
      dsseEnvelope: {payload: payload({predicateType: 'https://slsa.dev/provenance/v1'})}
    })
    expect(readBundle(content)?.signer).toEqual(signer)
    expect(signatureIn(content)?.identity).toEqual({subject: signer.identity, issuer: signer.issuer})
  })

  it.each([
    ['application/vnd.dev.sigstore.bundle.v0.3+json', true],
    ['application/vnd.dev.sigstore.bundle+json;version=0.1', true],
    ['application/spdx+json', false],
    [undefined, false]
  ])('has the media type %s: %s', (type, expected) => expect(isBundleType(type)).toBe(expected))
})

/** The certificate with another object identifier in place of the issuer's newer extension (1.3.6.1.4.1.57264.1.8). */
function withoutTypedIssuer(certificate: string): string {
  const der = Buffer.from(certificate, 'base64').toString('hex')
  return Buffer.from(der.replace('060a2b0601040183bf300108', '060a2b0601040183bf30017f'), 'hex').toString(
    'base64'
  )
}
