import {describe, expect, it} from '@jest/globals'
import {digestOf} from '../../src/oci/digest.js'
import {SimulatedHost, type Stored, toldBy} from './simulated-host.js'

/** A blob, as an index names it among its manifests. */
function blob(mediaType: string): Stored {
  const bytes = Buffer.alloc(5000, mediaType)
  return {digest: digestOf(bytes), bytes, mediaType, id: 0, tags: new Set(), created: 0, updated: 0}
}

const TYPES = [
  'application/vnd.oci.image.layer.v1.tar+gzip',
  'application/vnd.oci.image.layer.v1.tar+zstd',
  'application/vnd.docker.image.rootfs.diff.tar.gzip',
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
  'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
  'application/octet-stream',
  'application/vnd.in-toto+json'
]

describe.each(TYPES)('an index that names a blob of the type %s among its manifests', mediaType => {
  const repository = (kind: 'ghcr' | 'registry') => {
    const host = new SimulatedHost({kind})
    const [layer, image] = [blob(mediaType), host.put()]
    host.put({children: [image, layer], tags: ['tools']})
    host.put({children: [blob(mediaType)], tags: ['files']})
    host.put({tags: ['pr-1']})
    return {host, layer}
  }

  it.each(['ghcr', 'registry'] as const)(
    'is whole on a host of the kind %s, and no blob is asked for as a manifest',
    async kind => {
      const {host, layer} = repository(kind)
      const run = await host.clean({'ghost-images': 'true', 'partial-images': 'true', 'delete-tags': 'pr-1'})
      expect(run.error).toBeUndefined()
      expect(host.tags).toEqual(['files', 'tools'])
      expect(host.requests.filter(request => request.includes(layer.digest))).toEqual([])
      const check = await host.clean({validate: 'true'})
      expect([check.error, toldBy(check)]).toEqual([
        undefined,
        expect.stringContaining('2 tags read, all whole')
      ])
    }
  )

  it('goes with its blobs, which count for its size', async () => {
    const {host} = repository('ghcr')
    const run = await host.clean({'delete-tags': 'files'})
    expect(host.tags).toEqual(['pr-1', 'tools'])
    expect(toldBy(run)).toMatch(/files\) +10 d +5\.\d KiB/)
  })
})

it('a child of a type that nobody knows keeps what it names', async () => {
  const host = new SimulatedHost({kind: 'ghcr'})
  const child = host.put()
  host.put({children: [{...child, mediaType: 'application/vnd.example.thing.v1+json'}], tags: ['1.0.0']})
  await host.clean({untagged: 'true'})
  expect(host.has(child)).toBe(true)
})
