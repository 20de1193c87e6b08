import {rmSync} from 'node:fs'
import {afterAll, beforeAll, describe, expect, it, jest} from '@jest/globals'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {parseInputs} from '../../src/command/input.js'
import {parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {formatPlan} from '../../src/contracts/plan-format.js'
import {listTags} from '../../src/registry/client/tag-list.js'
import {describeWith, itOnRootFilesystem} from '../support/components.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {
  BUILDERS,
  BUILDX_DRIVERS,
  type RealBuilder,
  hasHeredocs,
  programOf,
  startBuilder
} from '../support/real-builders.js'
import {
  DISTRIBUTION_2,
  DISTRIBUTION_3,
  type RunningRegistry,
  startDistribution2,
  startDistribution3,
  startEmbedded,
  startEmbeddedWith
} from '../support/registries.js'
import {type RegistryContent, readContent} from '../support/registry-content.js'
import {clientOf, planOf, releaseTags} from '../support/releases.js'
import {richContext} from '../support/rich-context.js'

const SECRET = 's3cret-of-the-build-0815'
// Programs of another platform run by emulation.
jest.setTimeout(120_000)

const SECOND_SECRET = 'another-secret-4711'

describe.each(BUILDERS)('build-by-digest of a whole Containerfile with %s', (name, programs) => {
  describeWith([...programs, ...DISTRIBUTION_2, ...DISTRIBUTION_3], 'and two registries', () => {
    let registries: RunningRegistry[]
    let builder: RealBuilder
    let ports: TestPorts
    let context: string
    let images: string[]

    beforeAll(async () => {
      registries = await Promise.all([startDistribution2(), startDistribution3({auth: 'token'})])
      builder = await startBuilder(
        name,
        registries.map(({host}) => host),
        {SECOND: SECOND_SECRET}
      )
      ports = testPorts(registries, {
        exec: builder.exec,
        environment: variable => (variable === 'SECOND' ? SECOND_SECRET : undefined)
      })
      context = richContext(hasHeredocs(name))
      images = registries.map(({host}) => `${host}/org/rich`)
    })
    afterAll(async () => {
      ports.close()
      await builder.stop()
      await Promise.all(registries.map(registry => registry.stop()))
      rmSync(context, {recursive: true, force: true})
    })

    const build = async (texts: Readonly<Record<string, string>>) => {
      const plan = planOf({images, version: '1.0.0', tags: releaseTags('1.0.0')})
      const all = {
        context,
        plan: formatPlan(plan),
        builder: programOf(name),
        'build-args': 'GREETING=hello',
        secrets: `token=${SECRET}`,
        'secret-envs': 'second=SECOND',
        ...texts
      }
      return await buildByDigest.run(parseInputs(buildByDigest.inputs, all), ports)
    }
    const read = async (image: string, digest: string): Promise<RegistryContent> =>
      await readContent(clientOf(ports, image), parseDigest(digest))

    describe.each([
      ['amd64', 'x86_64'],
      ['arm64', 'aarch64']
    ])('for linux/%s', (architecture, machine) => {
      itOnRootFilesystem(architecture)(
        'leaves one digest in both, with its health check, user and content, without a tag or a secret',
        async () => {
          const outputs = await build({platforms: `linux/${architecture}`, format: 'docker'})
          const contents = await Promise.all(images.map(image => read(image, outputs.digest)))
          for (const [at, {manifest, config}] of contents.entries()) {
            expect(manifest.digest).toBe(outputs.digest)
            expect(manifest.mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json')
            expect(config).toMatchObject({
              os: 'linux',
              architecture,
              created: '2026-02-03T04:00:00Z',
              config: {
                User: '65532',
                Healthcheck: {Test: ['CMD', '/bin/cat', '/made/heredoc'], Interval: 30_000_000_000}
              }
            })
            expect(await listTags(clientOf(ports, images[at]!))).toEqual([])
          }
          const text = contents[0]!.bytes.map(bytes => bytes.toString('latin1')).join('\n')
          for (const part of ['hello\n', `${machine}\n`, `${SECRET.length}\n`]) expect(text).toContain(part)
          const records = [...ports.records.values()].map(bytes => Buffer.from(bytes).toString('latin1'))
          const seen = [
            text,
            JSON.stringify(contents.map(({config}) => config)),
            JSON.stringify(outputs),
            ...records,
            ...ports.files.values(),
            ...builder.calls,
            ...ports.reporter.lines,
            ...ports.reporter.notices,
            ...ports.reporter.warnings,
            ...ports.reporter.summaries
          ].join('\n')
          expect(ports.reporter.lines.join('\n')).toContain('the secret is ***')
          expect(seen).not.toContain(SECRET)
          expect(seen).not.toContain(SECOND_SECRET)
        }
      )
    })
  })
})

describe.each(BUILDERS.filter(([name]) => name !== 'podman'))(
  'two builds of one commit with %s',
  (name, programs) => {
    describeWith(programs, 'really', () => {
      itOnRootFilesystem('amd64')('give the same digest, though nothing comes from a cache', async () => {
        const registry = await startEmbedded()
        const digests: string[] = []
        for (const at of [1, 2]) {
          const builder = await startBuilder(name, [registry.host])
          const context = richContext(hasHeredocs(name))
          const ports = testPorts([registry], {exec: builder.exec})
          try {
            const plan = planOf({images: [`${registry.host}/org/app${at}`], version: '1.0.0', tags: []})
            const given = {
              context,
              platforms: 'linux/amd64',
              builder: programOf(name),
              secrets: `token=${SECRET}`
            }
            const all = {...given, plan: formatPlan(plan), 'no-cache': 'true'}
            digests.push((await buildByDigest.run(parseInputs(buildByDigest.inputs, all), ports)).digest)
          } finally {
            ports.close()
            await builder.stop()
            rmSync(context, {recursive: true, force: true})
          }
        }
        await registry.stop()
        expect(digests[1]).toBe(digests[0])
      })
    })
  }
)

describe.each(BUILDX_DRIVERS)('%s that pushes by itself', (name, programs) => {
  describeWith(programs, 'really', () => {
    let open: Awaited<ReturnType<typeof startEmbedded>>
    let guarded: Awaited<ReturnType<typeof startEmbedded>>
    let builder: RealBuilder
    let ports: TestPorts

    beforeAll(async () => {
      open = await startEmbedded()
      guarded = await startEmbeddedWith('token')
      builder = await startBuilder(name, [open.host, guarded.host])
      ports = testPorts([open, guarded], {exec: builder.exec})
    })
    afterAll(async () => {
      ports.close()
      await builder.stop()
      await Promise.all([open.stop(), guarded.stop()])
    })
    const build = async (images: readonly string[], texts: Readonly<Record<string, string>>) => {
      const plan = planOf({images, version: '1.0.0', tags: []})
      const all = {context: 'examples/hello', platforms: 'linux/arm64', plan: formatPlan(plan), ...texts}
      return await buildByDigest.run(parseInputs(buildByDigest.inputs, all), ports)
    }

    it('gives the same digest as files do, and leaves it in the other registry too, without a tag', async () => {
      const images = [`${open.host}/org/a`, `${guarded.host}/org/a`]
      const native = await build(images, {export: 'native', 'no-cache': 'true'})
      expect(ports.reporter.lines).toContainEqual(
        `Export: buildx pushes to ${images[0]!}, and the others get it from there.`
      )
      const files = await build([`${open.host}/org/b`], {export: 'layout', 'no-cache': 'true'})
      expect(files.digest).toBe(native.digest)
      for (const image of images) {
        const {manifest} = await readContent(clientOf(ports, image), parseDigest(native.digest))
        expect(manifest.digest).toBe(native.digest)
        expect(await listTags(clientOf(ports, image))).toEqual([])
      }
    })

    it('leaves files where it has no login for the registry, and fails where files are not wanted', async () => {
      const images = [`${guarded.host}/org/c`]
      const {digest} = await build(images, {})
      expect(ports.reporter.notices).toContainEqual(expect.stringMatching(/could not push to .* by itself/))
      expect(await clientOf(ports, images[0]!).headManifest(parseDigest(digest))).toBeDefined()
      await expect(build(images, {export: 'native'})).rejects.toMatchObject({code: 'BUILD_FAILED'})
    })

    it('attests what it built where that is asked for', async () => {
      const image = `${open.host}/org/d`
      const {digest} = await build([image], {provenance: 'mode=max'})
      const {manifest} = await readContent(clientOf(ports, image), parseDigest(digest))
      const {manifests} = readManifest(manifest)
      expect(manifests.map(({platform}) => platform?.os)).toEqual(['linux', 'unknown'])
    })
  })
})
