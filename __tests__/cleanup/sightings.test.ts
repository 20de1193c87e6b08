import {expect, it} from '@jest/globals'
import {readSightings, writeSightings} from '../../src/cleanup/inventory/sightings.js'
import type {Digest} from '../../src/oci/digest.js'
import {parseTag} from '../../src/oci/reference.js'
import type {StoredManifest} from '../../src/cleanup/policy/inventory.js'
import {clientOf} from '../support/releases.js'
import {LazyInventory, digest, noPolicy} from './worlds.js'
import {IMAGE, SimulatedHost} from './simulated-host.js'

const MANY = 45_000
const SECOND = 1000

it('a record that is full leaves out what came last, says so, and stays as it is', async () => {
  const host = new SimulatedHost({kind: 'registry'})
  const ports = host.ports()
  const client = clientOf(ports, IMAGE)
  const inventory = new LazyInventory({nodes: [], hasReferrersApi: false, isWhole: false}, [])
  const digests = Array.from({length: MANY}, (_, at) => digest(`image ${at}`))
  for (const [at, one] of digests.entries()) inventory.versions.set(one, heldSince(one, at))
  const before = await readSightings(client, [])
  const looked = {client, inventory, plan: {kept: []}, policy: noPolicy({now: host.now}), sightings: before}
  await writeSightings(looked, [digests[0]!], ports.reporter)
  const sightings = await readSightings(client, [
    {digest: host.at('image-release-seen')!.digest, tags: [parseTag('image-release-seen')]}
  ])
  const {entries} = sightings
  expect(entries.size).toBeGreaterThan(30_000)
  expect(host.at('image-release-seen')!.bytes.length).toBeLessThan(4 * 1024 * 1024)
  expect([1, entries.size, entries.size + 1].map(at => entries.get(digests[at]!)?.since)).toEqual([
    1 * SECOND,
    entries.size * SECOND,
    undefined
  ])
  expect(entries.has(digests[0]!)).toBe(false)
  const left = MANY - 1 - entries.size
  expect(ports.reporter.warnings).toEqual([
    expect.stringContaining(`${left} of ${MANY - 1} images are here is not written down`)
  ])
  const requests = host.requests.length
  await writeSightings({...looked, sightings}, [digests[0]!], ports.reporter)
  expect(host.requests).toHaveLength(requests)
  expect(ports.reporter.warnings).toHaveLength(2)
  ports.close()
}, 30_000)

function heldSince(one: Digest, at: number): StoredManifest {
  const tags = [parseTag(`build-${at}`)]
  return {digest: one, tags, content: {kind: 'leaf', isRead: true}, seen: at * SECOND}
}

it('says once where nobody can tell an age from when on a run can, and then it does', async () => {
  const host = new SimulatedHost({kind: 'registry'})
  host.put({tags: ['pr-1']})
  host.put({tags: ['1.0.0']})
  const rules = {'delete-tags': 'glob:pr-*', 'min-age': '24h'}
  const first = await host.clean(rules)
  expect(first.ports.reporter.notices.join()).toMatch(/when 1 of what stays came here.*image-release-seen/)
  host.now += 25 * 3_600_000
  const second = await host.clean(rules)
  expect(second.ports.reporter.notices).toEqual([])
  expect(host.tags).toEqual(['1.0.0', 'image-release-seen'])
})
