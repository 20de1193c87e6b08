import {rmSync} from 'node:fs'
import {afterAll, beforeAll, describe, expect} from '@jest/globals'
import {buildByDigest} from '../../src/commands/build-by-digest.js'
import {parseInputs} from '../../src/inputs/input.js'
import {parseDigest} from '../../src/oci/digest.js'
import {formatPlan} from '../../src/plan/plan-format.js'
import {listTags} from '../../src/registry/tag-list.js'
import {describeWith, itOnRootFilesystem} from '../support/components.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {BUILDERS, type RealBuilder, startBuilder} from '../support/real-builders.js'
import {
  DISTRIBUTION_2,
  DISTRIBUTION_3,
  type RunningRegistry,
  startDistribution2,
  startDistribution3
} from '../support/registries.js'
import {type RegistryContent, readContent} from '../support/registry-content.js'
import {clientOf, planOf, releaseTags} from '../support/releases.js'
import {richContext} from '../support/rich-context.js'

const SECRET = 's3cret-of-the-build-0815'
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
      context = richContext(name === 'buildx')
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
        builder: name,
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
