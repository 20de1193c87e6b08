import {describe, expect, it} from '@jest/globals'
import {attestedDigest, isAttestation} from '../../src/oci/attestation.js'
import {digestOf} from '../../src/oci/digest.js'
import {OCI_MANIFEST} from '../../src/oci/media-type.js'

const image = {mediaType: OCI_MANIFEST, digest: digestOf(new Uint8Array()), size: 400}
const unknown = {os: 'unknown', architecture: 'unknown'}

describe('an attestation', () => {
  it.each([
    ['its mark', {...image, annotations: {'vnd.docker.reference.type': 'attestation-manifest'}}, true],
    ['its platform', {...image, platform: unknown}, true],
    ['no mark', {...image, platform: {os: 'linux', architecture: 'amd64'}}, false],
    ['another mark', {...image, annotations: {'vnd.docker.reference.type': 'other'}}, false],
    ['nothing', image, false]
  ])('is known by %s: %#', (_, descriptor, expected) => {
    expect(isAttestation(descriptor)).toBe(expected)
  })

  it('names what it speaks of', () => {
    const annotations = {'vnd.docker.reference.digest': image.digest}
    expect(attestedDigest({...image, annotations})).toBe(image.digest)
    expect(attestedDigest(image)).toBeUndefined()
  })
})
