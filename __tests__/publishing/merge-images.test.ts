import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {ReleaseError} from '../../src/errors.js'
import type {Digest} from '../../src/oci/digest.js'
import {formatPlan} from '../../src/contracts/plan-format.js'
import {formatDigestRecord} from '../../src/contracts/digest-record.js'
import {parseInputs} from '../../src/command/input.js'
import {verifyRelease} from '../../src/publishing/verify-release.js'
import {HOST, MemoryRegistry, OCI_TYPE, type Put} from '../support/memory-registry.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {merge, planOf} from '../support/releases.js'

const NAME = 'org/app'
const IMAGE = `${HOST}/${NAME}`
const TAGS = [{name: 'latest', class: 'moving', rule: 'raw'}] as const
const REFERENCE = {
  'vnd.docker.reference.type': 'attestation-manifest'
} as const
const UNKNOWN = {os: 'unknown', architecture: 'unknown'}

let registry: MemoryRegistry
let ports: TestPorts
beforeEach(() => {
  registry = new MemoryRegistry()
  ports = testPorts([], {send: registry.send})
})
afterEach(() => ports.close())

const latest = (): unknown => {
  const repository = registry.repository(NAME)
  const bytes = repository.manifests.get(repository.tags.get('latest') ?? '')?.bytes
  return bytes === undefined ? undefined : JSON.parse(Buffer.from(bytes).toString())
}
const entries = (): readonly {platform?: object; digest: string; annotations?: object}[] =>
  (latest() as {manifests?: []} | undefined)?.manifests ?? []

/** The texts of a planned merge of amd64 and arm64, where amd64 is what a test says. */
function planned(amd64: Digest, images = [IMAGE]): Record<string, string> {
  const plan = planOf({images, version: '1.2.3', tags: TAGS})
  const arm64 = registry.image(NAME, {platform: 'linux/arm64'}).digest
  for (const {platform, record} of plan.targets[0]?.builds ?? [])
    ports.records.set(record, formatDigestRecord(platform === 'linux/amd64' ? amd64 : arm64))
  return {plan: formatPlan(plan), wait: '0'}
}
const plain = async (digests: readonly Put[]) =>
  await merge(ports, {
    images: IMAGE,
    tags: 'latest',
    digests: digests.map(({digest}) => digest).join(','),
    wait: '0'
  })
const amd64 = (changes = {}) => registry.image(NAME, {platform: 'linux/amd64', ...changes})
const attestation = (of: string) => {
  const config = registry.putBlob(NAME, UNKNOWN)
  const layer = registry.putBlob(NAME, `{"of":"${of}"}`)
  const put = registry.put(NAME, {
    schemaVersion: 2,
    mediaType: OCI_TYPE,
    config: {mediaType: 'application/vnd.oci.image.config.v1+json', ...config},
    layers: [{mediaType: 'application/vnd.in-toto+json', ...layer}]
  })
  return {...put, platform: UNKNOWN, annotations: {...REFERENCE, 'vnd.docker.reference.digest': of}}
}

describe('in place of a planned platform', () => {
  const NOT_IMAGES: readonly [string, () => Put, RegExp][] = [
    ['an empty index', () => registry.index(NAME, []), /index without an image.*it is empty/],
    [
      'an index of attestations alone',
      () => registry.index(NAME, [attestation(amd64().digest)]),
      /index without an image.*attestations/
    ],
    [
      'an index that lists its image as of unknown platform',
      () => registry.index(NAME, [{...amd64(), platform: UNKNOWN}]),
      /index without an image.*unknown\/unknown/
    ],
    [
      'an index in an index',
      () => registry.index(NAME, [registry.index(NAME, [amd64()])]),
      /is an index within the index/
    ],
    ['an attestation', () => attestation(amd64().digest), /planned for linux\/amd64/],
    [
      'an artifact',
      () => amd64({fields: {config: {mediaType: 'a/b', ...registry.putBlob(NAME, '{}')}}}),
      /names no os and architecture/
    ]
  ]

  it.each(NOT_IMAGES)('%s is refused by name', async (_, make, why) => {
    const made = make()
    const failure = merge(ports, planned(made.digest))
    await expect(failure).rejects.toMatchObject({code: 'RELEASE_INCOMPLETE'})
    await expect(failure).rejects.toThrow(why)
    await expect(failure).rejects.toThrow(made.digest.slice(7, 19))
    expect(latest()).toBeUndefined()
  })

  it.each(NOT_IMAGES.slice(0, 5))('%s is no image without a plan either', async (_, make) => {
    await expect(plain([make()])).rejects.toMatchObject({
      code: expect.stringMatching(/^(RELEASE_INCOMPLETE|MANIFEST_INVALID|PLATFORM_MISMATCH)$/)
    })
    expect(latest()).toBeUndefined()
  })

  it.each<[string, () => unknown, RegExp]>([
    ['nothing', () => registry.index(NAME, [], {}, 'latest'), /holds no image/],
    [
      'an image as of unknown platform',
      () => registry.index(NAME, [{...amd64(), platform: UNKNOWN}], {}, 'latest'),
      /unknown\/unknown/
    ],
    [
      'attestations alone',
      () => registry.index(NAME, [attestation(amd64().digest)], {}, 'latest'),
      /holds no image/
    ]
  ])('verify-release says of an index of %s that it is none', async (_, make, why) => {
    make()
    const texts = {images: IMAGE, tags: 'latest'}
    await expect(verifyRelease.run(parseInputs(verifyRelease.inputs, texts), ports)).rejects.toThrow(why)
  })
})

describe('what keeps images from being found', () => {
  it.each<[string, number, string, RegExp]>([
    ['no login', 401, 'UNAUTHORIZED', /Log in to 127/],
    ['no right', 403, 'DENIED', /lacks the permission/],
    ['a registry that is broken', 500, 'UNKNOWN', /$/]
  ])('is said as itself: %s', async (_, status, code, hint) => {
    const texts = planned(amd64().digest)
    const headers: Readonly<Record<string, string>> =
      status === 401 ? {'www-authenticate': 'Basic realm="x"'} : {}
    registry.hook = () => ({status, headers, body: JSON.stringify({errors: [{code, message: 'no'}]})})
    const failure = merge(ports, texts)
    await expect(failure).rejects.toMatchObject({code: 'REGISTRY_FAILED'})
    await expect(failure).rejects.toThrow(new RegExp(`${String(status)} ${code}`))
    await failure.catch((error: unknown) => expect((error as {hint?: string}).hint ?? '').toMatch(hint))
  })

  it('is said as itself: no answer', async () => {
    const texts = planned(amd64().digest)
    const broken = {
      ...ports,
      send: () => Promise.reject(new ReleaseError('REGISTRY_UNREACHABLE', 'no answer'))
    }
    await expect(merge(broken, texts)).rejects.toMatchObject({code: 'REGISTRY_UNREACHABLE'})
  })

  it('is said as itself: a credential helper that is missing, of one of two registries', async () => {
    const texts = planned(amd64().digest, [IMAGE, 'ghcr.io/org/app'])
    const fault = new ReleaseError('CREDENTIALS_INVALID', 'docker-credential-x is not installed', {
      hint: 'Install it.'
    })
    const helper = {
      ...ports,
      credentials: async (host: string) =>
        host === 'ghcr.io' ? await Promise.reject(fault) : await Promise.resolve(undefined)
    }
    registry.hook = ({url}) =>
      url.host === 'ghcr.io' ? {status: 401, headers: {'www-authenticate': 'Basic realm="x"'}} : undefined
    await expect(merge(helper, texts)).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      hint: 'Install it.'
    })
  })

  it('is not what an image is that was never pushed', async () => {
    const texts = planned(`sha256:${'9'.repeat(64)}` as Digest)
    await expect(merge(ports, texts)).rejects.toMatchObject({code: 'RELEASE_INCOMPLETE'})
  })
})

describe('images for Windows', () => {
  const windows = (version: string, features?: string[]) =>
    amd64({
      platform: 'windows/amd64',
      config: {'os.version': version, ...(features ? {'os.features': features} : {})}
    })

  it('keep their version and features, several of them in one index', async () => {
    const [one, other] = [windows('10.0.20348.2227'), windows('10.0.17763.5329', ['win32k'])]
    await plain([amd64(), one, other])
    expect(entries().map(({platform}) => platform)).toEqual([
      {architecture: 'amd64', os: 'linux'},
      {architecture: 'amd64', os: 'windows', 'os.version': '10.0.17763.5329', 'os.features': ['win32k']},
      {architecture: 'amd64', os: 'windows', 'os.version': '10.0.20348.2227'}
    ])
  })

  it('keep the version that only the index of another tool says', async () => {
    const platform = {os: 'windows', architecture: 'amd64', 'os.version': '10.0.17763.5329'}
    await plain([amd64(), registry.index(NAME, [{...amd64({platform: 'windows/amd64'}), platform}])])
    expect(entries()[1]?.platform).toEqual({
      architecture: 'amd64',
      os: 'windows',
      'os.version': '10.0.17763.5329'
    })
  })

  it('of one version twice are refused', async () => {
    const pair = [
      windows('10.0.1'),
      amd64({platform: 'windows/amd64', config: {'os.version': '10.0.1', x: 1}})
    ]
    await expect(plain(pair)).rejects.toThrow(/windows\/amd64 10\.0\.1 is there twice/)
  })

  it('are verified by version', async () => {
    const put = windows('10.0.1')
    const platform = {os: 'windows', architecture: 'amd64', 'os.version': '10.0.2'}
    registry.index(NAME, [{...put, platform}], {}, 'latest')
    const texts = {images: IMAGE, tags: 'latest'}
    await expect(verifyRelease.run(parseInputs(verifyRelease.inputs, texts), ports)).rejects.toThrow(
      /listed as windows\/amd64 10\.0\.2, but its config says windows\/amd64 10\.0\.1/
    )
  })
})

describe('layers with addresses of their own', () => {
  const foreign = (mediaType: string) => ({
    mediaType,
    digest: `sha256:${'2'.repeat(64)}`,
    size: 99,
    urls: ['https://mcr.example/x']
  })
  it.each([
    'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    'application/vnd.oci.image.layer.v1.tar+zstd'
  ])('are neither copied nor asked for: %s', async mediaType => {
    const own = {mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...registry.putBlob(NAME, 'own')}
    const put = amd64({layers: [foreign(mediaType), own]})
    const other = `${HOST}/org/other`
    await merge(ports, {images: `${IMAGE},${other}`, tags: 'latest', digests: put.digest, wait: '0'})
    expect(registry.repository('org/other').tags.get('latest')).toBeDefined()
    const texts = {images: `${IMAGE},${other}`, tags: 'latest'}
    await verifyRelease.run(parseInputs(verifyRelease.inputs, texts), ports)
    expect(registry.requests.filter(request => request.includes('2'.repeat(64)))).toEqual([])
  })
})

describe('what an index of a builder says beside its images', () => {
  it('is kept: annotations of an entry, and the type of an attestation', async () => {
    const image = {
      ...amd64(),
      platform: {os: 'linux', architecture: 'amd64'},
      annotations: {'org.example.note': 'x'}
    }
    const proof = {...attestation(image.digest), artifactType: 'application/vnd.example'}
    await plain([registry.index(NAME, [image, proof])])
    expect(entries()).toEqual([
      expect.objectContaining({digest: image.digest, annotations: {'org.example.note': 'x'}}),
      expect.objectContaining({digest: proof.digest, artifactType: 'application/vnd.example'})
    ])
  })

  it('is named where it is left out: an attestation of nothing that is released', async () => {
    const orphan = attestation(`sha256:${'3'.repeat(64)}`)
    await plain([registry.index(NAME, [amd64(), orphan])])
    expect(entries()).toHaveLength(1)
    expect(ports.reporter.warnings.join('\n')).toMatch(
      new RegExp(`${orphan.digest.slice(7, 19)}.*attestation of 333333333333.*left out`)
    )
  })

  it('is kept where it speaks of an image that another build handed over', async () => {
    const arm = registry.image(NAME, {platform: 'linux/arm64'})
    await plain([registry.index(NAME, [amd64(), attestation(arm.digest)]), arm])
    expect(entries()).toHaveLength(3)
  })
})

describe('one image that is given twice', () => {
  it('is there once: by itself, and in an index', async () => {
    const put = amd64()
    await plain([put, registry.index(NAME, [{...put, platform: {os: 'linux', architecture: 'amd64'}}])])
    expect(entries()).toHaveLength(1)
  })
})
