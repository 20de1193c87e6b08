import {mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest} from '@jest/globals'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {openActionsCaches} from '../../src/actions/actions-caches.js'
import {parseInputs} from '../../src/command/input.js'
import {formatPlan} from '../../src/contracts/plan-format.js'
import {describeWith} from '../support/components.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {type RealBuilder, startBuilder} from '../support/real-builders.js'
import {startEmbedded} from '../support/registries.js'
import {planOf} from '../support/releases.js'
import {type ResultsService, startResultsService} from '../support/results-service.js'

jest.setTimeout(120_000)

describe.each(['podman', 'buildah'] as const)('folders with steps of %s', name => {
  describeWith([name], 'really', () => {
    const before = {...process.env}
    let registry: Awaited<ReturnType<typeof startEmbedded>>
    let service: ResultsService
    let builder: RealBuilder
    let ports: TestPorts
    let folder: string
    const at = (file: string): string => path.join(folder, file)

    beforeAll(async () => {
      registry = await startEmbedded()
      builder = await startBuilder(name)
    })
    afterAll(async () => {
      await builder.stop()
      await registry.stop()
    })
    beforeEach(async () => {
      service = await startResultsService()
      Object.assign(process.env, service.env())
      folder = mkdtempSync(path.join(tmpdir(), 'steps-'))
      writeFileSync(at('Containerfile'), 'FROM scratch\nCOPY a /a\nCOPY b /b\n')
      writeFileSync(at('a'), 'a')
      writeFileSync(at('b'), name)
      builder = await builder.renew()
      ports = newPorts()
    })
    afterEach(async () => {
      ports.close()
      process.env = {...before}
      await service.stop()
      rmSync(folder, {recursive: true, force: true})
    })

    /** Of another run: it knows nothing of the first, and has nothing in its storage. */
    const newPorts = (): TestPorts =>
      testPorts([registry], {
        exec: (...args) => builder.exec(...args),
        caches: openActionsCaches(at('temp'))
      })
    const renew = async (): Promise<void> => {
      ports.close()
      builder = await builder.renew()
      ports = newPorts()
    }
    const build = async (
      cache: string | Readonly<Record<string, string>>,
      ref = 'refs/heads/main'
    ): Promise<string> => {
      const plan = planOf({images: [`${registry.host}/org/app`], version: '1.0.0', tags: []})
      const all = {
        context: folder,
        platforms: 'linux/arm64',
        builder: name,
        ...(typeof cache === 'string' ? {cache} : cache),
        plan: formatPlan({...plan, source: {...plan.source, ref}})
      }
      return (await buildByDigest.run(parseInputs(buildByDigest.inputs, all), ports)).digest
    }
    const hits = (): number =>
      ports.reporter.lines.filter(line => line.includes('Cache pulled from remote')).length
    const keys = (): string[] => service.caches().map(({key}) => key)

    it('are kept by GitHub: a second build with an empty storage finds what the first has made', async () => {
      const digest = await build('gha')
      expect([hits(), keys()]).toEqual([
        0,
        [expect.stringMatching(/^image-release-app-linux-arm64-[0-9a-f]{16}$/)]
      ])
      rmSync(at('temp'), {recursive: true})
      await renew()
      expect(await build('gha')).toBe(digest)
      expect(hits()).toBeGreaterThan(0)
      expect(ports.reporter.summaries.at(-1)).toMatch(
        /`type=gha,scope=app-linux-arm64` \| read \| found \| [1-9]\d* \| [1-9][\d.]* (?:B|KiB) \| – \|/
      )
      expect(keys()).toHaveLength(1)
    })

    it('have the scope of BuildKit where the line of build-push-action names none, and may be quoted', async () => {
      const flags = {'cache-from': 'type=gha', 'cache-to': 'type=gha,mode=max'}
      await build(flags)
      expect(keys()).toEqual([expect.stringMatching(/^image-release-buildkit-[0-9a-f]{16}$/)])
      await renew()
      await build(flags)
      expect(hits()).toBeGreaterThan(0)
      const place = `"type=local","dest=${at('with, comma')}"`
      await build({'cache-to': `"${place.replaceAll('"', '""')}"`})
      expect(readdirSync(at('with, comma'))).not.toEqual([])
    })

    it('hold no more than the last build had a use for', async () => {
      await build(`local=${at('steps')}`)
      const blobs = contentOf('steps')
      for (const text of ['second', 'third']) {
        writeFileSync(at('b'), text)
        await renew()
        await build(`local=${at('steps')}`)
        expect(hits()).toBeGreaterThan(0)
        expect(contentOf('steps')).toHaveLength(blobs.length)
      }
    })
    const contentOf = (place: string): string[] => {
      const [scope = ''] = readdirSync(at(place))
      return readdirSync(path.join(at(place), scope, 'content', 'sha256'))
    }

    it('are only read where the event writes none', async () => {
      await build('gha', 'refs/tags/v1.0.0')
      expect(keys()).toEqual([])
    })

    it('fail no build, whatever the service says', async () => {
      service.fail({method: 'CreateCacheEntry', status: 403})
      service.fail({method: 'GetCacheEntryDownloadURL', status: 403})
      expect(await build('gha\nlocal=/proc/none')).toMatch(/^sha256:/)
      expect(ports.reporter.warnings).toContainEqual(
        expect.stringMatching(/^The cache local=\/proc\/none.* is left out: /)
      )
    })
  })
})
