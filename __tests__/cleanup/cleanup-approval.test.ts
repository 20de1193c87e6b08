import {describe, expect, it} from '@jest/globals'
import {cleanupLatest} from '../../src/cleanup/cleanup-latest.js'
import {parseInputs} from '../../src/command/input.js'
import {parseTag} from '../../src/oci/reference.js'
import type {PlannedTag} from '../../src/contracts/plan.js'
import {clientOf, digestAt, publishRelease} from '../support/releases.js'
import {suiteRegistries, tokenAndOpen} from '../support/suite-registries.js'
import {failureOf} from '../support/thrown.js'

const HOUR = 3_600_000

describe('a clean-up that somebody approves', () => {
  const lab = suiteRegistries('org', tokenAndOpen)

  /** Runs it so many hours from now. */
  const cleanup = async (hours: number, texts: Readonly<Record<string, string>>) => {
    const now = Date.now() + hours * HOUR
    const ports = {...lab.ports, clock: {...lab.ports.clock, now: () => now}}
    const given = {images: lab.images.join(','), 'allow-deletion': 'true', 'min-age': '0', ...texts}
    return await cleanupLatest.run(parseInputs(cleanupLatest.inputs, given), ports)
  }
  const publish = async (tag: string, revision: string): Promise<void> => {
    const tags: readonly PlannedTag[] = [{name: tag, class: 'moving', rule: 'pull request'}]
    await publishRelease(lab.ports, {
      images: lab.images,
      version: '0.0.1',
      tags,
      revision: revision.repeat(40)
    })
  }
  const tagged = async (tag: string): Promise<boolean> => {
    const found = await Promise.all(
      lab.images.map(
        async name => (await clientOf(lab.ports, name).headManifest(parseTag(tag))) !== undefined
      )
    )
    return found.every(Boolean)
  }
  /** These registries tell no age: a clean-up writes down what is there. */
  const see = async (): Promise<void> => {
    expect((await cleanup(0, rules)).deleted).toBe('')
  }
  const rules = {'delete-tags': 'pr-1 older than 1h\npr-2 older than 3h'}

  it('deletes what the plan says, though more is old enough by then', async () => {
    await publish('pr-1', 'a')
    await publish('pr-2', 'b')
    await see()
    const {'plan-hash': expected} = await cleanup(2, {...rules, 'dry-run': 'true'})
    const done = await cleanup(4, {...rules, 'expected-plan': expected})
    expect(done.deleted).not.toBe('')
    expect([await tagged('pr-1'), await tagged('pr-2')]).toEqual([false, true])
  })

  it('deletes nothing where the repository holds another plan by then', async () => {
    await publish('pr-1', 'c')
    await see()
    const {'plan-hash': expected} = await cleanup(2, {...rules, 'dry-run': 'true'})
    await publish('pr-1', 'd')
    const {code} = await failureOf(() => cleanup(4, {...rules, 'expected-plan': expected}))
    expect(code).toBe('INVENTORY_CHANGED')
    expect(await tagged('pr-1')).toBe(true)
  })

  it('fails by strict where a rule matches nothing, and deletes nothing', async () => {
    await publish('pr-1', 'e')
    const {code, message} = await failureOf(() =>
      cleanup(2, {'delete-tags': 'pr-1, glob:nighlty-*', strict: 'true'})
    )
    expect([code, message]).toEqual([
      'CLEANUP_REFUSED',
      expect.stringContaining('delete-tags glob:nighlty-*')
    ])
    expect(await tagged('pr-1')).toBe(true)
    expect((await cleanup(2, {'delete-tags': 'pr-1, glob:nighlty-*'})).deleted).not.toBe('')
  })

  it('reads every tag by validate, and takes no rule beside it', async () => {
    await publish('pr-2', 'f')
    expect(await cleanup(0, {validate: 'true'})).toMatchObject({
      deleted: '',
      report: expect.stringContaining('"faults":[]')
    })
    await expect(cleanup(0, {validate: 'true', 'delete-tags': 'pr-2'})).rejects.toThrow(
      /leave out delete-tags/
    )
    expect(await digestAt(lab.ports, lab.images[0]!, 'pr-2')).toMatch(/^sha256:/)
  })
})
