import {beforeEach, describe, expect, it} from '@jest/globals'
import {cleanupLatest} from '../../src/cleanup/cleanup-latest.js'
import {parseInputs} from '../../src/command/input.js'
import {parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import type {PlannedTag} from '../../src/contracts/plan.js'
import type {GithubRequest} from '../../src/ports.js'
import {listTags} from '../../src/registry/client/tag-list.js'
import {testPorts} from '../support/ports.js'
import {clientOf, digestAt, publishRelease, releaseTags} from '../support/releases.js'
import {suiteRegistries, tokenAndOpen} from '../support/suite-registries.js'
import {failureOf} from '../support/thrown.js'

const LATEST: readonly PlannedTag[] = [{name: 'latest', class: 'moving', rule: 'main'}]

/** Pull request 1 is merged, 2 is open, 3 is none; of three caches one is old, one new, one another's. */
function answerOf({method, path}: GithubRequest): {status: number; body: unknown} {
  const cache = (id: number, key: string, used: string) => ({
    id,
    key,
    size_in_bytes: 9,
    last_accessed_at: used
  })
  if (method === 'DELETE') return {status: 204, body: undefined}
  if (path.endsWith('/pulls/1')) return {status: 200, body: {state: 'closed'}}
  if (path.endsWith('/pulls/2')) return {status: 200, body: {state: 'open'}}
  if (!path.endsWith('/actions/caches')) return {status: 404, body: {message: 'Not Found'}}
  const now = new Date().toISOString()
  const caches = [cache(7, 'buildkit-a', '2020-01-01T00:00:00Z'), cache(8, 'buildkit-b', now)]
  return {status: 200, body: {actions_caches: [...caches, cache(9, 'npm', '2020-01-01T00:00:00Z')]}}
}

describe('cleanup-latest', () => {
  const lab = suiteRegistries('org', tokenAndOpen)
  beforeEach(() => {
    for (const {registry} of lab.registries) registry.faults.clear()
  })

  const cleanup = async (texts: Readonly<Record<string, string>>) =>
    await cleanupLatest.run(
      parseInputs(cleanupLatest.inputs, {'allow-deletion': 'true', 'min-age': '0', ...texts}),
      lab.ports
    )
  const publish = async (version: string, tags: readonly PlannedTag[], revision: string) =>
    await publishRelease(lab.ports, {images: lab.images, version, tags, revision: revision.repeat(40)})
  const isThere = async (digest: string) =>
    await Promise.all(
      lab.images.map(
        async name => (await clientOf(lab.ports, name).headManifest(parseDigest(digest))) !== undefined
      )
    )

  it('leaves exactly one image after two builds of main: index, two platforms', async () => {
    const old = await publish('0.0.1', LATEST, 'a')
    const {release, digest} = await publish('0.0.2', LATEST, 'b')
    const cleaned = await cleanup({release})
    expect(cleaned.deleted.split('\n')).toHaveLength(6)
    expect(await isThere(old.digest)).toEqual([false, false])
    expect(await Promise.all(lab.images.map(name => digestAt(lab.ports, name, 'latest')))).toEqual([
      digest,
      digest
    ])
    expect((await cleanup({release})).deleted).toBe('')
  })

  it('keeps what another tag reaches, and says which', async () => {
    const old = await publish('1.0.0', releaseTags('1.0.0'), 'a')
    const {release} = await publish('1.1.0', releaseTags('1.1.0'), 'b')
    const cleaned = await cleanup({release})
    expect(cleaned.deleted).toBe('')
    expect(cleaned.kept.split('\n')).toEqual(lab.images.map(name => `${name}@${old.digest}`))
    expect(cleaned.report).toContain('still tagged 1.0, 1.0.0')
    expect(await isThere(old.digest)).toEqual([true, true])
  })

  it('shows in a dry run what would go, and deletes nothing', async () => {
    const old = await publish('0.0.1', LATEST, 'a')
    const {release} = await publish('0.0.2', LATEST, 'b')
    const dry = await cleanup({release, 'dry-run': 'true'})
    expect(dry.deleted).toBe('')
    expect(lab.ports.reporter.lines.join('\n')).toContain(`would go  ${old.digest}`)
    expect(await isThere(old.digest)).toEqual([true, true])
  })

  it('keeps what is younger than the minimum age', async () => {
    const old = await publish('0.0.1', LATEST, 'a')
    const {release} = await publish('0.0.2', LATEST, 'b')
    expect((await cleanup({release, 'min-age': '36500d'})).deleted).toBe('')
    expect(await isThere(old.digest)).toEqual([true, true])
  })

  it('deletes nothing where a tag cannot be read', async () => {
    const old = await publish('0.0.1', LATEST, 'a')
    const {release} = await publish('0.0.2', [...LATEST, {name: 'main', class: 'moving', rule: 'main'}], 'b')
    lab.registries[1].registry.faults.add({
      method: 'GET',
      path: '*/manifests/*',
      action: {kind: 'status', status: 403, code: 'DENIED'}
    })
    await expect(cleanup({release})).rejects.toThrow(/cannot be read whole/)
    lab.registries[1].registry.faults.clear()
    expect(await isThere(old.digest)).toEqual([true, true])
  })

  it('says where a registry does not delete, and goes on with the others', async () => {
    const old = await publish('0.0.1', LATEST, 'a')
    const {release} = await publish('0.0.2', LATEST, 'b')
    lab.registries[1].registry.faults.add({
      method: 'DELETE',
      action: {kind: 'status', status: 405, code: 'UNSUPPORTED'}
    })
    const cleaned = await cleanup({release})
    expect(lab.ports.reporter.warnings).toEqual([
      expect.stringContaining(`${lab.images[1]!}: delete by the means of the registry`)
    ])
    expect(cleaned.deleted.split('\n').every(line => line.startsWith(lab.images[0]!))).toBe(true)
    expect(await isThere(old.digest)).toEqual([false, true])
  })

  it('goes on where it was stopped', async () => {
    const old = await publish('0.0.1', LATEST, 'a')
    const {release, digest} = await publish('0.0.2', LATEST, 'b')
    // The first deletion only asks whether the registry deletes; the second is that of the index.
    lab.registries[0].registry.faults.add({
      method: 'DELETE',
      nth: 3,
      times: 30,
      action: {kind: 'status', status: 500}
    })
    await expect(cleanup({release})).rejects.toThrow(/500/)
    lab.registries[0].registry.faults.clear()
    expect(await Promise.all(lab.images.map(name => digestAt(lab.ports, name, 'latest')))).toEqual([
      digest,
      digest
    ])
    const again = await cleanup({release})
    expect(again.deleted.split('\n').filter(line => line.startsWith(lab.images[0]!))).not.toEqual([])
    expect(await isThere(old.digest)).toEqual([false, false])
    for (const name of lab.images) expect(await listTags(clientOf(lab.ports, name))).toEqual(['latest'])
  })

  it('says where an expected plan is not met because a clean-up by it was stopped, and goes on by a new one', async () => {
    const old = await publish('0.0.1', LATEST, 'a')
    const {release} = await publish('0.0.2', LATEST, 'b')
    const {'plan-hash': expected} = await cleanup({release, 'dry-run': 'true'})
    lab.registries[0].registry.faults.add({
      method: 'DELETE',
      nth: 3,
      times: 30,
      action: {kind: 'status', status: 500}
    })
    await expect(cleanup({release, 'expected-plan': expected})).rejects.toThrow(/500/)
    lab.registries[0].registry.faults.clear()
    const {code, hint} = await failureOf(() => cleanup({release, 'expected-plan': expected}))
    expect({code, hint}).toEqual({
      code: 'INVENTORY_CHANGED',
      hint: expect.stringContaining('An earlier clean-up was stopped before its end')
    })
    const left = await cleanup({release, 'dry-run': 'true'})
    await cleanup({release, 'expected-plan': left['plan-hash']})
    expect(await isThere(old.digest)).toEqual([false, false])
  })

  it('deletes nothing while a platform of the new release is missing', async () => {
    const old = await publish('0.0.1', LATEST, 'a')
    const {release, digest} = await publish('0.0.2', LATEST, 'b')
    const client = clientOf(lab.ports, lab.images[0]!)
    const [child] = readManifest(await client.getManifest(parseDigest(digest))).manifests
    await client.deleteManifest(child!.digest)
    await expect(cleanup({release})).rejects.toMatchObject({code: 'CHILD_MISSING'})
    expect(await isThere(old.digest)).toEqual([true, true])
  })

  it('asks GitHub which pull requests are closed, and deletes old caches of Actions', async () => {
    await publish(
      '0.0.1',
      ['pr-1', 'pr-2', 'pr-3'].map(name => ({name, class: 'moving', rule: 'pr'})),
      'a'
    )
    const asked: string[] = []
    const github = () => (request: GithubRequest) => {
      asked.push(`${request.method} ${request.path}`)
      return Promise.resolve({headers: {}, ...answerOf(request)})
    }
    const told = testPorts(lab.registries, {github})
    await cleanupLatest.run(
      parseInputs(cleanupLatest.inputs, {
        images: lab.images[0]!,
        'pull-request-tags': 'pr-{number}',
        'actions-caches': 'glob:buildkit-*',
        'allow-deletion': 'true',
        'min-age': '0'
      }),
      told
    )
    told.close()
    expect(await listTags(clientOf(lab.ports, lab.images[0]!))).toEqual(['pr-2', 'pr-3'])
    expect(asked).toEqual(expect.arrayContaining(['DELETE /repos/org/app/actions/caches/7']))
    expect(asked).not.toContain('DELETE /repos/org/app/actions/caches/8')
  })

  it('takes digests by hand, and wants something to do', async () => {
    const old = await publish('0.0.1', LATEST, 'a')
    await publish('0.0.2', LATEST, 'b')
    await cleanup({superseded: lab.images.map(name => `${name}@${old.digest}`).join()})
    expect(await isThere(old.digest)).toEqual([false, false])
    await expect(cleanup({})).rejects.toMatchObject({issues: [{input: 'release'}, {input: 'delete-tags'}]})
    await expect(cleanup({superseded: 'ghcr.io/o/a:tag'})).rejects.toThrow(/names no digest/)
  })
})
