import {describe, expect, it} from '@jest/globals'
import {attachmentManifest} from '../../src/oci/artifact-manifest.js'
import {digestOf} from '../../src/oci/digest.js'
import {descriptorOf, readManifest} from '../../src/oci/manifest.js'
import {image} from '../support/images.js'

describe('the manifest of an attachment', () => {
  const subject = descriptorOf(image().root)
  const bytes = Buffer.from('{"spdxVersion":"SPDX-2.3"}')
  const made = attachmentManifest(subject, {artifactType: 'application/spdx+json', bytes})

  it('refers to its image, and names its type and its document', () => {
    expect(readManifest(made.manifest)).toMatchObject({
      artifactType: 'application/spdx+json',
      subject,
      config: {mediaType: 'application/vnd.oci.empty.v1+json', size: 2},
      layers: [{mediaType: 'application/spdx+json', digest: digestOf(bytes), size: bytes.length}]
    })
    expect(made.blobs.map(digestOf)).toEqual([
      'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
      digestOf(bytes)
    ])
  })

  it('has the same bytes each time', () => {
    const again = attachmentManifest(subject, {artifactType: 'application/spdx+json', bytes})
    expect(again.manifest.digest).toBe(made.manifest.digest)
  })
})
