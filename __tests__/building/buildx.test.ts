import {cpSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, expect, it} from '@jest/globals'
import type {Builder, BuildRequest} from '../../src/building/builders/builder.js'
import {chooseBuilder} from '../../src/building/builders/builder-choice.js'
import {readBuiltImage} from '../../src/building/builders/built-image.js'
import {readManifest} from '../../src/oci/manifest.js'
import {
  DOCKER_CONFIG,
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
  OCI_CONFIG,
  OCI_LAYER_GZIP,
  OCI_MANIFEST
} from '../../src/oci/media-type.js'
import {formatPlatform, parsePlatform} from '../../src/oci/platform.js'
import {builderPorts, execWithEnvironment} from '../support/builder-ports.js'
import {type BuildKit, startBuildKit} from '../support/buildkit.js'
import {describeWith, itOnRootFilesystem, rootFilesystem} from '../support/components.js'
import {buildRequest} from './requests.js'

const HELLO = 'examples/hello'
const OWN = parsePlatform(`linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`)
const ROOTFS = rootFilesystem(OWN.architecture)

describeWith(['buildkitd', 'docker-buildx'], 'buildx with a BuildKit of its own', () => {
  let folder: string
  let buildKit: BuildKit
  let builder: Builder
  let count = 0

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'buildx-test-'))
    buildKit = await startBuildKit()
    builder = (await chooseBuilder('auto', builderPorts(execWithEnvironment(buildKit.env)))).builder
  })
  afterAll(async () => {
    await buildKit.stop()
    rmSync(folder, {recursive: true, force: true})
  })

  const request = (changes: Partial<BuildRequest>): BuildRequest =>
    buildRequest({context: HELLO, outputFolder: path.join(folder, String(count++)), ...changes})
  const context = (containerfile: string): string => {
    const made = mkdtempSync(path.join(folder, 'context-'))
    writeFileSync(path.join(made, 'Containerfile'), containerfile)
    return made
  }

  it('is chosen where it runs', async () => {
    const ports = builderPorts(execWithEnvironment(buildKit.env))
    const choice = await chooseBuilder('auto', ports)
    expect(choice.builder.name).toBe('buildx')
    expect(choice.reason).toMatch(/ is used with its builder test \(driver remote\)$/)
    await expect(chooseBuilder('buildx:none', ports)).rejects.toMatchObject({
      code: 'BUILDER_MISSING',
      message: expect.stringContaining('no builder none')
    })
  })

  it.each([
    ['linux/amd64', 'oci', [OCI_MANIFEST, OCI_CONFIG, OCI_LAYER_GZIP]],
    ['linux/arm64', 'oci', [OCI_MANIFEST, OCI_CONFIG, OCI_LAYER_GZIP]],
    ['linux/amd64', 'docker', [DOCKER_MANIFEST, DOCKER_CONFIG, DOCKER_LAYER_GZIP]],
    ['linux/arm64', 'docker', [DOCKER_MANIFEST, DOCKER_CONFIG, DOCKER_LAYER_GZIP]]
  ] as const)(
    'builds %s, format %s, with its health check',
    async (platform, format, [manifest, config, layer]) => {
      const built = await builder.build(request({platform: parsePlatform(platform), format}))
      const document = readManifest(built.root)
      expect(built.manifests).toHaveLength(1)
      expect(built.root.mediaType).toBe(manifest)
      expect(document.config?.mediaType).toBe(config)
      expect(document.layers.map(({mediaType}) => mediaType)).toEqual([layer, layer])
      const {config: read} = await readBuiltImage(built)
      expect(formatPlatform(read.platform)).toBe(platform)
      expect(read.hasHealthcheck).toBe(true)
    }
  )

  it('gives the same digest again for the same source and date', async () => {
    const copy = path.join(folder, 'copy')
    cpSync(HELLO, copy, {recursive: true})
    const dated = {sourceDateEpoch: 1_700_000_000, labels: {a: 'b'}, noCache: true}
    const first = await builder.build(request(dated))
    const second = await builder.build(request({...dated, context: copy}))
    expect(second.root.digest).toBe(first.root.digest)
  })

  it('writes labels and annotations', async () => {
    const labels = {'org.example.label': 'x=y'}
    const annotations = {'org.example.note': 'a, b'}
    const built = await builder.build(request({labels, annotations}))
    expect(readManifest(built.root).annotations).toEqual(annotations)
    const text = (await built.blob(readManifest(built.root).config!.digest).open().toArray()).join('')
    expect(JSON.parse(text)).toMatchObject({config: {Labels: labels}})
  })

  const itRuns = itOnRootFilesystem(OWN.architecture)

  itRuns('runs programs in stages, and says what failed', async () => {
    const made = context(
      'FROM scratch AS base\nADD base.tar /\nENV PATH=/bin\nFROM base AS good\nRUN echo hi > /hi\nFROM base AS bad\nRUN echo oops >&2; exit 3\n'
    )
    cpSync(ROOTFS, path.join(made, 'base.tar'))
    const built = await builder.build(request({context: made, platform: OWN, target: 'good'}))
    expect(readManifest(built.root).layers).toHaveLength(2)
    await expect(builder.build(request({context: made, platform: OWN}))).rejects.toMatchObject({
      code: 'BUILD_FAILED',
      exitCode: 1,
      message: expect.stringMatching(
        /^docker(?:-| )buildx could not build .* for linux\/\w+ \(exit code 1\): process .* did not complete successfully: exit code: 3\nIts last lines:\n/
      )
    })
  })

  it('names a stage that is not there', () =>
    expect(builder.build(request({target: 'none'}))).rejects.toMatchObject({
      code: 'BUILD_FAILED',
      hint: expect.stringContaining('target')
    }))

  it.each([
    ['context', {context: '/nowhere'}],
    ['file', {file: 'none'}]
  ])('checks the %s before it builds', (input, changes) =>
    expect(builder.build(request(changes))).rejects.toMatchObject({issues: [{input}]})
  )
})
