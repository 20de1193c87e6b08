import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {PushedImageReader} from '../../src/building/read-image.js'
import type {Digest} from '../../src/oci/digest.js'
import type {LocalImage} from '../../src/ports.js'
import {pushImage} from '../../src/registry/images/image-push.js'
import {BlobPlaces} from '../../src/registry/images/blob-locations.js'
import {image} from '../support/images.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {type RunningRegistry, startEmbedded} from '../support/registries.js'
import {clientOf} from '../support/releases.js'

const PUSHED = '#11 pushing manifest for r.example/o/app 0.1s done'

describe('PushedImageReader', () => {
  let registry: RunningRegistry
  let ports: TestPorts
  let requests: string[]

  beforeEach(async () => {
    registry = await startEmbedded()
    ports = testPorts([registry])
    requests = []
    const {send} = ports
    Object.assign(ports, {
      send: (async request => {
        requests.push(`${request.method} ${request.url.pathname}`)
        return await send(request)
      }) satisfies TestPorts['send']
    })
  })
  afterEach(async () => {
    ports.close()
    await registry.stop()
  })

  const open = () => {
    const client = clientOf(ports, `${registry.host}/o/app`)
    const reader = new PushedImageReader(client, {check: 'error', signal: ports.signal})
    const push = async (pushed: LocalImage) =>
      await pushImage(client, pushed, {reporter: ports.reporter, places: new BlobPlaces()})
    const tell = (digest: Digest): void => {
      for (const line of [`#11 exporting manifest ${digest} done`, PUSHED]) reader.watch(line)
    }
    return {reader, push, tell}
  }

  it('reads what the log says as soon as it says so, and no second time', async () => {
    const {reader, push, tell} = open()
    const pushed = image()
    await push(pushed)
    requests.length = 0
    tell(pushed.root.digest)
    const found = await reader.read(pushed.root.digest)
    expect(found.image.root.digest).toBe(pushed.root.digest)
    expect(found.built.configDigest).toMatch(/^sha256:/)
    const manifest = requests.filter(line => line === `GET /v2/o/app/manifests/${pushed.root.digest}`)
    expect(manifest).toHaveLength(1)
  })

  it.each(['another image', 'nothing that is there'])(
    'takes the digest of the builder, also where the log tells of %s',
    async told => {
      const {reader, push, tell} = open()
      const [pushed, other] = [image(), image({architecture: 'arm64'})]
      await push(pushed)
      if (told === 'another image') await push(other)
      tell(other.root.digest)
      const found = await reader.read(pushed.root.digest)
      expect(found.image.root.digest).toBe(pushed.root.digest)
      expect(found.built.config.platform.architecture).toBe('amd64')
    }
  )

  it('reads again what failed the first time', async () => {
    const {reader, push, tell} = open()
    const pushed = image()
    tell(pushed.root.digest)
    await push(pushed)
    expect((await reader.read(pushed.root.digest)).image.root.digest).toBe(pushed.root.digest)
  })
})
