import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {describeWith} from '../support/components.js'
import {type ContainerStorage, makeContainerStorage} from '../support/container-storage.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {type IndependentReader, independentReader} from '../support/readers.js'
import {type RunningRegistry, ZOT, startZot} from '../support/registries.js'
import {publishRelease, releaseTags} from '../support/releases.js'

/** Apart from the other registries: it knows no media types of Docker. */
describeWith(['crane', 'skopeo', 'podman', 'docker', 'docker-buildx', ...ZOT], 'a release on zot', () => {
  let registry: RunningRegistry
  let storage: ContainerStorage
  let reader: IndependentReader
  let ports: TestPorts

  beforeAll(async () => {
    registry = await startZot()
    storage = makeContainerStorage()
    reader = independentReader([registry], storage.env)
    ports = testPorts([registry])
  }, 60_000)
  afterAll(async () => {
    ports.close()
    reader.remove()
    storage.remove()
    await registry.stop()
  })

  it('is read by crane, skopeo and buildx imagetools, both platforms, after tags have moved', async () => {
    const image = `${registry.host}/org/app`
    const old = await publishRelease(ports, {images: [image], version: '1.0.0', tags: releaseTags('1.0.0')})
    const next = {version: '1.1.0', revision: 'b'.repeat(40), created: '2026-02-04T04:00:00Z'}
    const {digest} = await publishRelease(ports, {images: [image], tags: releaseTags('1.1.0'), ...next})
    expect(await reader.tags(image)).toEqual(['1.0', '1.0.0', '1.1', '1.1.0', 'latest'])
    expect(await reader.digest(image, '1.0.0')).toBe(old.digest)
    for (const tag of ['1.1.0', '1.1', 'latest']) {
      expect(await reader.digest(image, tag)).toBe(digest)
      for (const architecture of ['amd64', 'arm64'])
        expect(await reader.pull(image, tag, `linux/${architecture}`)).toMatchObject({
          os: 'linux',
          architecture
        })
    }
    expect(await reader.inspect(`${image}:latest`)).toMatch(
      new RegExp(`Digest:\\s+${digest}[^]*linux/amd64[^]*linux/arm64`)
    )
  }, 120_000)
})
