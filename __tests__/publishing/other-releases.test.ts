import {describe, expect, it} from '@jest/globals'
import {parseTag} from '../../src/oci/reference.js'
import type {HttpRequest, Send} from '../../src/ports.js'
import {deleteTag} from '../../src/registry/client/tag-deletion.js'
import {closedAfterEach} from '../support/closing.js'
import {testPorts} from '../support/ports.js'
import {
  type TestRelease,
  buildAll,
  clientOf,
  digestAt,
  merge,
  publishRelease,
  releaseTags
} from '../support/releases.js'
import {suiteRegistries, twoEmbedded} from '../support/suite-registries.js'

const STEP = 250
/** How often an alias is looked at that another release is about to move: for 3 s. */
const STEPS = 12
const closing = closedAfterEach()

describe('a release that waits for others, which have a version tag and no alias yet', () => {
  const lab = suiteRegistries('others', twoEmbedded)

  const releaseOf = (version: string): TestRelease => ({
    images: lab.images,
    version,
    revision: version.replaceAll('.', '').padEnd(40, '0'),
    tags: releaseTags(version)
  })
  const clients = () => lab.images.map(image => clientOf(lab.ports, image))
  const put = async (version: string, tag: string, among = clients()) => {
    for (const client of among)
      await client.putManifest(await client.getManifest(parseTag(version)), parseTag(tag))
  }
  const remove = async (version: string) => {
    for (const client of clients()) await deleteTag(client, parseTag(version))
  }
  const read = async (tag: string) =>
    await Promise.all(lab.images.map(async image => await digestAt(lab.ports, image, tag)))
  /** Another release, which has its version tag and no alias. */
  const begin = async (version: string) => {
    const ports = testPorts(lab.registries)
    closing.push(() => ports.close())
    return await publishRelease(ports, {...releaseOf(version), tags: releaseTags(version).slice(0, 1)})
  }
  const isPut = ({method, url}: HttpRequest, tag: string): boolean =>
    method === 'PUT' && url.pathname.endsWith(`/manifests/${tag}`)

  /**
   * Publishes by a clock that only counts.
   * @param others what they do when so many milliseconds have been slept in all
   * @param written what they do before this version is tagged
   */
  async function publish(
    version: string,
    others: Readonly<Record<number, () => Promise<unknown>>>,
    written: () => Promise<unknown> = () => Promise.resolve()
  ) {
    const plan = JSON.stringify(await buildAll(lab.ports, releaseOf(version)))
    const state = {slept: 0, latest: 0, written: undefined as Promise<unknown> | undefined}
    const clock = {
      now: () => state.slept,
      sleep: async (milliseconds: number) => {
        state.slept += milliseconds
        await others[state.slept]?.()
      }
    }
    const send: Send = async request => {
      if (isPut(request, version)) await (state.written ??= written())
      if (isPut(request, 'latest')) state.latest += 1
      return await lab.ports.send(request)
    }
    const merged = await merge({...lab.ports, clock, send}, {plan})
    return {...state, kept: merged.kept.split('\n').filter(Boolean), digest: merged.digest}
  }

  it('gives way to a newer one that began while it waited for a third', async () => {
    await publishRelease(lab.ports, releaseOf('1.0.0'))
    await begin('1.0.1')
    await put('1.0.1', 'latest', clients().slice(0, 1))
    const {kept} = await publish(
      '1.1.0',
      {
        [STEP]: async () => {
          await put('1.0.0', 'latest')
          await remove('1.0.1')
          await begin('1.2.0')
        }
      },
      async () => await put('1.2.0', 'latest')
    )
    expect(await read('latest')).toEqual(await read('1.2.0'))
    expect(kept.sort()).toEqual(lab.images.map(image => `${image}:latest`).sort())
  })

  it('goes on as soon as the version is gone that it waited for', async () => {
    await publishRelease(lab.ports, releaseOf('1.0.0'))
    await begin('1.0.1')
    const {slept, digest} = await publish('1.1.0', {[2 * STEP]: async () => await remove('1.0.1')})
    // The first of the two registries may be looked at once more.
    expect(slept).toBeLessThanOrEqual(2 * lab.images.length * STEP)
    expect(await read('latest')).toEqual([digest, digest])
  })

  it('waits as long for one that begins while it waits, and does not touch what that moves', async () => {
    await publishRelease(lab.ports, releaseOf('1.0.0'))
    await begin('1.0.1')
    const {kept, latest} = await publish('1.1.0', {
      [4 * STEP]: async () => await begin('1.2.0'),
      [2 * STEP * (STEPS + 1)]: async () => await put('1.2.0', 'latest')
    })
    expect(latest).toBe(0)
    expect(kept.sort()).toEqual(lab.images.map(image => `${image}:latest`).sort())
    expect(await read('latest')).toEqual(await read('1.2.0'))
  })

  it('waits once for each, and no longer', async () => {
    await publishRelease(lab.ports, releaseOf('1.0.0'))
    await begin('1.0.1')
    const {slept, digest} = await publish('1.1.0', {})
    expect(slept).toBe(lab.images.length * STEPS * STEP)
    expect(await read('latest')).toEqual([digest, digest])
  })
})
