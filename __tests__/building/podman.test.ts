import {cpSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import type {Builder, BuildRequest} from '../../src/building/builders/builder.js'
import {chooseBuilder} from '../../src/building/builders/builder-choice.js'
import {readBuiltImage} from '../../src/building/builders/built-image.js'
import {readManifest} from '../../src/oci/manifest.js'
import {DOCKER_LAYER_GZIP, DOCKER_MANIFEST, OCI_LAYER_GZIP, OCI_MANIFEST} from '../../src/oci/media-type.js'
import {formatPlatform, parsePlatform} from '../../src/oci/platform.js'
import {builderPorts, execWithEnvironment, scriptedExec} from '../support/builder-ports.js'
import {
  ROOT_FILESYSTEM,
  describeWith,
  hasRootFilesystem,
  itWhere,
  rootFilesystem
} from '../support/components.js'
import {type ContainerStorage, makeContainerStorage} from '../support/container-storage.js'
import {STORING_BUILDERS, isRecent, programOf} from '../support/real-builders.js'
import {partsOf, sampleImage, writeLayout} from './layouts.js'
import {buildRequest} from './requests.js'

const HELLO = 'examples/hello'
/** This machine's own platform, for which RUN needs no emulation, and a file system with a shell for it. */
const OWN = parsePlatform(`linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`)
const ROOTFS = rootFilesystem(OWN.architecture)

describe.each(STORING_BUILDERS)('%s', (name, programs) => {
  const program = programOf(name)
  describeWith(programs, 'really', () => {
    let folder: string
    let storage: ContainerStorage
    let count = 0

    beforeAll(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'podman-test-'))
      storage = makeContainerStorage({isRecent: isRecent(name)})
    })
    afterAll(() => {
      storage.remove()
      rmSync(folder, {recursive: true, force: true})
    })

    const request = (changes: Partial<BuildRequest>): BuildRequest =>
      buildRequest({context: HELLO, outputFolder: path.join(folder, String(count++)), ...changes})
    const ports = (env: Record<string, string> = {}): ReturnType<typeof builderPorts> =>
      builderPorts(execWithEnvironment({...storage.env, ...env}))
    const builder = async (with_ = ports()): Promise<Builder> => (await chooseBuilder(program, with_)).builder
    const context = (containerfile: string): string => {
      const made = mkdtempSync(path.join(folder, 'context-'))
      writeFileSync(path.join(made, 'Containerfile'), containerfile)
      return made
    }

    it.each([
      ['linux/amd64', 'oci', OCI_MANIFEST, OCI_LAYER_GZIP],
      ['linux/arm64', 'oci', OCI_MANIFEST, OCI_LAYER_GZIP],
      ['linux/amd64', 'docker', DOCKER_MANIFEST, DOCKER_LAYER_GZIP],
      ['linux/arm64', 'docker', DOCKER_MANIFEST, DOCKER_LAYER_GZIP]
    ] as const)('builds %s, format %s', async (platform, format, manifestType, layerType) => {
      const built = await (await builder()).build(request({platform: parsePlatform(platform), format}))
      const document = readManifest(built.root)
      const {config} = await readBuiltImage(built)
      expect(built.root.mediaType).toBe(manifestType)
      expect(document.layers.map(({mediaType}) => mediaType)).toEqual([layerType, layerType])
      expect(formatPlatform(config.platform)).toBe(platform)
      expect(config.hasHealthcheck).toBe(format === 'docker')
    })

    it('leaves no name in the storage', async () => {
      const with_ = ports()
      await (await builder(with_)).build(request({}))
      const {stdout} = await with_.exec(program, ['images', '--format', '{{.Repository}}'])
      expect(stdout.replaceAll('<none>', '').trim()).toBe('')
    })

    it('says that a health check is lost', async () => {
      const with_ = ports()
      await (await builder(with_)).build(request({format: 'oci'}))
      expect(with_.lines).toContainEqual(expect.stringMatching(/^warning: HEALTHCHECK is lost/))
    })

    it('gives the same digest again for the same source and date', async () => {
      const copy = path.join(folder, 'copy')
      cpSync(HELLO, copy, {recursive: true})
      const dated = {sourceDateEpoch: 1_700_000_000, labels: {a: 'b'}, noCache: true}
      const first = await (await builder()).build(request(dated))
      const second = await (await builder()).build(request({...dated, context: copy}))
      expect(second.root.digest).toBe(first.root.digest)
    })

    it('gives the same digest beside a build for another platform', async () => {
      const shared = context(
        'FROM scratch\nARG OF_ALL_PLATFORMS\nARG TARGETARCH\nCOPY Containerfile /$TARGETARCH\n'
      )
      const dated = {
        sourceDateEpoch: 1_700_000_000,
        labels: {},
        platform: parsePlatform('linux/arm64'),
        context: shared
      }
      const alone = await (await builder()).build(request({...dated, noCache: true}))
      // Its first steps are the same for each platform.
      const kept = ['--layers', '--format', 'oci', '--platform', 'linux/amd64', '--timestamp', '1700000000']
      expect((await ports().exec(program, ['build', ...kept, '--tag', 'kept', shared])).exitCode).toBe(0)
      const beside = await (await builder()).build(request(dated))
      expect((await ports().exec(program, ['rmi', 'kept'])).exitCode).toBe(0)
      expect(beside.root.digest).toBe(alone.root.digest)
    })

    it('takes no image of another platform or with other arguments from its storage', async () => {
      const text =
        'FROM scratch AS app\nARG V\nCOPY Containerfile /\nLABEL v=$V\nFROM scratch\nCOPY Containerfile /b\n'
      const shared = {context: context(text), target: 'app'}
      // It stays in the storage, as that of a build does which runs beside the next.
      const kept = ['--tag', 'kept', '--platform', 'linux/amd64', '--target', 'app', '--build-arg', 'V=one']
      const {exitCode} = await ports().exec(program, [
        ...['build', '--layers', '--format', 'oci', ...kept, shared.context]
      ])
      expect(exitCode).toBe(0)
      for (const [platform, v] of [
        ['linux/arm64', 'one'],
        ['linux/amd64', 'two']
      ] as const) {
        const asked = request({...shared, platform: parsePlatform(platform), buildArgs: [`V=${v}`]})
        const built = await (await builder()).build(asked)
        const {config, configDigest} = await readBuiltImage(built)
        expect(formatPlatform(config.platform)).toBe(platform)
        const bytes = (await built.blob(configDigest).open().toArray()).join('')
        expect(JSON.parse(bytes)).toMatchObject({config: {Labels: {v}}})
      }
      expect((await ports().exec(program, ['rmi', 'kept'])).exitCode).toBe(0)
    })

    it('writes labels and annotations', async () => {
      const built = await (
        await builder()
      ).build(request({labels: {'org.example.label': 'x=y'}, annotations: {'org.example.note': 'a, b'}}))
      expect(readManifest(built.root).annotations).toMatchObject({'org.example.note': 'a, b'})
      const config = built.blob(readManifest(built.root).config!.digest)
      const text = (await config.open().toArray()).join('')
      expect(JSON.parse(text)).toMatchObject({config: {Labels: {'org.example.label': 'x=y'}}})
    })

    it('says what failed, with exit code and last lines', async () => {
      const made = context('FROM scratch\nCOPY nothing /\n')
      const failed = (await builder()).build(request({context: made}))
      await expect(failed).rejects.toMatchObject({
        code: 'BUILD_FAILED',
        exitCode: expect.any(Number),
        message: expect.stringMatching(
          new RegExp(
            `^${program} could not build .* for linux/amd64 \\(exit code \\d+\\): building at STEP "COPY nothing /"`
          )
        )
      })
    })

    it('names a stage that is not there', async () =>
      expect((await builder()).build(request({target: 'none'}))).rejects.toMatchObject({
        code: 'BUILD_FAILED',
        message: expect.stringContaining('"none"'),
        hint: expect.stringContaining('target')
      }))

    it.each([
      ['context', {context: '/nowhere'}],
      ['file', {file: 'none'}]
    ])('checks the %s before it builds', async (input, changes) =>
      expect((await builder()).build(request(changes))).rejects.toMatchObject({issues: [{input}]})
    )

    it('stops when it is cancelled', async () => {
      const controller = new AbortController()
      const cancelled = await chooseBuilder(
        program,
        builderPorts(execWithEnvironment(storage.env), controller.signal)
      )
      controller.abort()
      await expect(cancelled.builder.build(request({}))).rejects.toMatchObject({code: 'CANCELLED'})
    })

    const isPossible = hasRootFilesystem(OWN.architecture) && process.getuid?.() === 0
    const itRuns = itWhere(isPossible, `root, ${ROOT_FILESYSTEM}`)
    const withBase = (run: string): string => {
      const made = context(`FROM scratch AS base\nADD base.tar /\nENV PATH=/bin\nFROM base\nRUN ${run}\n`)
      cpSync(ROOTFS, path.join(made, 'base.tar'))
      return made
    }

    itRuns('runs programs, isolated by chroot where the machine can make no containers', async () => {
      const with_ = ports({BUILDAH_ISOLATION: '', CONTAINERS_CONF: brokenRuntime(folder)})
      const built = await (
        await builder(with_)
      ).build(request({platform: OWN, context: withBase('echo hi > /hi')}))
      expect(readManifest(built.root).layers).toHaveLength(2)
      expect(with_.lines).toContainEqual(expect.stringMatching(/^notice: .*chroot/))
    })

    itRuns('does not run twice what fails by itself', async () => {
      const with_ = ports()
      const failed = (await builder(with_)).build(
        request({platform: OWN, context: withBase('echo oops >&2; exit 3')})
      )
      await expect(failed).rejects.toMatchObject({
        code: 'BUILD_FAILED',
        message: expect.stringContaining('oops')
      })
      expect(with_.lines).not.toContainEqual(expect.stringMatching(/^notice: .*chroot/))
    })
  })
})

/** A configuration whose runtime for containers cannot make any; podman 5 may raise no limit here. */
function brokenRuntime(folder: string): string {
  const file = path.join(folder, 'broken.conf')
  writeFileSync(
    file,
    `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "broken"
cgroup_manager = "cgroupfs"
[engine.runtimes]
broken = ["/bin/false"]
`
  )
  return file
}

describe('PodmanBuilder', () => {
  it('refuses an image of another platform, and takes the local name away', async () => {
    const outputFolder = mkdtempSync(path.join(tmpdir(), 'podman-wrong-'))
    const exec = scriptedExec({
      'buildah --version': 'buildah version 1.28.2',
      'buildah build': '',
      'buildah rmi': ''
    })
    const {builder} = await chooseBuilder('buildah', {
      ...builderPorts(exec),
      exec: (command, args, options) => {
        if (args[0] !== 'push') return exec(command, args, options)
        const image = sampleImage({os: 'linux', architecture: 'amd64'})
        writeLayout(path.join(outputFolder, 'image'), [image.manifest], partsOf(image))
        return Promise.resolve({exitCode: 0, stdout: '', stderr: ''})
      }
    })
    await expect(
      builder.build(buildRequest({context: HELLO, outputFolder, platform: parsePlatform('linux/arm64')}))
    ).rejects.toMatchObject({
      code: 'PLATFORM_MISMATCH',
      message: 'buildah was asked for linux/arm64, but the image is for linux/amd64'
    })
    expect(exec.calls.at(-1)).toMatch(/^buildah rmi localhost\/image-release-build:/)
    rmSync(outputFolder, {recursive: true})
  })

  const LOST_BASE =
    'Error: creating build container: locating pulled image "docker.io/library/busybox:1.37" name in containers storage: docker.io/library/busybox:1.37: image not known'
  const LOST_IMAGE =
    'Error: pushing image "localhost/image-release-build:1" to "oci:/o:image": localhost/image-release-build:1: image not known'
  it.each([
    ['base image', {step: 'build', fault: LOST_BASE}, 2, 'done'],
    ['base image', {step: 'build', fault: LOST_BASE}, 9, 'BUILD_FAILED'],
    ['image', {step: 'push', fault: LOST_IMAGE}, 2, 'done'],
    ['image', {step: 'push', fault: LOST_IMAGE}, 9, 'BUILD_FAILED']
  ])('builds again where another build took its %s away: %j', async (_, {step, fault}, times, outcome) => {
    const outputFolder = mkdtempSync(path.join(tmpdir(), 'podman-race-'))
    const state = {builds: 0, faults: 0}
    const script = scriptedExec({'buildah --version': 'buildah version 1.28.2', 'buildah rmi': ''})
    const ports = builderPorts(async (command, args, options) => {
      if (args[0] === 'build') state.builds += 1
      if (args[0] === step && state.faults++ < times) return {exitCode: 125, stdout: '', stderr: fault}
      if (args[0] === 'push') {
        const image = sampleImage({os: 'linux', architecture: 'amd64'})
        writeLayout(path.join(outputFolder, 'image'), [image.manifest], partsOf(image))
      } else if (args[0] !== 'build') return await script(command, args, options)
      return {exitCode: 0, stdout: '', stderr: ''}
    })
    const {builder} = await chooseBuilder('buildah', ports)
    const built = builder.build(buildRequest({context: HELLO, outputFolder})).then(() => 'done')
    expect(await built.catch((error: unknown) => (error as {code: string}).code)).toBe(outcome)
    expect(state.builds).toBe(Math.min(times + 1, 4))
    expect(ports.lines.filter(line => line.includes('Another build'))).toHaveLength(Math.min(times, 3))
    rmSync(outputFolder, {recursive: true})
  })

  it('fails where the builder leaves nothing', async () => {
    const outputFolder = mkdtempSync(path.join(tmpdir(), 'podman-none-'))
    const exec = scriptedExec({'podman --version': 'podman version 5.0.0', podman: ''})
    const {builder} = await chooseBuilder('podman', builderPorts(exec))
    await expect(builder.build(buildRequest({context: HELLO, outputFolder}))).rejects.toMatchObject({
      code: 'LAYOUT_INVALID',
      message: expect.stringContaining('oci-layout: it is missing')
    })
    rmSync(outputFolder, {recursive: true})
  })
})
