import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {computeTags} from '../../src/planning/compute-tags.js'
import {promoteRelease} from '../../src/publishing/promote-release.js'
import {rollbackRelease} from '../../src/publishing/rollback-release.js'
import {parseInputs} from '../../src/command/input.js'
import {formatPlan} from '../../src/contracts/plan-format.js'
import type {PlannedTag} from '../../src/contracts/plan.js'
import {formatDigestRecord} from '../../src/contracts/digest-record.js'
import {HOST, MemoryRegistry} from '../support/memory-registry.js'
import {ODD, ODD_IMAGE, ODD_NAME, UNDOABLE} from '../support/odd-manifests.js'
import {type TestPorts, tagPush, testPorts} from '../support/ports.js'
import {merge, planOf} from '../support/releases.js'
import {failureOf} from '../support/thrown.js'

const OTHER = 'org/production'
const TAGS: PlannedTag[] = [
  {name: '1.2.3', class: 'immutable', rule: 'semver'},
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

const at = (tag: string, name: string = ODD_NAME): string | undefined =>
  registry.repository(name).tags.get(tag)
const said = (): string => [...ports.reporter.notices, ...ports.reporter.lines].join('\n')

async function release(): ReturnType<typeof merge> {
  const plan = planOf({images: [ODD_IMAGE], version: '1.2.3', tags: TAGS})
  for (const {platform, record} of plan.targets[0]?.builds ?? [])
    ports.records.set(record, formatDigestRecord(registry.image(ODD_NAME, {platform}).digest))
  return await merge(ports, {plan: formatPlan(plan)})
}
const rollback = async (texts: Readonly<Record<string, string>>) =>
  await rollbackRelease.run(parseInputs(rollbackRelease.inputs, texts), ports)
const promote = async (texts: Readonly<Record<string, string>>) =>
  await promoteRelease.run(parseInputs(promoteRelease.inputs, {to: `${HOST}/${OTHER}`, ...texts}), ports)

describe.each(UNDOABLE)('a rollback by the journal of a release that replaced %s', (_, put) => {
  it.each(['main', 'latest'])('puts it back at %s as it was', async tag => {
    put(registry, tag)
    const before = at(tag)
    const {journal, digest} = await release()
    expect(at(tag)).toBe(digest)
    const {tags} = await rollback({journal})
    expect(at(tag)).toBe(before)
    expect(tags).toBe(`${ODD_IMAGE}:${tag}`)
  })
})

describe.each(ODD)('where a tag holds %s', (_, put) => {
  it('rollback-release replaces it by the version that it is told, and says what was there', async () => {
    const {digest} = await release()
    put(registry, 'latest')
    const before = at('latest')
    await rollback({images: ODD_IMAGE, 'to-version': '1.2.3'})
    expect(at('latest')).toBe(digest)
    expect(said()).toMatch(new RegExp(`:latest\\b.*${before?.slice(7, 19) ?? ''}.*cannot be read.*replaced`))
  })

  it('promote-release goes on over it in the other repository', async () => {
    const {digest} = await release()
    const [kept, oddAt] = [registry.repository(ODD_NAME), registry.repository(OTHER)]
    put(registry, 'odd')
    for (const [key, value] of kept.manifests) oddAt.manifests.set(key, value)
    for (const [key, value] of kept.blobs) oddAt.blobs.set(key, value)
    const odd = at('odd')
    oddAt.tags.set('latest', odd as never)
    await promote({from: `${ODD_IMAGE}:1.2.3`, tags: '1.2.3,latest'})
    expect(at('latest', OTHER)).toBe(digest)
    expect(said()).toMatch(new RegExp(`:latest\\b.*${odd?.slice(7, 19) ?? ''}.*cannot be read`))
    oddAt.tags.set('1.2.3', odd as never)
    const error = await failureOf(() => promote({from: `${ODD_IMAGE}:1.2.3`, tags: '1.2.3'}))
    expect(error.code).toBe('TAG_REFUSED')
    expect(error.message).toMatch(`${HOST}/${OTHER}:1.2.3 does not move: what is there`)
  })

  it('compute-tags ends before anything is built where it must not change, and names it', async () => {
    put(registry, '1.2.3')
    const texts = {images: ODD_IMAGE, strategy: 'release'}
    const run = {...ports, workflowRun: () => Promise.resolve(tagPush('v1.2.3'))}
    const error = await failureOf(() => computeTags.run(parseInputs(computeTags.inputs, texts), run))
    expect(error.code).toBe('TAG_REFUSED')
    const digest = at('1.2.3')?.slice(7, 19) ?? ''
    expect(error.message).toMatch(`${ODD_IMAGE}:1.2.3 does not move: what is there (${digest}, `)
  })

  it('neither goes back to it as a version nor promotes it, and each says where it is', async () => {
    put(registry, '1.2.3')
    const digest = at('1.2.3')?.slice(7, 19) ?? ''
    const back = await failureOf(() => rollback({images: ODD_IMAGE, 'to-version': '1.2.3'}))
    const named = new RegExp(`${ODD_IMAGE}:1\\.2\\.3: what is there \\(${digest}, .*\\) cannot be read: `)
    expect(back.message).toMatch(named)
    expect(back.hint).toContain('name another version')
    const promoted = await failureOf(() => promote({from: `${ODD_IMAGE}:1.2.3`, tags: '1.2.3'}))
    expect(promoted.message).toMatch(named)
    expect(promoted.hint).toContain('Nothing was written')
  })
})
