import {describe, expect, it} from '@jest/globals'
import {cleanupLatest} from '../../src/cleanup/cleanup-latest.js'
import {parseInputs} from '../../src/command/input.js'
import type {Digest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {parseTag} from '../../src/oci/reference.js'
import {listTags} from '../../src/registry/client/tag-list.js'
import {describeWith} from '../support/components.js'
import {HUB_LOGIN, startDockerHub} from '../support/docker-hub-emulator.js'
import {namedHosts} from '../support/named-hosts.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {
  DISTRIBUTION_3,
  type RunningRegistry,
  startDistribution3,
  startEmbedded
} from '../support/registries.js'
import {clientOf, publishRelease, releaseTags} from '../support/releases.js'

const IMAGE = 'docker.io/ada/app'

/** A version, released twice under the short tags and latest, on Docker Hub as programs see it. */
async function withHub(
  start: () => Promise<RunningRegistry>,
  work: (ports: TestPorts) => Promise<void>
): Promise<void> {
  const registry = await start()
  const hub = await startDockerHub({registry})
  const plain = testPorts([])
  const places = {'registry-1.docker.io': `http://${hub.host}`, 'hub.docker.com': hub.apiUrl}
  const ports = testPorts([], {
    send: namedHosts(plain.send, places),
    credentials: host => Promise.resolve(host === 'docker.io' ? HUB_LOGIN : undefined)
  })
  try {
    for (const version of ['1.0.0', '1.0.1'])
      await publishRelease(ports, {images: [IMAGE], version, tags: releaseTags(version)})
    await work(ports)
    expect(hub.faults).toEqual([])
  } finally {
    ports.close()
    plain.close()
    await hub.stop()
    await registry.stop()
  }
}

async function clean(ports: TestPorts, texts: Readonly<Record<string, string>>) {
  const inputs = {images: IMAGE, 'allow-deletion': 'true', 'min-age': '0', ...texts}
  return await cleanupLatest.run(parseInputs(cleanupLatest.inputs, inputs), ports)
}

/** What a tag reaches. */
async function partsOf(ports: TestPorts, tag: string): Promise<Digest[]> {
  const root = await clientOf(ports, IMAGE).getManifest(parseTag(tag))
  return [root.digest, ...readManifest(root).manifests.map(({digest}) => digest)]
}

async function areThere(ports: TestPorts, digests: readonly Digest[]): Promise<boolean[]> {
  const client = clientOf(ports, IMAGE)
  return await Promise.all(digests.map(async digest => (await client.headManifest(digest)) !== undefined))
}

function cleanUps(start: () => Promise<RunningRegistry>): void {
  it('an older version goes with its tag and platforms, exactly as planned', async () => {
    await withHub(start, async ports => {
      const [old, kept] = [await partsOf(ports, '1.0.0'), await partsOf(ports, '1.0.1')]
      const dry = await clean(ports, {'keep-versions': '1', 'dry-run': 'true'})
      expect(await areThere(ports, old)).toEqual([true, true, true])
      const live = await clean(ports, {'keep-versions': '1', 'expected-plan': dry['plan-hash']})
      expect(live.deleted.split('\n').sort()).toEqual(old.map(digest => `${IMAGE}@${digest}`).sort())
      expect(await areThere(ports, [...old, ...kept])).toEqual([false, false, false, true, true, true])
      expect([...(await listTags(clientOf(ports, IMAGE)))].sort()).toEqual(['1.0', '1.0.1', 'latest'])
    })
  })

  it('one tag of several goes alone', async () => {
    await withHub(start, async ports => {
      const kept = await partsOf(ports, 'latest')
      await clean(ports, {'delete-tags': 'latest'})
      expect([...(await listTags(clientOf(ports, IMAGE)))].sort()).toEqual(['1.0', '1.0.0', '1.0.1'])
      expect(await partsOf(ports, '1.0.1')).toEqual(kept)
      expect(await areThere(ports, kept)).toEqual([true, true, true])
    })
  })
}

describe('the clean-up of Docker Hub before an embedded registry', () => cleanUps(startEmbedded))
describeWith(DISTRIBUTION_3, 'the clean-up of Docker Hub before distribution 3', () =>
  cleanUps(startDistribution3)
)
