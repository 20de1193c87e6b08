import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {formatPlan} from '../../src/contracts/plan-format.js'
import type {PlannedTag} from '../../src/contracts/plan.js'
import {formatDigestRecord} from '../../src/contracts/digest-record.js'
import {MemoryRegistry} from '../support/memory-registry.js'
import {ODD, ODD_IMAGE as IMAGE, ODD_NAME as NAME, UNDOABLE} from '../support/odd-manifests.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {merge, planOf} from '../support/releases.js'

const TAGS: PlannedTag[] = [
  {name: '1.2.3', class: 'immutable', rule: 'semver'},
  {name: '1.2', class: 'forward', rule: 'semver'},
  {name: 'main', class: 'moving', rule: 'branch'},
  {name: 'latest', class: 'forward', rule: 'latest'}
]
let registry: MemoryRegistry
let ports: TestPorts
beforeEach(() => {
  registry = new MemoryRegistry()
  ports = testPorts([], {send: registry.send})
})
afterEach(() => ports.close())

/** Puts both platforms by digest, with their records. */
function built(extra: object = {}): Record<string, string> {
  const plan = planOf({images: [IMAGE], version: '1.2.3', tags: TAGS})
  for (const {platform, record} of plan.targets[0]?.builds ?? [])
    ports.records.set(record, formatDigestRecord(registry.image(NAME, {platform}).digest))
  return {plan: formatPlan(plan), ...extra}
}
const at = (tag: string): string | undefined => registry.repository(NAME).tags.get(tag)

it.each(UNDOABLE)('a tag that held %s is put back as it was where a later tag fails', async (_, put) => {
  put(registry, 'main')
  const before = at('main')
  const bytes = registry.repository(NAME).manifests.get(before ?? '')
  const texts = built()
  registry.hook = ({method}, path) =>
    method === 'PUT' && path.endsWith('/manifests/latest') ? {status: 403, body: 'no'} : undefined
  await expect(merge(ports, texts)).rejects.toMatchObject({code: 'TAG_NOT_MOVED'})
  expect(at('main')).toBe(before)
  expect(registry.repository(NAME).manifests.get(before ?? '')).toEqual(bytes)
})

describe.each(ODD)('a release where a tag holds %s', (_, put) => {
  it.each(['main', 'latest', '1.2'])('goes on at %s, and says what was there', async tag => {
    put(registry, tag)
    const before = at(tag)
    const {digest} = await merge(ports, built())
    expect(TAGS.map(({name}) => at(name))).toEqual(TAGS.map(() => digest))
    const log = ports.reporter.notices.join('\n')
    expect(log).toMatch(
      new RegExp(`:${tag.replace('.', '\\.')}\\b.*${before?.slice(7, 19) ?? ''}.*cannot be read`)
    )
  })

  it('does not replace a version, names it, and says what to do', async () => {
    put(registry, '1.2.3')
    const before = at('1.2.3')
    await expect(merge(ports, built())).rejects.toMatchObject({
      code: 'TAG_REFUSED',
      message: expect.stringMatching(`${IMAGE}:1\\.2\\.3 .*${before?.slice(7, 19) ?? ''}.*cannot be read`),
      hint: expect.stringMatching(/delete the tag|new version/)
    })
    expect(at('1.2.3')).toBe(before)
    expect(at('latest')).toBeUndefined()
  })

  it('does not set an alias back for it, where a newer version is published', async () => {
    put(registry, 'latest')
    const before = at('latest')
    registry.image(NAME, {config: {newer: true}}, '2.0.0')
    await merge(ports, built())
    expect(at('latest')).toBe(before)
    expect(ports.reporter.notices.join('\n')).toMatch(/:latest: stays: .*cannot be read.*2\.0\.0.*newer/)
  })
})

it('does not take a registry that fails for odd content', async () => {
  registry.image(NAME, {config: {old: true}})
  registry.image(NAME, {config: {x: 1}}, 'latest')
  const texts = built()
  registry.hook = ({method}, path) =>
    method === 'GET' && path.endsWith(`/manifests/${at('latest') ?? ''}`)
      ? {status: 403, body: 'not for you'}
      : undefined
  await expect(merge(ports, texts)).rejects.toMatchObject({code: 'REGISTRY_FAILED'})
})
