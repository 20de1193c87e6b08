import {describe, expect, it} from '@jest/globals'
import {SimulatedHost} from './simulated-host.js'

describe.each(['none', 'empty', 'real'] as const)('where the registry says of referrers: %s', referrers => {
  it('what refers to an image that stays, stays, though only its subject says so', async () => {
    const host = new SimulatedHost({kind: 'ghcr', referrers})
    const amd = host.put()
    const image = host.put({children: [amd], tags: ['1.0.0']})
    const bills = [host.put({subject: image}), host.put({subject: amd})]
    const ofBill = host.put({subject: bills[0]!})
    const index = host.put({children: [host.put({subject: amd})], subject: image})
    const garbage = host.put()
    const ofGarbage = host.put({subject: garbage})
    await host.clean({untagged: 'true'})
    expect([...bills, ofBill, index].map(one => host.has(one))).toEqual([true, true, true, true])
    expect([garbage, ofGarbage].map(one => host.has(one))).toEqual([false, false])
    expect(await host.broken()).toEqual([])
  })

  it('a platform of what goes stays where it refers to what stays', async () => {
    const host = new SimulatedHost({kind: 'ghcr', referrers})
    const shared = host.put()
    const attestation = host.put({subject: shared})
    const old = host.put({children: [shared, attestation], tags: ['1.0.0']})
    host.put({children: [shared], tags: ['2.0.0']})
    await host.clean({'keep-versions': '1'})
    expect([old, shared, attestation].map(one => host.has(one))).toEqual([false, true, true])
  })

  it('a host that lists everything is not asked for referrers, and each that was chosen is read once', async () => {
    const host = new SimulatedHost({kind: 'ghcr', referrers})
    host.put({children: [host.put()], tags: ['1.0.0']})
    for (let at = 0; at < 50; at++) host.put({children: [host.put(), host.put()]})
    await host.clean({untagged: 'true', 'dry-run': 'true'})
    expect(host.requests.filter(one => one.includes('/referrers/'))).toEqual([])
    const reads = host.requests.filter(one => /^GET .*\/manifests\//.test(one))
    expect(new Set(reads).size).toBe(reads.length)
    expect(reads).toHaveLength(1 + 150)
  })
})

it('a registry that lists tags only is asked, and a platform that refers to what stays, stays', async () => {
  const host = new SimulatedHost({kind: 'registry', referrers: 'real'})
  const shared = host.put()
  const attestation = host.put({subject: shared})
  const gone = host.put()
  const bill = host.put({subject: gone})
  host.put({children: [shared, attestation, gone], tags: ['1.0.0']})
  host.put({children: [shared], tags: ['2.0.0']})
  await host.clean({'keep-versions': '1'})
  expect([shared, attestation, gone, bill].map(one => host.has(one))).toEqual([true, true, false, false])
})

it.each(['.sig', '.att', '.sbom', '.cosign', '.attestation.json', '.vex-1'])(
  'what lies at a tag made of a digest and %s goes and stays with that digest',
  async suffix => {
    const host = new SimulatedHost({kind: 'registry'})
    const old = host.put({tags: ['1.0.0']})
    const kept = host.put({tags: ['2.0.0']})
    const [ofOld, ofKept] = [old, kept].map(one =>
      host.put({tags: [`sha256-${one.digest.slice(7)}${suffix}`]})
    )
    await host.clean({'keep-versions': '1'})
    expect([host.has(ofOld!), host.has(ofKept!)]).toEqual([false, true])
  }
)
