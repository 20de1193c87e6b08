import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {cleanupLatest} from '../../src/cleanup/cleanup-latest.js'
import {promoteRelease} from '../../src/publishing/promote-release.js'
import {rollbackRelease} from '../../src/publishing/rollback-release.js'
import {verifyRelease} from '../../src/publishing/verify-release.js'
import {messageOf} from '../../src/errors.js'
import {parseInputs} from '../../src/command/input.js'
import {parseDigest} from '../../src/oci/digest.js'
import {listTags} from '../../src/registry/client/tag-list.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {clientOf, merge, publishRelease, releaseTags} from '../support/releases.js'
import {ZOO} from '../support/zoo/entries.js'
import {type ZooRegistry, startZooRegistry} from '../support/zoo/zoo-registry.js'

const MAIN = {name: 'main', class: 'moving', rule: 'branch'} as const
/** More tags than the pages of any entry have. */
const MORE = ['edge', 'nightly', 'stable'].map(name => ({name, class: 'moving', rule: 'raw'}) as const)

describe.each(ZOO.map(entry => [entry.name, entry] as const))('%s', (_, entry) => {
  let zoo: ZooRegistry
  let ports: TestPorts
  beforeEach(async () => {
    zoo = await startZooRegistry(entry)
    const {send, clock, credentials} = zoo
    ports = testPorts([], {send, clock, credentials})
  })
  afterEach(async () => {
    ports.close()
    await zoo.close()
  })

  const release = async (version: string, revision: string) =>
    await publishRelease(ports, {
      images: [zoo.image],
      version,
      tags: [...releaseTags(version), MAIN, ...MORE],
      revision: revision.repeat(40),
      created: `2026-0${1 + Number(version.split('.')[1])}-01T00:00:00Z`
    })
  const tags = async (...names: string[]) =>
    await Promise.all(names.map(name => zoo.digestAt(entry.repository, name)))

  it('says where each of its behaviours was read', () => {
    expect(entry.sources.length).toBeGreaterThan(0)
    for (const source of entry.sources) expect(new URL(source).protocol).toBe('https:')
  })

  it('is released to, verified, promoted from, rolled back and cleaned up', async () => {
    const old = await release('1.0.0', 'a')
    const {digest, release: document, journal} = await release('1.1.0', 'b')
    expect(await tags('1.0.0', '1.0')).toEqual([old.digest, old.digest])
    expect(await tags('1.1.0', '1.1', 'latest', 'main')).toEqual([digest, digest, digest, digest])

    await merge(ports, {plan: ports.files.get('plan') ?? JSON.stringify(await replanned())})
    expect(await tags('1.1.0', 'latest')).toEqual([digest, digest])

    const verified = await verifyRelease.run(parseInputs(verifyRelease.inputs, {release: document}), ports)
    expect(verified.verified.split('\n')).toHaveLength(7)

    const production = `${zoo.image}-production`
    await promoteRelease.run(
      parseInputs(promoteRelease.inputs, {from: `${zoo.image}:1.1.0`, to: production, tags: '1.1.0,live'}),
      ports
    )
    expect(await zoo.digestAt(`${entry.repository}-production`, 'live')).toBe(digest)

    await rollbackRelease.run(parseInputs(rollbackRelease.inputs, {journal}), ports)
    expect(await tags('latest', 'main', '1.1.0')).toEqual([old.digest, old.digest, digest])

    expect((await listTags(clientOf(ports, zoo.image))).toSorted()).toEqual(
      ['1.0', '1.0.0', '1.1', '1.1.0', 'edge', 'latest', 'main', 'nightly', 'stable'].toSorted()
    )
    await cleanUp(digest)
  })

  /** The same release once more, as a job that is started again does it. */
  const replanned = async () => {
    const {planOf} = await import('../support/releases.js')
    return planOf({
      images: [zoo.image],
      version: '1.1.0',
      tags: [...releaseTags('1.1.0'), MAIN, ...MORE],
      revision: 'b'.repeat(40),
      created: '2026-02-01T00:00:00Z'
    })
  }

  /** Two builds of main, of which the older is to go; kept is what a tag reaches. */
  const cleanUp = async (kept: string) => {
    const build = async (version: string, revision: string) =>
      await publishRelease(ports, {images: [zoo.image], version, tags: [MAIN], revision: revision.repeat(40)})
    const first = await build('0.0.1', 'c')
    const second = await build('0.0.2', 'd')
    const texts = {release: second.release, 'allow-deletion': 'true', 'min-age': '0', backend: 'registry'}
    const work = async () => await cleanupLatest.run(parseInputs(cleanupLatest.inputs, texts), ports)
    if (entry.deletion?.digest === undefined) {
      await work()
      expect(await zoo.digestAt(entry.repository, first.digest)).toBeUndefined()
    } else {
      const said = await work().then(
        ({report}) => report,
        (error: unknown) => messageOf(error)
      )
      expect(said).toContain(String(entry.deletion.digest.status))
      expect(await zoo.digestAt(entry.repository, first.digest)).toBe(first.digest)
    }
    expect(await zoo.digestAt(entry.repository, parseDigest(kept))).toBe(kept)
    expect(await tags('main')).toEqual([second.digest])
  }
})
