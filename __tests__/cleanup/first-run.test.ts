import {beforeEach, describe, expect, it} from '@jest/globals'
import {cleanupLatest} from '../../src/cleanup/cleanup-latest.js'
import {SEEN_TAG} from '../../src/cleanup/policy/inventory.js'
import {parseInputs} from '../../src/command/input.js'
import {parseCleanup} from '../../src/contracts/cleanup-document.js'
import {parseDigest} from '../../src/oci/digest.js'
import type {PlannedTag} from '../../src/contracts/plan.js'
import type {GithubRequest, Ports} from '../../src/ports.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {clientOf, digestAt, publishRelease} from '../support/releases.js'
import {suiteRegistries, tokenAndOpen} from '../support/suite-registries.js'

const LATEST: readonly PlannedTag[] = [{name: 'latest', class: 'moving', rule: 'main'}]
const DAY = 24 * 3_600_000

describe('a clean-up that nobody has allowed to delete', () => {
  const lab = suiteRegistries('org', tokenAndOpen)
  let old: string
  let release: string
  beforeEach(async () => {
    const publish = async (version: string, revision: string) =>
      await publishRelease(lab.ports, {
        images: lab.images,
        version,
        tags: LATEST,
        revision: revision.repeat(40)
      })
    old = (await publish('0.0.1', 'a')).digest
    release = (await publish('0.0.2', 'b')).release
  })

  const withPorts = async <T>(more: Partial<Ports>, work: (ports: TestPorts) => Promise<T>): Promise<T> => {
    const ports = testPorts(lab.registries, more)
    try {
      return await work(ports)
    } finally {
      ports.close()
    }
  }
  const clean = async (texts: Readonly<Record<string, string>>, ports: TestPorts) =>
    await cleanupLatest.run(parseInputs(cleanupLatest.inputs, {'min-age': '0', ...texts}), ports)
  const isThere = async (): Promise<boolean[]> =>
    await Promise.all(
      lab.images.map(
        async name => (await clientOf(lab.ports, name).headManifest(parseDigest(old))) !== undefined
      )
    )

  it('deletes nothing, shows what would go, and says how it is allowed', async () => {
    await withPorts({}, async ports => {
      const {deleted, report, 'plan-hash': hash} = await clean({release}, ports)
      expect(deleted).toBe('')
      // Else the page of the release would say that all this is deleted.
      expect(parseCleanup(report).map(({isDry}) => isDry)).toEqual([true, true])
      expect(await isThere()).toEqual([true, true])
      const {lines, notices, summaries} = ports.reporter
      expect(lines.join('\n')).toContain(`would go  ${old}`)
      expect(notices).toEqual([expect.stringContaining('allow-deletion: true')])
      expect(summaries.join('\n')).toContain('## Clean-up (nothing was deleted)')
      expect(summaries.join('\n')).toContain('`allow-deletion: true`')
      expect(hash).toMatch(/^[0-9a-f]{64}/)
    })
  })

  it.each<[string, (hash: string) => Record<string, string>, Partial<Ports>]>([
    ['by its input', () => ({'allow-deletion': 'true'}), {}],
    ['by an approved plan', hash => ({'expected-plan': hash}), {}],
    ['by a yes at a terminal, or by --yes', () => ({}), {confirm: () => Promise.resolve(true)}]
  ])('deletes where that is allowed %s', async (_, texts, more) => {
    const hash = await withPorts({}, async ports => (await clean({release}, ports))['plan-hash'])
    await withPorts(more, async ports => {
      const {deleted} = await clean({release, ...texts(hash)}, ports)
      expect(deleted.split('\n')).toHaveLength(6)
      expect(ports.reporter.notices).toEqual([])
    })
    expect(await isThere()).toEqual([false, false])
  })

  it('deletes nothing in a dry run, also where it is allowed', async () => {
    await withPorts({}, async ports => {
      await clean({release, 'allow-deletion': 'true', 'dry-run': 'true'}, ports)
      expect(ports.reporter.notices).toEqual([])
    })
    expect(await isThere()).toEqual([true, true])
  })

  it('says nothing of it where nothing would go', async () => {
    await withPorts({}, async ports => {
      await clean({release, 'min-age': '36500d', 'keep-tags': 'latest'}, ports)
      expect(ports.reporter.notices.filter(line => line.includes('allow-deletion'))).toEqual([])
    })
  })

  it('does not fail by how much would go: that is for who allows it', async () => {
    await withPorts({}, async ports => {
      await clean({release, 'max-delete': '1'}, ports)
      await expect(
        clean({release, 'max-delete': '1', 'allow-deletion': 'true'}, ports)
      ).rejects.toMatchObject({code: 'CLEANUP_REFUSED'})
    })
    expect(await isThere()).toEqual([true, true])
  })

  it('keeps the caches of Actions, too', async () => {
    const asked: string[] = []
    const github = () => (request: GithubRequest) => {
      asked.push(request.method)
      const cache = {id: 7, key: 'buildkit-a', size_in_bytes: 9, last_accessed_at: '2020-01-01T00:00:00Z'}
      return Promise.resolve({headers: {}, status: 200, body: {actions_caches: [cache]}})
    }
    await withPorts({github}, async ports => {
      await clean({'actions-caches': 'glob:buildkit-*'}, ports)
      expect(ports.reporter.notices).toEqual([expect.stringContaining('allow-deletion')])
      expect(asked).toEqual(['GET'])
      await clean({'actions-caches': 'glob:buildkit-*', 'allow-deletion': 'true'}, ports)
    })
    expect(asked).toEqual(['GET', 'GET', 'DELETE'])
  })

  it('remembers what was superseded where nothing else would find it again, until it is allowed', async () => {
    const later = async (days: number, texts: Readonly<Record<string, string>>) =>
      await withPorts(
        {clock: {now: () => Date.now() + days * DAY, sleep: () => Promise.resolve()}},
        async ports => (await clean({'min-age': '1d', ...texts}, ports)).deleted
      )
    await later(0, {release})
    expect(await later(2, {release})).toBe('')
    // Another release, whose clean-up knows nothing of the first, but by what is written down.
    const next = await publishRelease(lab.ports, {
      images: lab.images,
      version: '0.0.3',
      tags: LATEST,
      revision: 'c'.repeat(40)
    })
    const deleted = await later(4, {release: next.release, 'allow-deletion': 'true'})
    expect(deleted).toContain(old)
    expect(await isThere()).toEqual([false, false])
    expect(await digestAt(lab.ports, lab.images[0]!, SEEN_TAG)).toBeDefined()
  })
})
