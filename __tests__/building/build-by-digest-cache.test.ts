import {cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it as itHere, jest} from '@jest/globals'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {parseInputs} from '../../src/command/input.js'
import type {Plan} from '../../src/contracts/plan.js'
import {formatPlan} from '../../src/contracts/plan-format.js'
import {listTags} from '../../src/registry/client/tag-list.js'
import {describeWith, itOnRootFilesystem, rootFilesystem} from '../support/components.js'
import {type TestPorts, tagPush, testPorts} from '../support/ports.js'
import {BUILDX_DRIVERS, type RealBuilder, startBuilder} from '../support/real-builders.js'
import {startEmbedded} from '../support/registries.js'
import {clientOf, planOf, releaseTags} from '../support/releases.js'
import {type ResultsService, startResultsService} from '../support/results-service.js'
import {richContext} from '../support/rich-context.js'

// Every test builds twice, on another machine each time.
jest.setTimeout(120_000)

const OWN = process.arch === 'arm64' ? 'arm64' : 'amd64'
const it = itOnRootFilesystem(OWN)

describe.each(BUILDX_DRIVERS)('caches of %s', (name, programs) => {
  /** What is decided before BuildKit hears of it is the same for each driver. */
  const itOfOneDriver = name === 'buildx' ? it : undefined
  describeWith(programs, 'really', () => {
    let registry: Awaited<ReturnType<typeof startEmbedded>>
    let service: ResultsService
    let builder: RealBuilder
    let ports: TestPorts
    let context: string
    let folder: string
    let image: string
    let number = 0

    beforeAll(async () => {
      registry = await startEmbedded()
      service = await startResultsService()
      context = richContext(true)
      folder = mkdtempSync(path.join(tmpdir(), 'cache-'))
      builder = await startBuilder(name, [registry.host], service.env())
    })
    afterAll(async () => {
      await builder.stop()
      await service.stop()
      await registry.stop()
      for (const made of [context, folder]) rmSync(made, {recursive: true, force: true})
    })
    beforeEach(() => {
      number += 1
      image = `${registry.host}/org/app${number}`
      ports = openPorts()
    })
    afterEach(() => ports.close())

    const openPorts = (changes: Partial<TestPorts> = {}): TestPorts =>
      testPorts([registry], {
        exec: (...args) => builder.exec(...args),
        environment: name => service.env()[name],
        ...changes
      })

    const build = async (
      texts: Readonly<Record<string, string>>,
      source: Partial<Plan['source']> = {ref: 'refs/heads/main'},
      push = true
    ) => {
      const plan = planOf({images: [image], version: '1.0.0', tags: releaseTags('1.0.0')})
      const all = {
        context,
        plan: formatPlan({...plan, push, source: {...plan.source, ...source}}),
        platforms: `linux/${OWN}`,
        builder: 'buildx',
        secrets: 'token=not-looked-at',
        ...texts
      }
      return await buildByDigest.run(parseInputs(buildByDigest.inputs, all), ports)
    }
    /** Steps that came from a cache in the last build, by its log. */
    const cachedSteps = (): number => ports.reporter.lines.filter(line => / CACHED$/.test(line)).length
    /** What the summary of the last build says of a cache: steps and bytes. */
    const told = (tier: string, direction: 'read' | 'written'): string[] => {
      const row = ports.reporter.summaries
        .at(-1)
        ?.split('\n')
        .find(line => line.includes(tier) && line.includes(`| ${direction} |`))
      return (
        row
          ?.split('|')
          .slice(3, 7)
          .map(cell => cell.trim()) ?? []
      )
    }
    const BYTES = expect.stringMatching(/^[1-9][\d.]* (?:B|KiB|MiB)$/)
    const TIME = expect.stringMatching(/^[\d.]+ s$/)
    const renew = async (): Promise<void> => {
      builder = await builder.renew()
      ports.reporter.lines.length = 0
    }

    itOfOneDriver?.each([
      [
        'workflow_run after a pull request of a fork',
        {event: 'workflow_run', fork: true, follows: {event: 'pull_request'}}
      ],
      ['pull_request_target of a fork', {event: 'pull_request_target', fork: true}]
    ])(
      'hold nothing of a stranger on main afterwards, though it had the ref of main: %s',
      async (_, facts) => {
        const place = path.join(folder, `poisoned-${number}`)
        const cache = `gha=poisoned-${number}\nregistry\nlocal=${place}`
        const before = service.caches().length
        const run = {...tagPush('v1.0.0'), ref: 'refs/heads/main', ...facts}
        ports.close()
        ports = openPorts({
          workflowRun: () => Promise.resolve(run),
          environment: name => (name === 'GITHUB_EVENT_NAME' ? facts.event : service.env()[name])
        })
        // What the workflow asks for besides counts for nothing in such a run.
        const written = `type=local,dest=${place}/written`
        const texts = {
          cache,
          'cache-mode': 'read-write',
          'cache-to': written,
          'build-args': 'VERSION=hostile'
        }
        await build(texts, {event: facts.event, ref: 'refs/heads/main'}, false)
        expect(service.caches()).toHaveLength(before)
        expect(existsSync(place)).toBe(false)
        expect(await listTags(clientOf(ports, `${image}-build-cache`))).toEqual([])
        ports.close()
        ports = openPorts()
        await renew()
        await build({cache})
        expect(cachedSteps()).toBe(0)
        // The same caches work: another run of main hits what this one left.
        await renew()
        await build({cache})
        expect(cachedSteps()).toBeGreaterThan(5)
      }
    )

    it('hit in a second build on another machine: gha, with a scope for target and platform', async () => {
      await renew()
      const {digest} = await build({cache: 'gha'})
      expect(cachedSteps()).toBe(0)
      expect(service.caches().map(({key}) => key)).toContainEqual(expect.stringContaining(`app-linux-${OWN}`))
      await renew()
      const again = await build({cache: 'gha'})
      expect(cachedSteps()).toBeGreaterThan(5)
      expect(again.digest).toBe(digest)
    })

    it('hit: registry, in one image for target and platform beside that which is released', async () => {
      await build({cache: 'registry'})
      expect(await listTags(clientOf(ports, `${image}-build-cache`))).toEqual([`app-linux-${OWN}`])
      expect(await listTags(clientOf(ports, image))).toEqual([])
      const cache = `type=registry,ref=${image}-build-cache:app-linux-${OWN}`
      expect(told(cache, 'written')).toEqual([expect.stringMatching(/^\d+ layers$/), '–', BYTES, TIME])
      await renew()
      await build({cache: 'registry'})
      expect(cachedSteps()).toBeGreaterThan(5)
      expect(told(cache, 'read')).toEqual(['found', String(cachedSteps()), expect.anything(), TIME])
    })

    it('hit: local, in a folder for target and platform', async () => {
      await build({cache: `local=${folder}`})
      expect(told('type=local', 'written')).toEqual([expect.stringMatching(/^\d+ layers$/), '–', BYTES, TIME])
      await renew()
      // One step more is built, on what the cache gives.
      await build({cache: `local=${folder}`, 'build-args': 'GREETING=changed'})
      expect(cachedSteps()).toBeGreaterThan(0)
      expect(told('type=local', 'read')).toEqual(['found', expect.stringMatching(/^[1-9]\d*$/), BYTES, TIME])
    })

    itOfOneDriver?.('hit: the previous image, where it was built with inline', async () => {
      const {images} = await build({cache: 'inline'})
      const client = clientOf(ports, image)
      const {parseTag} = await import('../../src/oci/reference.js')
      const {parseDigest} = await import('../../src/oci/digest.js')
      const manifest = await client.getManifest(parseDigest(images.split('@')[1]!))
      await client.putManifest(manifest, parseTag('latest'))
      await renew()
      await build({cache: 'previous'})
      expect(cachedSteps()).toBeGreaterThan(0)
    })

    it('never fail a build, whatever is wrong with them', async () => {
      service.fail({method: 'CreateCacheEntry', status: 403})
      service.fail({method: 'GetCacheEntryDownloadURL', status: 403})
      const {digest} = await build({
        cache: 'gha=broken\nregistry=127.0.0.1:9/none:cache\nprevious=none\ninline\nlocal=/proc/none'
      })
      expect(digest).toMatch(/^sha256:/)
      expect(ports.reporter.warnings).toContainEqual(expect.stringContaining('The cache in /proc/none'))
      for (const direction of ['read', 'written'])
        for (const tier of ['type=registry,ref=127\\.0\\.0\\.1:9/none:cache', 'type=gha,scope=broken'])
          expect(ports.reporter.warnings).toContainEqual(
            // BuildKit may lose the line of an end where two caches are written at once: then that is what is said.
            expect.stringMatching(
              new RegExp(
                `^(?:The cache ${tier} could not be ${direction}: |Whether the cache ${tier} was ${direction} is not known: ).*its line in cache`
              )
            )
          )
      expect(ports.reporter.summaries.at(-1)).toContain('nothing there yet')
    })

    it('are left out before the build where the token of gha is none, over which BuildKit fails it', async () => {
      const token = 'not-a-token'
      const env = {...service.env(), ACTIONS_RUNTIME_TOKEN: token}
      ports.close()
      ports = openPorts({
        exec: (program, args, options) =>
          builder.exec(program, args, {...options, env: {...options?.env, ...env}}),
        environment: name => env[name as keyof typeof env]
      })
      const {digest} = await build({cache: `gha=odd\nlocal=${folder}/odd`})
      expect(digest).toMatch(/^sha256:/)
      expect(ports.reporter.warnings.filter(line => line.includes('type=gha'))).toEqual(
        ['read', 'written'].map(
          direction =>
            expect.stringMatching(
              new RegExp(
                `^The cache type=gha,scope=odd could not be ${direction}: ACTIONS_RUNTIME_TOKEN is no token`
              )
            ) as unknown
        )
      )
      expect(ports.reporter.summaries.at(-1)).toContain('is no token')
      expect(existsSync(`${folder}/odd`)).toBe(true)
    })

    itOfOneDriver?.('leave what a cache mount keeps, packages of apt say, for the next build', async () => {
      const apt = path.join(folder, 'apt')
      mkdirSync(apt)
      cpSync(rootFilesystem(OWN), path.join(apt, 'base.tar'))
      writeFileSync(
        path.join(apt, 'Containerfile'),
        `FROM scratch
ADD base.tar /
ENV PATH=/bin
ARG VERSION
RUN --mount=type=cache,target=/var/cache/apt echo $VERSION >> /var/cache/apt/list; echo "packages: $(wc -l < /var/cache/apt/list)"
`
      )
      for (const version of ['1', '2'])
        await build({context: apt, 'build-args': `VERSION=${version}`, secrets: ''})
      const said = ports.reporter.lines.flatMap(line => /packages: (\d+)$/.exec(line)?.[1] ?? [])
      expect(said).toEqual(['1', '2'])
    })

    itOfOneDriver?.each([
      ['a pull request is built anew and apart', {event: 'pull_request', ref: 'refs/pull/1/merge'}, 0, true],
      ['a Git tag reads only', {ref: 'refs/tags/v1.0.0'}, 1, false],
      ['a schedule is built anew and writes', {event: 'schedule'}, 1, true]
    ] as const)('%s', async (_title, source, flags, fresh) => {
      await build({cache: `local=${folder}`}, source)
      const call = builder.calls.findLast(line => line.includes(' build '))!
      expect(call.match(/--cache-(?:from|to) /g) ?? []).toHaveLength(flags)
      expect(call.includes('--no-cache --pull')).toBe(fresh)
      expect(ports.reporter.lines).toContainEqual(expect.stringMatching(/^Caches: /))
    })
  })
})

describe.each(['podman', 'buildah'] as const)('caches of %s', name => {
  describeWith([name], 'in a registry', () => {
    let registry: Awaited<ReturnType<typeof startEmbedded>>
    let builder: RealBuilder
    let ports: TestPorts
    let context: string

    beforeAll(async () => {
      registry = await startEmbedded()
      builder = await startBuilder(name)
      ports = testPorts([registry], {exec: (...args) => builder.exec(...args)})
      // buildah 1.28 does not find a first step that adds nothing to an empty base.
      context = mkdtempSync(path.join(tmpdir(), 'steps-'))
      writeFileSync(path.join(context, 'a'), 'a')
      writeFileSync(path.join(context, 'Containerfile'), 'FROM scratch\nCOPY a /a\nCOPY a /b\n')
    })
    afterAll(async () => {
      rmSync(context, {recursive: true, force: true})
      ports.close()
      await builder.stop()
      await registry.stop()
    })

    const build = async (cache: string) => {
      const plan = planOf({images: [`${registry.host}/org/app`], version: '1.0.0', tags: []})
      const source = {...plan.source, ref: 'refs/heads/main'}
      const texts = {context, platforms: 'linux/arm64', builder: name, cache}
      const all = {...texts, plan: formatPlan({...plan, source})}
      return await buildByDigest.run(parseInputs(buildByDigest.inputs, all), ports)
    }

    itHere('hit in a second build on another machine, and others are left out', async () => {
      await build('inline\nregistry')
      expect(ports.reporter.notices).toContainEqual(expect.stringContaining('without the cache inline'))
      const tags = await listTags(clientOf(ports, `${registry.host}/org/app-build-cache/app-linux-arm64`))
      expect(tags.length).toBeGreaterThan(0)
      builder = await builder.renew()
      ports.reporter.lines.length = 0
      await build('registry')
      expect(ports.reporter.lines.join('\n')).toMatch(/Cache pulled from remote/)
    })

    itHere('do not fail a build that they cannot be written in', async () => {
      builder = await builder.renew()
      const {digest} = await build('registry=127.0.0.1:9/none/c:x')
      expect(digest).toMatch(/^sha256:/)
      expect(ports.reporter.warnings).toContainEqual(expect.stringContaining('cannot write the cache'))
    })
  })
})
