import {describe, expect, it} from '@jest/globals'
import {doctor} from '../../src/publishing/doctor.js'
import {promoteRelease} from '../../src/publishing/promote-release.js'
import {rollbackRelease} from '../../src/publishing/rollback-release.js'
import {verifyRelease} from '../../src/publishing/verify-release.js'
import {parseInputs} from '../../src/command/input.js'
import type {Ports} from '../../src/ports.js'
import {type Showing, showing, virtualClock} from '../support/lagging-send.js'
import {type TestRelease, digestAt, publishRelease, releaseTags} from '../support/releases.js'
import {suiteRegistries, twoEmbedded} from '../support/suite-registries.js'
import {failureOf} from '../support/thrown.js'

const WAYS: readonly [string, Showing][] = [
  ['as it is', {}],
  ['300 ms late', {lag: 300}],
  ['1 s late', {lag: 1000}],
  ['3 s late', {lag: 3000}],
  ['by GET, for HEAD says 404', {head: 404}],
  ['by GET, for HEAD says 405', {head: 405}],
  ['by GET, for HEAD says 403', {head: 403}],
  ['late and by GET', {lag: 1000, head: 404}]
]

describe('commands on a registry that shows its tags', () => {
  const lab = suiteRegistries('late', twoEmbedded)

  const releaseOf = (version: string): TestRelease => ({
    images: lab.images,
    version,
    revision: version.replaceAll('.', '').padEnd(40, '0'),
    tags: releaseTags(version)
  })

  /** Publishes two versions; the second is written a moment ago, and is shown as this says. */
  async function publishTwo(how: Showing) {
    const state: {how: Showing} = {how: {}}
    const clock = virtualClock()
    const send = showing(lab.ports.send, clock, () => state.how)
    const ports: Ports = {...lab.ports, clock, send}
    const old = await publishRelease(lab.ports, releaseOf('1.0.0'))
    const fresh = await publishRelease({...lab.ports, clock, send}, releaseOf('1.1.0'))
    state.how = how
    return {ports, old, fresh, clock}
  }

  it.each(WAYS)('%s: verify-release finds the release', async (_, how) => {
    const {ports, fresh} = await publishTwo(how)
    const {verified} = await verifyRelease.run(
      parseInputs(verifyRelease.inputs, {release: fresh.release}),
      ports
    )
    expect(verified.split('\n')).toHaveLength(6)
  })

  it.each(WAYS)('%s: doctor finds it whole', async (_, how) => {
    const {ports, fresh} = await publishTwo(how)
    const {state} = await doctor.run(parseInputs(doctor.inputs, {journal: fresh.journal}), ports)
    expect(state).toBe('whole')
  })

  it.each(WAYS)('%s: rollback-release puts it back', async (_, how) => {
    const {ports, old, fresh} = await publishTwo(how)
    const texts = {journal: fresh.journal, 'delete-new': 'true'}
    await rollbackRelease.run(parseInputs(rollbackRelease.inputs, texts), ports)
    for (const image of lab.images) {
      expect(await digestAt(lab.ports, image, 'latest')).toBe(old.digest)
      expect(await digestAt(lab.ports, image, '1.1.0')).toBeUndefined()
    }
  })

  it.each(WAYS)('%s: promote-release finds its source, and moves the tags', async (_, how) => {
    const {ports, fresh} = await publishTwo(how)
    const to = `${lab.registries[1].host}/late/production${fresh.digest.slice(7, 19)}`
    const texts = {from: `${lab.images[0]!}:1.1.0`, to, tags: '1.1.0,latest'}
    await promoteRelease.run(parseInputs(promoteRelease.inputs, texts), ports)
    expect(await digestAt(lab.ports, to, 'latest')).toBe(fresh.digest)
  })

  it('waits no longer than it is told to', async () => {
    const {ports, fresh, clock} = await publishTwo({})
    const gone = fresh.release.replaceAll('latest', 'never')
    const verify = async (wait: string) =>
      await failureOf(() =>
        verifyRelease.run(parseInputs(verifyRelease.inputs, {release: gone, wait}), ports)
      )
    const before = clock.sleeps.length
    expect((await verify('0')).message).toContain(':never is not there')
    expect(clock.sleeps).toHaveLength(before)
    await verify('2s')
    // In each of two registries.
    expect(clock.sleeps.slice(before).reduce((sum, one) => sum + one, 0)).toBe(2 * 2000)
  })
})
