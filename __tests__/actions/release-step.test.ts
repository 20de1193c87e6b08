import path from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import type {Digest} from '../../src/oci/digest.js'
import {image} from '../support/images.js'
import {componentPath, describeWith} from '../support/components.js'
import {type ContainerStorage, makeContainerStorage} from '../support/container-storage.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {PUBLISHER, startEmbedded, startEmbeddedWith} from '../support/registries.js'
import {clientOf, digestAt} from '../support/releases.js'
import {type ResultsService, startResultsService} from '../support/results-service.js'
import {type ActionRun, runAction} from '../support/run-action.js'
import {listTags} from '../../src/registry/client/tag-list.js'
import {pushImage} from '../../src/registry/images/image-push.js'

const ROOT = path.resolve(import.meta.dirname, '../..')
const FIRST = '1'.repeat(40)
const SECOND = '2'.repeat(40)

let open: Awaited<ReturnType<typeof startEmbedded>>
let guarded: Awaited<ReturnType<typeof startEmbedded>>
let ports: TestPorts
let service: ResultsService
let number = 0
let images: string[]

beforeAll(async () => {
  open = await startEmbedded()
  guarded = await startEmbeddedWith('token')
  ports = testPorts([open, guarded])
})
afterAll(async () => {
  ports.close()
  await Promise.all([open.stop(), guarded.stop()])
})
beforeEach(async () => {
  service = await startResultsService()
  number += 1
  images = [open, guarded].map(({host}) => `${host}/octo/hello${number}`)
})
afterEach(() => service.stop())

const credentials = (): string => `${guarded.host}=${PUBLISHER.username}:${PUBLISHER.password}`
const tagsOf = (name: string): Promise<readonly string[]> => listTags(clientOf(ports, name))
/** What a tag points at on each registry. */
const digestsAt = (tag: string): Promise<(Digest | undefined)[]> =>
  Promise.all(images.map(name => digestAt(ports, name, tag)))

describe('the actions merge-manifest, verify-release and cleanup-latest, without a plan', () => {
  const act = (
    folder: string,
    inputs: Readonly<Record<string, string>>,
    logins = credentials()
  ): Promise<ActionRun> =>
    runAction(folder, {
      event: 'push-tag',
      inputs: {'registry-credentials': logins, ...inputs},
      variables: service.env()
    })

  async function publish(content: string): Promise<ActionRun> {
    const parts = ['amd64', 'arm64'].map(architecture => image({architecture, content}))
    for (const name of images) for (const part of parts) await pushImage(clientOf(ports, name), part)
    const digests = parts.map(({root}) => root.digest).join('\n')
    return await act('merge-manifest', {images: images.join('\n'), tags: 'edge', digests})
  }

  it('join images, read them back, and delete what was superseded', async () => {
    const first = await publish('first')
    expect(first.exitCode).toBe(0)
    expect(await digestsAt('edge')).toEqual([first.outputs['digest'], first.outputs['digest']])

    const second = await publish('second')
    const release = second.outputs['release'] ?? ''
    const verified = await act('verify-release', {release})
    expect(verified.exitCode).toBe(0)
    expect(verified.outputs['verified']?.split('\n')).toEqual(images.map(name => `${name}:edge`))

    const cleaned = await act('cleanup-latest', {release, 'allow-deletion': 'true', 'min-age': '0'})
    expect(cleaned.exitCode).toBe(0)
    expect(second.outputs['superseded']).toContain(first.outputs['digest'])
    expect(await digestsAt('edge')).toEqual([second.outputs['digest'], second.outputs['digest']])
    expect(second.summary).toContain('edge')
  })

  it('keep the password out of the log, and say which registry refuses it', async () => {
    const logins = `${guarded.host}=${PUBLISHER.username}:wrong-password`
    const digests = image().root.digest
    const {exitCode, stdout, stderr} = await act(
      'merge-manifest',
      {images: images.join('\n'), tags: 'edge', digests},
      logins
    )
    expect(exitCode).toBe(1)
    expect(stdout).toContain(`::add-mask::${logins}`)
    const log = (stdout + stderr).replaceAll(`::add-mask::${logins}`, '').replaceAll(/::add-mask::\S+/g, '')
    expect(log).not.toContain('wrong-password')
    expect(log).toMatch(new RegExp(`::error::.*${guarded.host}`))
  })
})

describeWith(['buildah'], 'the actions, one after the other as a workflow runs them', () => {
  let storage: ContainerStorage

  beforeAll(() => {
    storage = makeContainerStorage()
  })
  afterAll(() => storage.remove())

  /** One step of a job. All jobs of a run share its artifacts. */
  const step = (
    folder: string,
    commit: string,
    inputs: Readonly<Record<string, string>>
  ): Promise<ActionRun> =>
    runAction(folder, {
      event: 'push-branch',
      inputs,
      workspace: ROOT,
      variables: {
        ...storage.env,
        ...service.env(`run-${commit}`, folder),
        PATH: componentPath,
        GITHUB_SHA: commit
      }
    })

  const planOf = (commit: string): Promise<ActionRun> =>
    step('compute-tags', commit, {images: images.join('\n'), tags: 'type=ref,event=branch'})

  async function build(plan: ActionRun, commit: string, platform: string): Promise<ActionRun> {
    return await step('build-by-digest', commit, {
      plan: plan.outputs['plan'] ?? '',
      platforms: platform,
      context: 'examples/hello',
      builder: 'buildah',
      format: 'docker',
      'registry-credentials': credentials()
    })
  }

  async function release(commit: string): Promise<ActionRun> {
    const plan = await planOf(commit)
    const jobs = JSON.parse(plan.outputs['build-matrix'] ?? '') as {include: {platform: string}[]}
    for (const {platform} of jobs.include) {
      const {exitCode, stdout} = await build(plan, commit, platform)
      expect({exitCode, stdout}).toEqual({exitCode: 0, stdout: expect.any(String)})
    }
    return await merge(plan, commit)
  }

  const merge = (plan: ActionRun, commit: string): Promise<ActionRun> =>
    step('merge-manifest', commit, {
      plan: plan.outputs['plan'] ?? '',
      'registry-credentials': credentials()
    })

  it('hand digests over as artifacts of 71 bytes each, and tag nothing before the merge', async () => {
    const plan = await planOf(FIRST)
    const built = [await build(plan, FIRST, 'linux/amd64'), await build(plan, FIRST, 'linux/arm64')]
    expect(built.map(({exitCode}) => exitCode)).toEqual([0, 0])
    const kept = service.artifacts().map(({name}) => name)
    expect(kept.filter(name => !name.startsWith('plan-'))).toEqual(
      built.map(({outputs}) => outputs['record'])
    )
    for (const {outputs} of built) {
      // Stored without compression: the record stands between the headers of the archive.
      const archive = service.content(outputs['record'] ?? '')?.toString('latin1') ?? ''
      expect(archive).toContain(`${outputs['record'] ?? ''}${outputs['digest'] ?? ''}PK`)
      expect(outputs['digest']).toHaveLength(71)
    }
    for (const name of images) expect(await tagsOf(name)).toEqual([])
  }, 60_000)

  it('publish one digest under all tags on both registries, then delete what it superseded', async () => {
    const first = await release(FIRST)
    const second = await release(SECOND)
    expect([first.exitCode, second.exitCode]).toEqual([0, 0])
    const {digest} = second.outputs
    expect(digest).not.toBe(first.outputs['digest'])
    expect(await digestsAt('main')).toEqual([digest, digest])

    const inputs = {release: second.outputs['release'] ?? '', 'registry-credentials': credentials()}
    expect((await step('verify-release', SECOND, inputs)).exitCode).toBe(0)
    const cleaned = await step('cleanup-latest', SECOND, {
      ...inputs,
      'allow-deletion': 'true',
      'min-age': '0'
    })
    expect(cleaned.exitCode).toBe(0)
    const superseded = images.map(name => `${name}@${first.outputs['digest'] ?? ''}`)
    expect(cleaned.outputs['deleted']?.split('\n')).toEqual(expect.arrayContaining(superseded))
    for (const name of images) expect(await tagsOf(name)).toEqual(['main'])
    expect((await step('verify-release', SECOND, inputs)).exitCode).toBe(0)
  }, 120_000)

  it('publish nothing while a platform is missing, and name it', async () => {
    const plan = await planOf(FIRST)
    await build(plan, FIRST, 'linux/amd64')
    const {exitCode, stdout, outputs} = await merge(plan, FIRST)
    expect({exitCode, outputs}).toEqual({exitCode: 1, outputs: {}})
    expect(stdout).toMatch(/::error::.*linux-arm64/)
    for (const name of images) expect(await tagsOf(name)).toEqual([])
  }, 60_000)
})
