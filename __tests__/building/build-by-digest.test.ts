import {mkdtempSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {parseInputs} from '../../src/command/input.js'
import {parseDigest} from '../../src/oci/digest.js'
import type {Plan} from '../../src/contracts/plan.js'
import {formatPlan} from '../../src/contracts/plan-format.js'
import {listTags} from '../../src/registry/client/tag-list.js'
import {execWithEnvironment} from '../support/builder-ports.js'
import {type BuildKit, startBuildKit} from '../support/buildkit.js'
import {component, describeWith} from '../support/components.js'
import {type ContainerStorage, makeContainerStorage} from '../support/container-storage.js'
import {type FakeBuildah, fakeBuildah} from '../support/fake-buildah.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {READER, startEmbedded, startEmbeddedWith} from '../support/registries.js'
import {clientOf, planOf, releaseTags} from '../support/releases.js'
import {failureOf} from '../support/thrown.js'

const run = async (ports: TestPorts, texts: Readonly<Record<string, string>>) =>
  await buildByDigest.run(parseInputs(buildByDigest.inputs, texts), ports)

describe('build-by-digest', () => {
  let open: Awaited<ReturnType<typeof startEmbedded>>
  let guarded: Awaited<ReturnType<typeof startEmbedded>>
  let buildah: FakeBuildah
  let ports: TestPorts
  let number = 0
  let images: string[]
  let plan: Plan

  beforeAll(async () => {
    open = await startEmbedded()
    guarded = await startEmbeddedWith('token')
  })
  afterAll(async () => {
    await Promise.all([open.stop(), guarded.stop()])
  })
  beforeEach(() => {
    buildah = fakeBuildah()
    ports = testPorts([open, guarded], {exec: buildah.exec})
    number += 1
    images = [open, guarded].map(({host}) => `${host}/org/app${number}`)
    plan = planOf({images, version: '1.0.0', tags: releaseTags('1.0.0')})
    for (const {registry} of [open, guarded]) registry.faults.clear()
  })
  afterEach(() => ports.close())

  const build = (texts: Readonly<Record<string, string>> = {}, changed = plan) =>
    run(ports, {context: 'examples/hello', plan: formatPlan(changed), platforms: 'linux/arm64', ...texts})
  const plain = (texts: Readonly<Record<string, string>> = {}) =>
    run(ports, {context: 'examples/hello', images: images.join('\n'), platforms: 'linux/arm64', ...texts})
  const isThere = async (image: string, digest: string): Promise<boolean> =>
    (await clientOf(ports, image).headManifest(parseDigest(digest))) !== undefined

  describe('with a plan', () => {
    it('builds several platforms one after the other, with a record for each', async () => {
      const outputs = await build({platforms: 'linux/amd64,linux/arm64'})
      expect(outputs.record.split('\n')).toEqual(plan.targets[0]?.builds.map(({record}) => record))
      expect(outputs.digest.split('\n')).toHaveLength(2)
      expect(ports.records.size).toBe(2)
      await expect(plain({platforms: 'linux/amd64,linux/arm64'})).rejects.toThrow(
        /takes one platform, not linux\/amd64, linux\/arm64, without a plan/
      )
      await expect(build({platforms: 'linux/amd64,linux/s390x,linux/386'})).rejects.toMatchObject({
        issues: [
          {input: 'platforms', message: expect.stringContaining('linux/s390x is not planned')},
          {input: 'platforms', message: expect.stringContaining('linux/386 is not planned')}
        ]
      })
    })

    it('pushes the image to every registry by digest, and hands the digest over', async () => {
      const outputs = await build()
      expect(outputs.digest).toMatch(/^sha256:[0-9a-f]{64}$/)
      for (const image of images) {
        expect(await isThere(image, outputs.digest)).toBe(true)
        expect(await listTags(clientOf(ports, image))).toEqual([])
      }
      expect(outputs.record).toBe('digest-app-linux-arm64')
      expect([...ports.records.keys()]).toEqual(['digest-app-linux-arm64'])
      expect(Buffer.from(ports.records.get('digest-app-linux-arm64')!).toString('latin1')).toBe(
        outputs.digest
      )
      expect(outputs.images).toBe(images.map(image => `${image}@${outputs.digest}`).join('\n'))
      expect(JSON.parse(outputs.metadata)).toEqual({
        'containerimage.config.digest': outputs.imageid,
        'containerimage.descriptor': {
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          digest: outputs.digest,
          size: expect.any(Number),
          platform: {os: 'linux', architecture: 'arm64'}
        },
        'containerimage.digest': outputs.digest,
        'image.name': images.join(',')
      })
    })

    it('gives the builder what the plan says, and what the inputs add', async () => {
      await build({
        labels: 'a=b\norg.opencontainers.image.version=9',
        annotations: 'manifest:c=d\nindex:e=f',
        'build-args': 'NAME=a, b\nOTHER',
        target: 'prod',
        pull: 'true',
        'no-cache': 'true'
      })
      const [line] = buildah.builds
      for (const part of [
        '--platform linux/arm64 --format oci',
        '--target prod --no-cache --pull=always',
        `--timestamp ${Date.parse('2026-02-03T04:00:00Z') / 1000}`,
        '--build-arg NAME=a, b --build-arg OTHER',
        '--label org.opencontainers.image.version=9',
        '--label a=b',
        '--annotation org.opencontainers.image.version=1.0.0',
        '--annotation c=d'
      ])
        expect(line).toContain(part)
      expect(line).not.toContain('e=f')
    })

    it('builds what the plan says where the inputs say nothing', async () => {
      const [target] = plan.targets
      const settings = {context: 'examples/hello', file: 'Containerfile', target: 'prod', args: ['A=1']}
      const changed = {...plan, targets: [{...target!, build: settings}]}
      await run(ports, {plan: formatPlan(changed), platforms: 'linux/arm64', 'build-args': 'B=2'})
      await build({target: 'debug'}, changed)
      const [planned, asked] = buildah.builds
      expect(planned).toContain('--target prod')
      expect(planned).toContain('--build-arg A=1 --build-arg B=2')
      expect(planned).toMatch(/examples\/hello$/)
      expect(asked).toContain('--target debug')
    })

    it('only builds where the plan says that nothing is pushed', async () => {
      const before = open.registry.requests.length
      const outputs = await build({}, {...plan, push: false})
      expect(outputs).toMatchObject({record: '', images: '', digest: expect.stringMatching(/^sha256:/)})
      expect(buildah.builds).toHaveLength(1)
      expect(open.registry.requests).toHaveLength(before)
      expect(ports.records.size).toBe(0)
      expect(ports.reporter.notices).toContainEqual(expect.stringContaining('nothing is pushed'))
      expect(ports.reporter.summaries.join()).toContain('nothing was pushed')
    })

    it('needs no platform where the plan has one only', async () => {
      const [target] = plan.targets
      const builds = target!.builds.slice(0, 1)
      await build({platforms: ''}, {...plan, targets: [{...target!, builds}]})
      expect([...ports.records.keys()]).toEqual(['digest-app-linux-amd64'])
    })

    it('builds the target that is named', async () => {
      const [app] = plan.targets
      const api = {
        ...app!,
        name: 'api',
        images: images.map(image => `${image}-api`),
        builds: app!.builds.map(one => ({...one, record: `${one.record}-api`}))
      }
      const outputs = await build({'plan-target': 'api'}, {...plan, targets: [app!, api]})
      expect(outputs.record).toBe('digest-app-linux-arm64-api')
      expect(outputs.images).toContain('-api@')
    })
  })

  describe('without a plan', () => {
    it('pushes to the images and names the record after the platform', async () => {
      const outputs = await plain()
      for (const image of images) expect(await isThere(image, outputs.digest)).toBe(true)
      expect([...ports.records.keys()]).toEqual(['digest-linux-arm64'])
      expect(buildah.builds[0]).toContain(
        `--timestamp ${Date.parse((await ports.workflowRun()).commitDate ?? '') / 1000}`
      )
    })

    it('takes a name for the record', async () =>
      expect(await plain({record: 'mine-arm64'})).toMatchObject({record: 'mine-arm64'}))
  })

  it('sends nothing again that is there', async () => {
    await build()
    const before = open.registry.requests.length
    await build()
    const sent = open.registry.requests.slice(before).filter(({path}) => path.includes('/uploads/'))
    // Whether it may push is asked before it builds.
    expect(sent.map(({method}) => method)).toEqual(['POST', 'DELETE'])
  })

  it('says in the summary what was pushed where, with commands to pull it', async () => {
    const {digest} = await build()
    const [summary] = ports.reporter.summaries
    expect(summary).toContain('## Build of app, linux/arm64')
    expect(summary).toContain('buildah 1.28.2')
    for (const image of images) expect(summary).toContain(`docker pull ${image}@${digest}`)
  })

  it('leaves no folder behind', async () => {
    // One of its own: other tests use the folder of the system at the same time.
    const temporary = mkdtempSync(path.join(tmpdir(), 'leaves-no-folder-'))
    const {TMPDIR} = process.env
    process.env['TMPDIR'] = temporary
    try {
      await build()
      expect(readdirSync(temporary)).toEqual([])
    } finally {
      if (TMPDIR === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = TMPDIR
      rmSync(temporary, {recursive: true})
    }
  })

  describe('when something fails', () => {
    it('does not begin to build where a registry refuses to take it, and names all that do', async () => {
      const login = `${guarded.host}=${READER.username}:${READER.password}`
      open.registry.faults.add({method: 'POST', action: {kind: 'status', status: 403, code: 'DENIED'}})
      const error = await failureOf(() => build({'registry-credentials': login}))
      expect(error.code).toBe('RIGHT_MISSING')
      expect(error.message.split('\n')).toEqual([
        expect.stringMatching(`^No permission to push to ${images[0]!}: POST .* 403 DENIED`),
        expect.stringMatching(
          `^No permission to push to ${images[1]!}: POST .* (401 UNAUTHORIZED|403 DENIED)`
        )
      ])
      expect(error.hint).toContain(guarded.host)
      expect(buildah.builds).toEqual([])
      expect(ports.records.size).toBe(0)
    })

    it('builds where a registry cannot say now whether it would take it', async () => {
      const action = {kind: 'status', status: 503} as const
      guarded.registry.faults.add({method: 'POST', path: '*/uploads/', times: 3, action})
      await build()
      expect(ports.reporter.warnings[0]).toMatch(
        `Whether this job may push is not known: POST ${guarded.host}/`
      )
      expect(ports.records.size).toBe(1)
    })

    it('does not begin to build for a registry that does not answer', async () => {
      const nobody = '127.0.0.1:1/org/app'
      await expect(plain({images: nobody})).rejects.toMatchObject({code: 'REGISTRY_UNREACHABLE'})
      expect(buildah.builds).toEqual([])
    })

    it('names every registry that refuses', async () => {
      const action = {kind: 'status', status: 403, code: 'DENIED'} as const
      for (const {registry} of [open, guarded]) registry.faults.add({method: 'PUT', action})
      await expect(build()).rejects.toMatchObject({message: expect.stringContaining(open.host)})
      expect(ports.reporter.warnings).toContainEqual(expect.stringContaining(images[1]!))
    })

    it('hands nothing over where the image is gone after the push', async () => {
      const action = {kind: 'status', status: 404, code: 'MANIFEST_UNKNOWN'} as const
      for (const method of ['HEAD', 'GET'] as const)
        open.registry.faults.add({method, path: '*/manifests/*', action})
      await expect(build()).rejects.toMatchObject({code: 'CHILD_MISSING'})
      expect(ports.records.size).toBe(0)
    })

    it('pushes nothing where the build fails', async () => {
      const pushes = () => open.registry.requests.filter(({method}) => method === 'PUT').length
      const before = pushes()
      ports = testPorts([open, guarded], {exec: fakeBuildah('Error: no such image\n').exec})
      await expect(build()).rejects.toMatchObject({code: 'BUILD_FAILED', exitCode: 125})
      expect(pushes()).toBe(before)
    })

    it('says what to install where there is no builder', async () => {
      ports = testPorts([open, guarded])
      await expect(build()).rejects.toMatchObject({code: 'BUILDER_MISSING'})
    })
  })

  describe('checks its inputs before anything else', () => {
    const issuesOf = async (start: () => Promise<unknown>): Promise<string[]> => {
      const fault: unknown = await Promise.resolve()
        .then(start)
        .then(
          () => undefined,
          (thrown: unknown) => thrown
        )
      expect(fault).toMatchObject({code: 'INPUT_INVALID'})
      expect(buildah.builds).toEqual([])
      const {issues} = fault as {issues: {input: string; message: string}[]}
      return issues.map(({input, message}) => `${input}: ${message}`)
    }

    it('reports what is missing without a plan', async () =>
      expect(await issuesOf(() => run(ports, {context: '/nowhere', 'plan-target': 'x'}))).toEqual([
        expect.stringMatching(/^plan-target: names a target of a plan/),
        'images: is required without a plan',
        'platforms: is required without a plan',
        expect.stringMatching(/^context: "\/nowhere" is not a folder/)
      ]))

    it('reports what the plan decides', async () =>
      expect(await issuesOf(() => build({images: 'a/b', record: 'x'}))).toEqual([
        'images: is decided by the plan; give either a plan or this',
        'record: is decided by the plan; give either a plan or this'
      ]))

    it.each<[string, Readonly<Record<string, string>>, RegExp]>([
      [
        'another platform',
        {platforms: 'linux/s390x'},
        /^platforms: linux\/s390x is not planned.*linux\/amd64/
      ],
      ['no platform', {platforms: ''}, /^platforms: is required: the plan builds app for/],
      [
        'another target',
        {'plan-target': 'ap'},
        /^plan-target: the plan has no target "ap", only app; did you mean app\?/
      ],
      ['another file', {file: 'none'}, /^file: "none" is not there/],
      ['a misspelt builder', {builder: 'buildaah'}, /^builder: .*did you mean buildah\?/],
      ['a builder that is no name', {builder: 'buildx:'}, /^builder: "buildx:" is neither/],
      ['a format', {format: 'ocl'}, /^format: .*did you mean oci\?/],
      ['a record with a slash', {record: 'a/b'}, /^record: "a\/b" is not the name of a record/],
      ['a build argument', {'build-args': '1X=secret'}, /^build-args: "1X" is not the name of an argument$/],
      ['a label', {labels: 'x'}, /^labels: "x" is not key=value/]
    ])('reports %s', async (_title, texts, message) =>
      expect(await issuesOf(() => build(texts))).toContainEqual(expect.stringMatching(message))
    )

    it('wants a target where the plan has several', async () => {
      const [app] = plan.targets
      const api = {
        ...app!,
        name: 'api',
        images: ['example.com/api'],
        builds: [{...app!.builds[0]!, record: 'x'}]
      }
      expect(await issuesOf(() => build({}, {...plan, targets: [app!, api]}))).toEqual([
        'plan-target: is required: the plan has 2 targets (app, api)'
      ])
    })
  })
})

/** A builder with all that it needs, for tests with the real program. */
interface RealBuilder {
  readonly env: Readonly<Record<string, string>>
  stop(): Promise<void>
}

const inStorage = (): Promise<RealBuilder> => {
  const storage: ContainerStorage = makeContainerStorage()
  return Promise.resolve({
    env: storage.env,
    stop: () => {
      storage.remove()
      return Promise.resolve()
    }
  })
}
const inBuildKit = async (): Promise<RealBuilder> => {
  const buildKit: BuildKit = await startBuildKit()
  return {env: buildKit.env, stop: () => buildKit.stop()}
}

describe.each([
  ['buildah', ['buildah'], inStorage],
  ['podman', ['podman'], inStorage],
  ['buildx', ['buildkitd', 'docker-buildx'], inBuildKit]
] as const)('build-by-digest with %s', (name, programs, start) => {
  describeWith([...programs, 'crane'], 'really', () => {
    let open: Awaited<ReturnType<typeof startEmbedded>>
    let guarded: Awaited<ReturnType<typeof startEmbedded>>
    let real: RealBuilder
    let ports: TestPorts
    let images: string[]

    beforeAll(async () => {
      open = await startEmbedded()
      guarded = await startEmbeddedWith('token')
      real = await start()
      ports = testPorts([open, guarded], {exec: execWithEnvironment(real.env)})
      images = [open, guarded].map(({host}) => `${host}/org/hello`)
    })
    afterAll(async () => {
      ports.close()
      await Promise.all([open.stop(), guarded.stop(), real.stop()])
    })

    const crane = async (...args: string[]): Promise<string> => {
      const {exitCode, stdout, stderr} = await execWithEnvironment({})(component('crane'), args)
      if (exitCode !== 0) throw new Error(stderr)
      return stdout
    }

    it.each([
      ['linux/amd64', 'oci'],
      ['linux/arm64', 'docker']
    ])('an independent reader finds %s, format %s, whole', async (platforms, format) => {
      const plan = planOf({images, version: '1.0.0', tags: releaseTags('1.0.0')})
      const texts = {context: 'examples/hello', plan: formatPlan(plan), platforms, format, builder: name}
      const {digest} = await run(ports, texts)
      const [image = ''] = images
      await crane('validate', '--remote', `${image}@${digest}`)
      const config = JSON.parse(await crane('config', `${image}@${digest}`)) as Record<string, unknown>
      expect(config).toMatchObject({
        os: 'linux',
        architecture: platforms.split('/')[1],
        created: '2026-02-03T04:00:00Z',
        config: {Entrypoint: ['/hello'], Labels: {'org.opencontainers.image.version': '1.0.0'}}
      })
      if (format === 'docker') expect(config['config']).toHaveProperty('Healthcheck')
      const manifest = JSON.parse(await crane('manifest', `${image}@${digest}`)) as Record<string, unknown>
      if (format === 'oci')
        expect(manifest).toMatchObject({annotations: {'org.opencontainers.image.version': '1.0.0'}})
      expect(await listTags(clientOf(ports, image))).toEqual([])
      expect(await clientOf(ports, images[1]!).headManifest(parseDigest(digest))).toBeDefined()
    })

    it('builds on a base image of a registry on this machine, over plain HTTP', async () => {
      const base = await run(ports, {
        context: 'examples/hello',
        images: images[0]!,
        platforms: 'linux/amd64',
        builder: name
      })
      const child = await run(ports, {
        context: '__tests__/fixtures/on-a-base',
        images: images[0]!,
        platforms: 'linux/amd64',
        builder: name,
        'build-args': `BASE=${base.images}`
      })
      const manifest = JSON.parse(await crane('manifest', child.images)) as {layers: unknown[]}
      expect(manifest.layers).toHaveLength(3)
    })
  })
})
