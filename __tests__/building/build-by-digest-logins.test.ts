import {afterAll, beforeAll, describe, expect, it, jest} from '@jest/globals'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {parseInputs} from '../../src/command/input.js'
import {parseDigest} from '../../src/oci/digest.js'
import {formatPlan} from '../../src/contracts/plan-format.js'
import {describeWith} from '../support/components.js'
import {testPorts} from '../support/ports.js'
import {BUILDERS, type RealBuilder, programOf, startBuilder} from '../support/real-builders.js'
import {PUBLISHER, type RunningRegistry, startEmbeddedWith} from '../support/registries.js'
import {readContent} from '../support/registry-content.js'
import {clientOf, planOf} from '../support/releases.js'

jest.setTimeout(120_000)

describe.each(BUILDERS)('%s, where the base image needs a login', (name, programs) => {
  describeWith(programs, 'really', () => {
    let registry: RunningRegistry
    let builder: RealBuilder
    let base: string

    beforeAll(async () => {
      registry = await startEmbeddedWith('token')
      builder = await startBuilder(name, [registry.host])
      base = (await build({context: 'examples/hello'}, {isLoggedIn: true})).images
    })
    afterAll(async () => {
      await builder.stop()
      await registry.stop()
    })

    const login = () => `${registry.host}=${PUBLISHER.username}:${PUBLISHER.password}`
    const build = async (
      texts: Readonly<Record<string, string>>,
      {isLoggedIn = false, labels = {}}: {isLoggedIn?: boolean; labels?: Record<string, string>} = {}
    ) => {
      const ports = testPorts(isLoggedIn ? [registry] : [], {
        exec: builder.exec,
        environment: variable => builder.env[variable]
      })
      const plan = planOf({images: [`${registry.host}/org/app`], version: '1.0.0', tags: []})
      const targets = plan.targets.map(target => ({...target, labels: {...target.labels, ...labels}}))
      const all = {
        plan: formatPlan({...plan, targets}),
        platforms: 'linux/amd64',
        builder: programOf(name),
        context: '__tests__/fixtures/on-a-base',
        ...texts
      }
      try {
        return await buildByDigest.run(parseInputs(buildByDigest.inputs, all), ports)
      } finally {
        ports.close()
      }
    }
    const configOf = async (digest: string) => {
      const ports = testPorts([registry])
      try {
        return (await readContent(clientOf(ports, `${registry.host}/org/app`), parseDigest(digest))).config
      } finally {
        ports.close()
      }
    }

    it('is fetched with the login of the inputs, which is in no argument', async () => {
      builder.calls.length = 0
      await expect(
        build({'registry-credentials': login(), 'build-args': `BASE=${base}`})
      ).resolves.toHaveProperty('digest')
      // A build's own mark is a secret that no step asks for: the word in the name of that flag is no password.
      const said = builder.calls.join('\n').replaceAll('--secret id=', '')
      expect(said).not.toContain(PUBLISHER.password)
      if (programOf(name) === 'buildx') expect(builder.calls.join('\n')).toContain('push-by-digest=true')
    })

    it('lets an empty label of the plan hide none of the Containerfile', async () => {
      const {digest} = await build(
        {'registry-credentials': login(), 'build-args': `BASE=${base}`},
        {labels: {'org.opencontainers.image.licenses': '', 'org.opencontainers.image.title': 'app'}}
      )
      expect(await configOf(digest)).toMatchObject({
        config: {
          Labels: {'org.opencontainers.image.licenses': 'MIT', 'org.opencontainers.image.title': 'app'}
        }
      })
    })
  })
})
