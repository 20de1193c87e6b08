import {beforeEach, describe, expect, it} from '@jest/globals'
import {ReleaseError} from '../../src/errors.js'
import {parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {DOCKER_LIST, OCI_INDEX} from '../../src/oci/media-type.js'
import {formatDigestRecord} from '../../src/contracts/digest-record.js'
import {attestedImage, image} from '../support/images.js'
import {testPorts} from '../support/ports.js'
import {startEmbeddedWith} from '../support/registries.js'
import {
  type TestRelease,
  buildAll,
  clientOf,
  digestAt,
  merge,
  planOf,
  publishRelease,
  releaseTags
} from '../support/releases.js'
import {suiteRegistries} from '../support/suite-registries.js'

const tokenAndBasic = () => Promise.all([startEmbeddedWith('token'), startEmbeddedWith('basic')])

describe('merge-manifest', () => {
  const lab = suiteRegistries('org', tokenAndBasic)
  beforeEach(() => {
    for (const {registry} of lab.registries) registry.faults.clear()
  })

  const releaseOf = (version: string, more: Partial<TestRelease> = {}): TestRelease => ({
    images: lab.images,
    version,
    tags: releaseTags(version),
    ...more
  })
  const tagsOf = async (tag: string) =>
    await Promise.all(lab.images.map(name => digestAt(lab.ports, name, tag)))

  it('publishes one index with both platforms under every tag of every registry', async () => {
    const outputs = await publishRelease(lab.ports, releaseOf('1.0.0'))
    for (const tag of ['1.0.0', '1.0', 'latest'])
      expect(await tagsOf(tag)).toEqual([outputs.digest, outputs.digest])
    const index = await clientOf(lab.ports, lab.images[0]!).getManifest(parseDigest(outputs.digest))
    expect(index.mediaType).toBe(OCI_INDEX)
    const document = readManifest(index)
    expect(document.manifests.map(({platform}) => platform)).toEqual([
      {os: 'linux', architecture: 'amd64'},
      {os: 'linux', architecture: 'arm64'}
    ])
    expect(document.annotations).toMatchObject({'org.opencontainers.image.version': '1.0.0'})
    expect(outputs.tags.split('\n')).toHaveLength(6)
    expect(lab.ports.reporter.summaries.join()).toContain(`docker pull ${lab.images[0]!}:1.0.0`)
  })

  it('gives the same digest and changes nothing when it runs again', async () => {
    const once = await publishRelease(lab.ports, releaseOf('1.0.0'))
    const before = lab.registries[0].registry.requests.length
    const again = await publishRelease(lab.ports, releaseOf('1.0.0'))
    expect(again.digest).toBe(once.digest)
    const tagWrites = lab.registries[0].registry.requests
      .slice(before)
      .filter(({method, path}) => method === 'PUT' && /\/manifests\/(?!sha256:)/.test(path))
    expect(tagWrites).toEqual([])
  })

  it('tags nothing before everything is there', async () => {
    await buildAll(lab.ports, releaseOf('1.0.0'))
    for (const name of lab.images)
      expect(await clientOf(lab.ports, name).headManifest('1.0.0' as never)).toBeUndefined()
  })

  it.each([
    ['is missing', undefined, /linux\/arm64: record digest-app-linux-arm64 is missing/],
    ['is empty', '', /record digest-app-linux-arm64: it is empty/],
    ['ends with a line break', `sha256:${'a'.repeat(64)}\n`, /white space or a line break/],
    ['has upper case', `sha256:${'A'.repeat(64)}`, /not lower case/]
  ])('publishes nothing and names the record that %s', async (_, text, message) => {
    const plan = await buildAll(lab.ports, releaseOf('1.0.0'))
    if (text === undefined) lab.ports.records.delete('digest-app-linux-arm64')
    else lab.ports.records.set('digest-app-linux-arm64', new TextEncoder().encode(text))
    await expect(merge(lab.ports, {plan: JSON.stringify(plan)})).rejects.toMatchObject({
      code: 'RELEASE_INCOMPLETE',
      message: expect.stringMatching(message)
    })
    expect(await tagsOf('latest')).toEqual([undefined, undefined])
  })

  it('says of a repository that does not exist what is to be done, beside building again', async () => {
    const plan = await buildAll(lab.ports, releaseOf('1.0.0'))
    const text = JSON.stringify(plan).replaceAll(lab.images[0]!, `${lab.registries[0].host}/nobody/made/it`)
    const only = JSON.parse(text) as {targets: {images: string[]}[]}
    for (const target of only.targets) target.images = target.images.slice(0, 1)
    await expect(merge(lab.ports, {plan: JSON.stringify(only)})).rejects.toMatchObject({
      code: 'RELEASE_INCOMPLETE',
      message: expect.stringMatching(
        /nobody\/made\/it@sha256:[0-9a-f]{64} is not there\. The repository does not exist there, or this login may not see it\./
      )
    })
  })

  it('publishes nothing where an image is in one registry only, and names both', async () => {
    const plan = await buildAll(lab.ports, releaseOf('1.0.0'))
    const digest = 'sha256:' + 'd'.repeat(64)
    lab.ports.records.set('digest-app-linux-arm64', formatDigestRecord(parseDigest(digest)))
    await expect(merge(lab.ports, {plan: JSON.stringify(plan)})).rejects.toMatchObject({
      code: 'RELEASE_INCOMPLETE',
      message: expect.stringMatching(
        new RegExp(`${lab.images[0]!}@${digest} is not there[^]*${lab.images[1]!}@${digest}`)
      )
    })
  })

  it('refuses an image of another platform, of another commit, and a platform twice', async () => {
    const wrong = releaseOf('1.0.0', {make: () => image({architecture: 'amd64'})})
    await expect(publishRelease(lab.ports, wrong)).rejects.toThrow(
      /was planned for linux\/arm64, but its config says linux\/amd64/
    )
    const labels = {'org.opencontainers.image.revision': 'b'.repeat(40)}
    const foreign = releaseOf('1.0.0', {make: architecture => image({architecture, labels})})
    await expect(publishRelease(lab.ports, foreign)).rejects.toThrow(
      /was built from bbbbbbbbbbbb, the plan is for aaaaaaaaaaaa/
    )
    expect(await tagsOf('latest')).toEqual([undefined, undefined])
  })

  it('keeps attestations beside the image they speak of', async () => {
    const outputs = await publishRelease(
      lab.ports,
      releaseOf('1.0.0', {make: architecture => attestedImage({architecture})})
    )
    const {manifests} = readManifest(
      await clientOf(lab.ports, lab.images[1]!).getManifest(parseDigest(outputs.digest))
    )
    expect(manifests.map(({platform}) => platform?.architecture)).toEqual([
      'amd64',
      'unknown',
      'arm64',
      'unknown'
    ])
    expect(manifests[1]?.annotations?.['vnd.docker.reference.digest']).toBe(manifests[0]?.digest)
  })

  it('makes a Docker manifest list of Docker images, and refuses to mix', async () => {
    const docker = await publishRelease(
      lab.ports,
      releaseOf('1.0.0', {make: architecture => image({architecture, format: 'docker'})})
    )
    const list = await clientOf(lab.ports, lab.images[0]!).getManifest(parseDigest(docker.digest))
    expect(list.mediaType).toBe(DOCKER_LIST)
    const mixed = releaseOf('1.0.1', {
      make: architecture => image({architecture, format: architecture === 'amd64' ? 'docker' : 'oci'})
    })
    await expect(publishRelease(lab.ports, mixed)).rejects.toThrow(
      /images of two families cannot share an index/
    )
  })

  it('moves forward tags only to newer versions, and says what stays', async () => {
    const newer = await publishRelease(lab.ports, releaseOf('2.0.0', {revision: 'b'.repeat(40)}))
    const patch = await publishRelease(lab.ports, releaseOf('1.9.1'))
    expect(await tagsOf('latest')).toEqual([newer.digest, newer.digest])
    expect(await tagsOf('1.9')).toEqual([patch.digest, patch.digest])
    expect(patch.kept.split('\n')).toEqual(lab.images.map(name => `${name}:latest`))
    expect(lab.ports.reporter.notices.join('\n')).toContain('stays at 2.0.0, which is newer than 1.9.1')
    const plan = JSON.stringify(planOf(releaseOf('1.9.1')))
    const forced = await merge(lab.ports, {plan, 'allow-backward': 'true'})
    expect(await tagsOf('latest')).toEqual([forced.digest, forced.digest])
  })

  it('refuses to change a published version from another commit before it writes anything', async () => {
    const once = await publishRelease(lab.ports, releaseOf('1.0.0'))
    const other = releaseOf('1.0.0', {
      revision: 'b'.repeat(40),
      make: architecture => image({architecture, content: 'other'})
    })
    await expect(publishRelease(lab.ports, other)).rejects.toMatchObject({
      code: 'TAG_REFUSED',
      message: expect.stringContaining(`${lab.images[0]!}:1.0.0 is published from commit aaaaaaaaaaaa`)
    })
    expect(await tagsOf('latest')).toEqual([once.digest, once.digest])
    const rebuilt = await publishRelease(
      lab.ports,
      releaseOf('1.0.0', {make: architecture => image({architecture, content: 'rebuilt'})})
    )
    expect(await tagsOf('1.0.0')).toEqual([rebuilt.digest, rebuilt.digest])
  })

  it.each([
    ['the version', '*/manifests/1.1.0'],
    ['latest alone', '*/manifests/latest'],
    ['the index', '*/manifests/sha256:*']
  ])('leaves the first registry as it was where the second refuses %s', async (_, path) => {
    const old = await publishRelease(lab.ports, releaseOf('1.0.0'))
    const plan = await buildAll(lab.ports, releaseOf('1.1.0', {revision: 'b'.repeat(40)}))
    lab.registries[1].registry.faults.add({
      method: 'PUT',
      path,
      action: {kind: 'status', status: 403, code: 'DENIED'}
    })
    await expect(merge(lab.ports, {plan: JSON.stringify(plan)})).rejects.toThrow(/403 DENIED/)
    lab.registries[1].registry.faults.clear()
    expect(await tagsOf('latest')).toEqual([old.digest, old.digest])
    expect(await tagsOf('1.1.0')).toEqual([undefined, undefined])
    expect(await tagsOf('1.1')).toEqual([undefined, undefined])
    const finished = await merge(lab.ports, {plan: JSON.stringify(plan)})
    expect(await tagsOf('latest')).toEqual([finished.digest, finished.digest])
  })

  it('puts everything back when the run is cancelled in the middle of the move', async () => {
    const old = await publishRelease(lab.ports, releaseOf('1.0.0'))
    const plan = await buildAll(lab.ports, releaseOf('1.1.0', {revision: 'b'.repeat(40)}))
    const controller = new AbortController()
    lab.registries[1].registry.faults.add({
      method: 'PUT',
      path: '*/manifests/latest',
      action: {kind: 'delay', milliseconds: 2000}
    })
    const cancelled = testPorts(lab.registries, {signal: controller.signal})
    for (const [name, record] of lab.ports.records) cancelled.records.set(name, record)
    const before = lab.registries[0].registry.requests.length
    const watch = setInterval(() => {
      const moved = lab.registries[0].registry.requests
        .slice(before)
        .filter(({method, path}) => method === 'PUT' && path.endsWith('/latest'))
      if (moved.length > 0) controller.abort(new ReleaseError('CANCELLED', 'cancelled by SIGTERM'))
    }, 5)
    try {
      await expect(merge(cancelled, {plan: JSON.stringify(plan)})).rejects.toMatchObject({
        code: 'CANCELLED',
        message: 'the release was not published: cancelled by SIGTERM',
        hint: expect.stringContaining('All tags are as they were before') as unknown
      })
    } finally {
      clearInterval(watch)
    }
    lab.registries[1].registry.faults.clear()
    expect(await tagsOf('latest')).toEqual([old.digest, old.digest])
    expect(await tagsOf('1.1.0')).toEqual([undefined, undefined])
  })

  it('writes nothing in a dry run', async () => {
    const plan = await buildAll(lab.ports, releaseOf('1.0.0'))
    const outputs = await merge(lab.ports, {plan: JSON.stringify(plan), 'dry-run': 'true'})
    expect(outputs.digest).toMatch(/^sha256:/)
    expect(await tagsOf('1.0.0')).toEqual([undefined, undefined])
    expect(lab.ports.reporter.lines.join('\n')).toContain('would be new')
  })

  it.each(['\n', ','])('joins images without a plan, lists separated by %j', async separator => {
    await buildAll(lab.ports, releaseOf('1.0.0'))
    const digests = [...lab.ports.records.values()].map(bytes => new TextDecoder().decode(bytes))
    const outputs = await merge(lab.ports, {
      images: lab.images.join(separator),
      tags: ['a', 'b'].join(separator),
      digests: digests.join(separator),
      platforms: 'linux/amd64,linux/arm64'
    })
    expect(await tagsOf('b')).toEqual([outputs.digest, outputs.digest])
    await expect(
      merge(lab.ports, {
        images: lab.images[0]!,
        tags: 'c',
        digests: digests[0]!,
        platforms: 'linux/amd64,linux/arm64'
      })
    ).rejects.toThrow(/linux\/arm64 is missing/)
  })

  it('lists every fault of the input at once', async () => {
    const texts = {images: 'org//app', tags: '-x,ok', digests: 'sha256:12', platforms: 'linux/amd46'}
    await expect(merge(lab.ports, texts)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      issues: [{input: 'images'}, {input: 'tags'}, {input: 'digests'}, {input: 'platforms'}]
    })
    await expect(merge(lab.ports, {})).rejects.toMatchObject({
      issues: [{input: 'images'}, {input: 'tags'}, {input: 'digests'}]
    })
  })
})
