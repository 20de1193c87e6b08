import {describe, expect, it} from '@jest/globals'
import {cleanupLatest} from '../../src/cleanup/cleanup-latest.js'
import {openGithubApi} from '../../src/github/github-api.js'
import {parseInputs} from '../../src/command/input.js'
import type {Digest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {type Tag, parseTag} from '../../src/oci/reference.js'
import {describeWith} from '../support/components.js'
import {type GhcrEmulator, startGhcr} from '../support/ghcr-emulator.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {
  DISTRIBUTION_3,
  type RunningRegistry,
  startDistribution3,
  startEmbedded
} from '../support/registries.js'
import {indexOf} from '../support/registry-client.js'
import {clientOf, publishRelease, releaseTags} from '../support/releases.js'
import {failureOf} from '../support/thrown.js'

interface World {
  readonly emulator: GhcrEmulator
  readonly ports: TestPorts
  readonly image: string
}

/** Two releases: the second takes latest and the short tags away from the first, as two builds in a row do. */
async function releasedTwice(registry: RunningRegistry): Promise<World> {
  const emulator = await startGhcr({registry})
  const environment = {GITHUB_API_URL: emulator.apiUrl, GITHUB_TOKEN: 'admin'}
  const {send, reporter, signal, clock} = testPorts([])
  const github = openGithubApi({environment, send, reporter, signal, clock})
  const ports = testPorts([{name: 'ghcr', host: emulator.host, stop: () => Promise.resolve()}], {github})
  const image = `${emulator.host}/org/app`
  for (const [version, revision] of [
    ['1.0.0', 'a'],
    ['1.0.1', 'b']
  ] as const)
    await publishRelease(ports, {
      images: [image],
      version,
      tags: releaseTags(version),
      revision: revision.repeat(40)
    })
  return {emulator, ports, image}
}

async function clean({ports, image}: World, texts: Readonly<Record<string, string>>) {
  const inputs = {
    images: image,
    backend: 'ghcr',
    'allow-deletion': 'true',
    'min-age': '0',
    'github-token': 'admin',
    ...texts
  }
  return await cleanupLatest.run(parseInputs(cleanupLatest.inputs, inputs), ports)
}

/** Deletes older versions, while something else happens: between the plan and the first deletion, or after that. */
async function cleanMeanwhile(
  world: World,
  happens: () => Promise<unknown>,
  when: 'plan' | 'sweep' = 'plan'
) {
  const texts = {'keep-versions': '1'}
  if (when === 'plan') {
    const confirm = async () => await happens().then(() => true)
    return await clean({...world, ports: {...world.ports, confirm}}, texts)
  }
  const github: TestPorts['github'] = token => async request => {
    const answer = await world.ports.github(token)(request)
    if (request.method === 'DELETE') await happens()
    return answer
  }
  return await clean({...world, ports: {...world.ports, github}}, texts)
}

/** Everything that a tag reaches and that is there, by one who pulls. */
async function pulled({ports, image}: World, tag: string): Promise<Digest[]> {
  const client = clientOf(ports, image)
  const root = await client.getManifest(parseTag(tag))
  const children = readManifest(root).manifests.map(({digest}) => digest)
  for (const child of children) await client.getManifest(child)
  return [root.digest, ...children]
}

const tagsOf = ({emulator}: World): Tag[] =>
  emulator.state.list('org/app').flatMap(({tags}) => [...tags].map(parseTag))
const digestsOf = ({emulator}: World): Digest[] => emulator.state.list('org/app').map(({digest}) => digest)

function cleanUps(start: () => Promise<RunningRegistry>): void {
  const within = async (work: (world: World) => Promise<void>): Promise<void> => {
    const registry = await start()
    const world = await releasedTwice(registry)
    try {
      await work(world)
      expect(world.emulator.faults).toEqual([])
    } finally {
      world.ports.close()
      await world.emulator.stop()
      await registry.stop()
    }
  }

  it('an older version goes with its platforms, and comes back whole', async () => {
    await within(async world => {
      const old = await pulled(world, '1.0.0')
      const kept = await pulled(world, 'latest')
      const dry = await clean(world, {'keep-versions': '1', 'dry-run': 'true'})
      expect(digestsOf(world)).toHaveLength(old.length + kept.length)
      const live = await clean(world, {'keep-versions': '1', 'expected-plan': dry['plan-hash']})
      expect(live.deleted.split('\n').sort()).toEqual(old.map(digest => `${world.image}@${digest}`).sort())
      expect(digestsOf(world).sort()).toEqual([...kept].sort())
      expect(await pulled(world, 'latest')).toEqual(kept)
      await clean(world, {restore: live.deleted.replaceAll('\n', ',')})
      expect(await pulled(world, '1.0.0')).toEqual(old)
    })
  })

  it('one tag of several goes, by way of an empty index, and leaves nothing behind', async () => {
    await within(async world => {
      const [before, kept] = [digestsOf(world), await pulled(world, '1.0.1')]
      await clean(world, {'delete-tags': 'latest'})
      expect(tagsOf(world)).not.toContain('latest')
      expect(await pulled(world, '1.0.1')).toEqual(kept)
      expect(digestsOf(world).sort()).toEqual([...before].sort())
    })
  })

  it('what was tagged again since the plan was made stays', async () => {
    await within(async world => {
      const old = await pulled(world, '1.0.0')
      const client = clientOf(world.ports, world.image)
      const index = await client.getManifest(parseTag('1.0.0'))
      const changed = await cleanMeanwhile(world, async () => client.putManifest(index, parseTag('again')))
      expect(changed.deleted).toBe('')
      expect(await pulled(world, 'again')).toEqual(old)
    })
  })

  it('what an index names that came since the plan was made stays, though no tag points at that', async () => {
    await within(async world => {
      const client = clientOf(world.ports, world.image)
      const [child] = readManifest(await client.getManifest(parseTag('1.0.0'))).manifests
      const newer = indexOf(await client.getManifest(child!.digest))
      const changed = await cleanMeanwhile(world, async () => client.putManifest(newer))
      expect(changed.deleted).not.toBe('')
      expect(digestsOf(world)).toContain(child!.digest)
      expect(digestsOf(world)).toContain(newer.digest)
    })
  })

  it('says how to bring back what another deleted meanwhile, and does', async () => {
    await within(async world => {
      const kept = await pulled(world, 'latest')
      const part = world.emulator.state.find('org/app', kept[1]!)!
      const error = await failureOf(
        async () =>
          await cleanMeanwhile(world, () => Promise.resolve(void (part.deleted = Date.now())), 'sweep')
      )
      expect(error.code).toBe('VERIFY_FAILED')
      expect(error.message).toContain(`${world.image}@${kept[1]}`)
      const [, restore = ''] = /cleanup-latest --restore (\S+)/.exec(error.hint ?? '') ?? []
      await clean(world, {restore})
      expect(digestsOf(world).sort()).toEqual([...kept].sort())
      expect(await pulled(world, 'latest')).toEqual(kept)
    })
  })

  it('what has no tag goes, and only that', async () => {
    await within(async world => {
      const kept = await pulled(world, 'latest')
      const client = clientOf(world.ports, world.image)
      const moved = await client.getManifest(parseTag('latest'))
      await client.putManifest(moved, parseTag('1.0.0'))
      await clean(world, {untagged: 'true'})
      expect(digestsOf(world).sort()).toEqual([...kept].sort())
      expect(await pulled(world, '1.0.0')).toEqual(kept)
    })
  })
}

describe('the clean-up of GHCR before an embedded registry', () => cleanUps(startEmbedded))
describeWith(DISTRIBUTION_3, 'the clean-up of GHCR before distribution 3', () => cleanUps(startDistribution3))
