import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {parseInputs} from '../../src/command/input.js'
import {parseDigest} from '../../src/oci/digest.js'
import {formatPlan} from '../../src/contracts/plan-format.js'
import {partsOf, sampleImage, writeLayout} from './layouts.js'
import {type FakeBuildah, fakeBuildah} from '../support/fake-buildah.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {startEmbedded, startEmbeddedWith} from '../support/registries.js'
import {clientOf, planOf} from '../support/releases.js'

describe('the inputs of build-by-digest', () => {
  let registries: Awaited<ReturnType<typeof startEmbedded>>[]
  let buildah: FakeBuildah
  let ports: TestPorts
  let images: string[]
  let folder: string

  beforeAll(async () => {
    registries = [await startEmbedded(), await startEmbeddedWith('token')]
    images = registries.map(({host}) => `${host}/org/app`)
    folder = mkdtempSync(path.join(tmpdir(), 'inputs-'))
  })
  afterAll(async () => {
    await Promise.all(registries.map(registry => registry.stop()))
    rmSync(folder, {recursive: true, force: true})
  })
  beforeEach(() => {
    buildah = fakeBuildah()
    const environment = (name: string): string | undefined => (name === 'TOKEN' ? 'from-variable' : undefined)
    ports = testPorts(registries, {exec: buildah.exec, environment})
  })
  afterEach(() => ports.close())

  const run = async (texts: Readonly<Record<string, string>>) => {
    const plan = planOf({images, version: '1.0.0', tags: []})
    const all = {plan: formatPlan(plan), platforms: 'linux/arm64', ...texts}
    return await buildByDigest.run(parseInputs(buildByDigest.inputs, all), ports)
  }
  const build = (texts: Readonly<Record<string, string>>) => run({context: 'examples/hello', ...texts})

  it.each<[string, Readonly<Record<string, string>>, string, RegExp]>([
    ['tags', {tags: 'o/app:1'}, 'tags', /is not taken\. .*merge-manifest moves all tags/],
    ['outputs', {outputs: 'type=local,dest=x'}, 'outputs', /is not taken\. .*docker buildx build --output/],
    ['load', {load: 'true'}, 'load', /is not taken/],
    ['call', {call: 'check'}, 'call', /--call=check in a step of its own/],
    ['push that is neither', {push: 'maybe'}, 'push', /neither true nor false/],
    ['an option in place of a value', {'add-hosts': '--output=x'}, 'add-hosts', /starts with a dash/],
    ['an unknown tier', {cache: 'gah'}, 'cache', /did you mean gha/],
    ['a secret that is none', {secrets: 'hunter2'}, 'secrets', /not shown/],
    [
      'a variable that is not set',
      {'secret-envs': 'a=NONE'},
      'secret-envs',
      /a: the variable NONE is not set/
    ],
    ['a file that is not there', {'secret-files': 'a=/none'}, 'secret-files', /a: there is no file "\/none"/],
    ['attestations of format docker', {format: 'docker', sbom: 'true'}, 'sbom', /needs format oci/],
    ['what only buildx knows', {allow: 'network.host'}, 'allow', /buildah has nothing like it, only buildx/],
    [
      'native export without buildx',
      {export: 'native'},
      'export',
      /\(native\), only buildx\. .*set it to auto or layout/
    ],
    ['prebuilt without a source', {builder: 'prebuilt'}, 'source', /is required with builder prebuilt/],
    [
      'a source and a builder',
      {source: 'x.tar', builder: 'podman'},
      'builder',
      /builds nothing where source/
    ],
    ['a source and its build', {source: 'x.tar', target: 'prod'}, 'target', /is built already/],
    ['a source that is not there', {source: 'none.tar'}, 'source', /there is no archive "none\.tar"/],
    ['zstd in format docker', {compression: 'zstd', format: 'docker'}, 'compression', /needs format oci/],
    ['a level that there is not', {'compression-level': '10'}, 'compression-level', /^10 is more than 9/],
    ['what only buildx packs', {compression: 'estargz'}, 'compression', /\(estargz\), only buildx/],
    ['a missing Containerfile', {file: 'none'}, 'file', /is not there/],
    ['an unknown platform', {platforms: 'linux/z80'}, 'platforms', /unknown architecture z80/]
  ])('refuse %s', async (_title, texts, input, message) => {
    const fault: unknown = await build(texts).then(
      () => undefined,
      (thrown: unknown) => thrown
    )
    expect(fault).toMatchObject({code: 'INPUT_INVALID'})
    const {issues} = fault as {issues: {input: string; message: string}[]}
    expect(issues.filter(issue => issue.input === input).map(issue => issue.message)).toContainEqual(
      expect.stringMatching(message)
    )
    expect(buildah.builds).toEqual([])
    expect(ports.records.size).toBe(0)
  })

  it.each([
    ['load', 'false'],
    ['call', 'build'],
    ['push', 'true'],
    ['provenance', 'false']
  ])('take %s that says nothing new: %s', async (name, value) => {
    expect((await build({[name]: value})).record).not.toBe('')
  })

  it('only build where push is false', async () => {
    const before = registries[0]!.registry.requests.length
    expect(await build({push: 'false'})).toMatchObject({record: '', images: ''})
    expect(registries[0]!.registry.requests).toHaveLength(before)
    expect(buildah.builds).toHaveLength(1)
  })

  it('reach the builder, secrets by file and variable only', async () => {
    await build({
      'add-hosts': 'a:1.2.3.4\nb:::1',
      network: 'host',
      'shm-size': '1g',
      ulimit: 'nofile=1:2',
      'build-contexts': 'lib=../lib',
      secrets: 'one=hunter2',
      'secret-envs': 'two=TOKEN',
      ssh: 'default'
    })
    const [line = ''] = buildah.builds
    expect(line).toContain(
      '--add-host a:1.2.3.4 --add-host b:::1 --build-context lib=../lib --network host --shm-size 1g --ulimit nofile=1:2 --secret id=one,src='
    )
    expect(line).toMatch(/ --secret id=two,env=TOKEN (?:--secret id=image-release-build-\S+ )?--ssh default/)
    expect(line).not.toMatch(/hunter2|from-variable/)
  })

  it.each<[Readonly<Record<string, string>>, boolean]>([
    [{rebuild: 'true'}, true],
    [{rebuild: 'false'}, false],
    [{'cache-mode': 'fresh', cache: 'registry'}, true]
  ])('build anew for %j: %s', async (texts, isFresh) => {
    await build(texts)
    expect(buildah.builds[0]!.includes('--no-cache --pull=always')).toBe(isFresh)
  })

  describe('with a source', () => {
    const arm64 = sampleImage({os: 'linux', architecture: 'arm64'})
    const layout = (): string =>
      writeLayout(mkdtempSync(path.join(folder, 'layout-')), [arm64.manifest], partsOf(arm64))

    it('push it everywhere and hand it over as any other', async () => {
      const outputs = await run({source: layout()})
      expect(outputs).toMatchObject({digest: arm64.manifest.digest, record: 'digest-app-linux-arm64'})
      expect(buildah.builds).toEqual([])
      for (const image of images)
        expect(await clientOf(ports, image).headManifest(parseDigest(outputs.digest))).toBeDefined()
      expect(ports.reporter.summaries.join()).toContain('prebuilt')
    })

    it('take it from a registry, by digest', async () => {
      const [first] = registries
      const from = `${first!.host}/other/tool`
      await buildByDigest.run(
        parseInputs(buildByDigest.inputs, {images: from, platforms: 'linux/arm64', source: layout()}),
        ports
      )
      const outputs = await run({source: `${from}@${arm64.manifest.digest}`})
      expect(outputs.digest).toBe(arm64.manifest.digest)
      expect(await clientOf(ports, images[1]!).headManifest(arm64.manifest.digest)).toBeDefined()
    })

    it('hand nothing over where it is for another platform', async () => {
      const source = layout()
      await expect(run({source, platforms: 'linux/amd64'})).rejects.toMatchObject({code: 'PLATFORM_MISMATCH'})
      writeFileSync(path.join(source, 'index.json'), '{}')
      await expect(run({source})).rejects.toMatchObject({code: 'LAYOUT_INVALID'})
      expect(ports.records.size).toBe(0)
    })
  })
})
