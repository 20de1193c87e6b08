import {randomBytes} from 'node:crypto'
import {mkdtemp, readdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, afterEach, beforeAll, describe, expect, it} from '@jest/globals'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {parseInputs} from '../../src/command/input.js'
import {digestOf, parseDigest} from '../../src/oci/digest.js'
import type {Exec} from '../../src/ports.js'
import {execWithEnvironment} from '../support/builder-ports.js'
import {describeWith} from '../support/components.js'
import {makeContainerStorage} from '../support/container-storage.js'
import {fakeBuildah} from '../support/fake-buildah.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {
  DISTRIBUTION_2,
  DISTRIBUTION_3,
  type RunningRegistry,
  startDistribution2,
  startDistribution3,
  startEmbedded,
  startEmbeddedWith
} from '../support/registries.js'
import {clientOf} from '../support/releases.js'
import {failureOf} from '../support/thrown.js'
import {type UploadProxy, type UploadRule, startUploadProxy} from '../support/upload-proxy.js'

const run = async (ports: TestPorts, texts: Readonly<Record<string, string>>) =>
  await buildByDigest.run(parseInputs(buildByDigest.inputs, {platforms: 'linux/arm64', ...texts}), ports)

const BLOBS = {method: 'PUT', path: '/blobs/uploads/'} as const
const MANIFESTS = {method: 'PUT', path: '/manifests/'} as const
const OTHER = digestOf(Buffer.from('other'))

/** What never heals: the error, and a part of what it says beside the registry. */
const FOR_GOOD: readonly [string, UploadRule, string, string][] = [
  [
    '429 with Retry-After',
    {...BLOBS, fault: {kind: 'answer', status: 429, headers: {'retry-after': '1'}}},
    'REGISTRY_FAILED',
    '429'
  ],
  ['503', {...BLOBS, fault: {kind: 'answer', status: 503}}, 'REGISTRY_FAILED', '503'],
  [
    'a connection that breaks in every blob',
    {...BLOBS, fault: {kind: 'cut', afterBytes: 0}},
    'REGISTRY_UNREACHABLE',
    'no answer'
  ],
  [
    'blobs that change on the way',
    {...BLOBS, fault: {kind: 'damage'}},
    'REGISTRY_FAILED',
    '400 DIGEST_INVALID'
  ],
  [
    'another digest for a blob',
    {...BLOBS, fault: {kind: 'headers', headers: {'docker-content-digest': OTHER}}},
    'DIGEST_MISMATCH',
    OTHER
  ],
  [
    'another digest for the manifest',
    {...MANIFESTS, fault: {kind: 'headers', headers: {'docker-content-digest': OTHER}}},
    'DIGEST_MISMATCH',
    OTHER
  ],
  ['a refused manifest', {...MANIFESTS, fault: {kind: 'answer', status: 403}}, 'REGISTRY_FAILED', '403'],
  ['a full disk', {...BLOBS, fault: {kind: 'answer', status: 507}}, 'REGISTRY_FAILED', '507'],
  [
    'an image that is not there afterwards',
    {method: ['HEAD', 'GET'], path: '/manifests/', fault: {kind: 'answer', status: 404}},
    'CHILD_MISSING',
    'is not there'
  ],
  [
    'an upload that leads to where nobody listens',
    {
      method: 'PUT',
      path: '/blobs/uploads/',
      fault: {kind: 'answer', status: 307, headers: {location: 'http://127.0.0.1:1/'}}
    },
    'REGISTRY_UNREACHABLE',
    '127.0.0.1:1'
  ]
]

/** What passes: the image must be whole, and handed over. */
const IN_PASSING: readonly [string, UploadRule][] = [
  [
    '429 with Retry-After',
    {...BLOBS, times: 2, fault: {kind: 'answer', status: 429, headers: {'retry-after': '1'}}}
  ],
  ['503', {...BLOBS, times: 2, fault: {kind: 'answer', status: 503}}],
  ['a connection that breaks in a blob', {...BLOBS, times: 2, fault: {kind: 'cut', afterBytes: 10}}],
  ['a blob that changes on the way', {...BLOBS, times: 1, fault: {kind: 'damage'}}],
  ['a lost answer', {...BLOBS, times: 2, fault: {kind: 'truncate', afterBytes: 0}}],
  ['a lost answer to the manifest', {...MANIFESTS, times: 1, fault: {kind: 'truncate', afterBytes: 0}}]
]

/** Two registries, of which the way to the second has faults. */
function faultSuite(start: () => Promise<RunningRegistry>): void {
  let sound: RunningRegistry
  let registry: RunningRegistry
  let proxy: UploadProxy
  let ports: TestPorts
  let number = 0
  beforeAll(async () => {
    ;[sound, registry] = await Promise.all([startEmbedded(), start()])
  })
  afterAll(async () => {
    await Promise.all([sound.stop(), registry.stop()])
  })
  afterEach(async () => {
    ports.close()
    await proxy.stop()
  })

  const build = async (rule: UploadRule) => {
    proxy = await startUploadProxy(registry.host)
    proxy.add(rule)
    const faulty = {...registry, host: proxy.host}
    ports = testPorts([sound, faulty], {exec: fakeBuildah().exec})
    const images = [sound, faulty].map(({host}) => `${host}/org/app${++number}`)
    const work = run(ports, {context: 'examples/hello', images: images.join(',')})
    return {images, work}
  }

  it.each(FOR_GOOD)(
    'hands nothing over for %s, and says where in one line',
    async (...[, rule, code, part]) => {
      const {images, work} = await build(rule)
      const error = await failureOf(() => work)
      expect(error.code).toBe(code)
      expect(error.message).toContain(part)
      expect(error.message).toContain(proxy.host)
      expect(error.message).not.toContain('\n')
      expect(ports.records.size).toBe(0)
      expect(images).toHaveLength(2)
    }
  )

  it.each(IN_PASSING)('hands over what is whole in spite of %s', async (_, rule) => {
    const {images, work} = await build(rule)
    const {digest} = await work
    expect(ports.records.size).toBe(1)
    for (const image of images) {
      const manifest = await clientOf(ports, image).findManifest(parseDigest(digest))
      expect(manifest?.digest).toBe(digest)
    }
  })
}

describe('a push to the embedded registry', () => faultSuite(() => startEmbeddedWith('token')))
describeWith(DISTRIBUTION_3, 'a push to distribution 3', () =>
  faultSuite(() => startDistribution3({auth: 'token'}))
)
describeWith(DISTRIBUTION_2, 'a push to distribution 2.8', () =>
  faultSuite(() => startDistribution2({auth: 'token'}))
)

describe.each(['buildah', 'podman'] as const)('a disk that is full when %s exports', name => {
  describeWith([name], 'really', () => {
    it('fails in one line that says what and where, and hands nothing over', async () => {
      const storage = makeContainerStorage()
      const context = await mkdtemp(path.join(tmpdir(), 'full-'))
      const registry = await startEmbedded()
      const ports = testPorts([registry], {exec: withSmallFiles(execWithEnvironment(storage.env), name)})
      try {
        await writeFile(path.join(context, 'big'), randomBytes(1024 * 1024))
        await writeFile(path.join(context, 'Containerfile'), 'FROM scratch\nCOPY big /big\nUSER 1\n')
        const images = `${registry.host}/org/app`
        const error = await failureOf(() => run(ports, {context, images, builder: name}))
        expect(error.code).toBe('BUILD_FAILED')
        expect(error.message.split('\n')[0]).toMatch(
          new RegExp(`^${name} could not export .*write /\\S+: file too large$`)
        )
        expect(error.hint).toBe('The disk is full: remove images and build caches.')
        expect(ports.records.size).toBe(0)
        expect(await readdir(context)).toEqual(['Containerfile', 'big'])
      } finally {
        ports.close()
        await registry.stop()
        storage.remove()
        await rm(context, {recursive: true})
      }
    })
  })
})

/** Lets the export write files of 100 KiB at most, as a disk that is nearly full. */
function withSmallFiles(exec: Exec, name: string): Exec {
  return (command, args, options) =>
    command.endsWith(name) && args.includes('push')
      ? exec('/bin/sh', ['-c', 'ulimit -f 200; exec "$0" "$@"', command, ...args], options)
      : exec(command, args, options)
}
