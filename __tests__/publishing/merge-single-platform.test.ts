import {describe, expect, it} from '@jest/globals'
import {parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {OCI_INDEX, OCI_MANIFEST} from '../../src/oci/media-type.js'
import {pushImage} from '../../src/registry/images/image-push.js'
import {attestedImage, image} from '../support/images.js'
import {buildAll, clientOf, digestAt, merge, releaseTags} from '../support/releases.js'
import {suiteRegistries, twoEmbedded} from '../support/suite-registries.js'

describe('an image of one platform', () => {
  const lab = suiteRegistries('single', twoEmbedded)

  const mergeOne = async (local: ReturnType<typeof image>, texts: Record<string, string> = {}) => {
    for (const name of lab.images) await pushImage(clientOf(lab.ports, name), local)
    return await merge(lab.ports, {
      images: lab.images.join(),
      tags: '1.0.0',
      digests: local.root.digest,
      ...texts
    })
  }
  const typeOf = async (digest: string) =>
    (await clientOf(lab.ports, lab.images[0]!).getManifest(parseDigest(digest))).mediaType

  it('is an index of one entry if nothing else is said', async () => {
    const local = image()
    const outputs = await mergeOne(local)
    expect(outputs.digest).not.toBe(local.root.digest)
    expect(await typeOf(outputs.digest)).toBe(OCI_INDEX)
  })

  it('is tagged itself where that is wanted', async () => {
    const local = image()
    const outputs = await mergeOne(local, {'single-platform': 'manifest'})
    expect(outputs.digest).toBe(local.root.digest)
    expect(await typeOf(outputs.digest)).toBe(OCI_MANIFEST)
    expect(await Promise.all(lab.images.map(name => digestAt(lab.ports, name, '1.0.0')))).toEqual([
      local.root.digest,
      local.root.digest
    ])
    expect(lab.ports.reporter.warnings).toEqual([])
  })

  it('is taken out of the index that BuildKit put around it, and the lost attestations are named', async () => {
    const local = attestedImage()
    const [child] = readManifest(local.root).manifests
    const outputs = await mergeOne(local, {'single-platform': 'manifest'})
    expect(outputs.digest).toBe(child?.digest)
    expect(lab.ports.reporter.warnings.join()).toContain('attestations cannot be found')
  })

  it('is the only one that is: several platforms are an index all the same', async () => {
    const release = {images: lab.images, version: '1.0.0', tags: releaseTags('1.0.0')}
    const plan = JSON.stringify(await buildAll(lab.ports, release))
    const outputs = await merge(lab.ports, {plan, 'single-platform': 'manifest'})
    expect(await typeOf(outputs.digest)).toBe(OCI_INDEX)
  })
})
