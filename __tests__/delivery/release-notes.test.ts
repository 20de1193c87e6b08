import {Readable} from 'node:stream'
import {setTimeout as delay} from 'node:timers/promises'
import {afterEach, describe, expect, it} from '@jest/globals'
import {releaseNotesCommand} from '../../src/delivery/release-notes.js'
import {verifyRelease} from '../../src/publishing/verify-release.js'
import {parseInputs} from '../../src/command/input.js'
import {type Digest, digestOf, parseDigest} from '../../src/oci/digest.js'
import {manifestOf, readManifest} from '../../src/oci/manifest.js'
import {OCI_MANIFEST} from '../../src/oci/media-type.js'
import {parseTag} from '../../src/oci/reference.js'
import {pushImage} from '../../src/registry/images/image-push.js'
import {addReferrers} from '../../src/registry/client/referrers.js'
import type {RepositoryClient} from '../../src/registry/client/repository-client.js'
import {
  type GithubServer,
  type GithubServerOptions,
  GITHUB_TOKEN,
  startGithub
} from '../support/github-server.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {startEmbedded} from '../support/registries.js'
import {clientOf, publishRelease, releaseTags} from '../support/releases.js'
import {suiteRegistries, tokenAndOpen} from '../support/suite-registries.js'
import {failureOf} from '../support/thrown.js'

describe('release-notes', () => {
  let github: GithubServer | undefined
  const lab = suiteRegistries('org', tokenAndOpen, {
    github: token => github!.api(token)
  })
  afterEach(async () => {
    await github?.stop()
    expect(github?.faults ?? []).toEqual([])
    github = undefined
  })

  const start = async (options: GithubServerOptions = {}) => (github = await startGithub(options))
  const publish = async () =>
    await publishRelease(lab.ports, {images: lab.images, version: '1.0.0', tags: releaseTags('1.0.0')})
  const write = async (texts: Readonly<Record<string, string>>, with_: TestPorts = lab.ports) =>
    await releaseNotesCommand.run(parseInputs(releaseNotesCommand.inputs, texts), with_)
  const made = (server: GithubServer, body: string | null = 'What is new', gitTag = 'v1.0.0') => {
    const release = {id: 7, tag_name: gitTag, name: gitTag, body, draft: false, prerelease: false}
    server.releases.push(release)
    return release
  }

  it('puts pull commands by tag and digest, and digest and size of each platform, below what others wrote', async () => {
    const {release, digest} = await publish()
    const there = made(await start(), '# 1.0.0\r\n\r\n* a fix\r\n')
    const outputs = await write({release})
    const index = readManifest(await clientOf(lab.ports, lab.images[0]!).getManifest(parseDigest(digest)))
    const sizeOf = async (position: number) => {
      const child = readManifest(
        await clientOf(lab.ports, lab.images[0]!).getManifest(index.manifests[position]!.digest)
      )
      return (child.config?.size ?? 0) + child.layers.reduce((sum, {size}) => sum + size, 0)
    }
    expect(await sizeOf(0)).toBeLessThan(1000)
    expect(there.body!.split('\r\n').join('\n')).toBe(
      [
        '# 1.0.0\n\n* a fix\n',
        '<!-- image-release:images -->',
        '## Container images\n',
        '### app\n',
        '```sh',
        ...lab.images.flatMap(image => [`docker pull ${image}:1.0.0`, `docker pull ${image}@${digest}`]),
        '```\n',
        'Also `1.0`, `latest`.\n',
        `Created 2026-02-03T04:00:00Z, from [\`aaaaaaa\`](https://github.com/org/app/commit/${'a'.repeat(40)}).\n`,
        '<details><summary>Digests and sizes</summary>\n',
        '| Platform | Digest | Size |',
        '| --- | --- | --- |',
        `| all | \`${digest}\` |  |`,
        `| linux/amd64 | \`${index.manifests[0]!.digest}\` | ${await sizeOf(0)} B |`,
        `| linux/arm64 | \`${index.manifests[1]!.digest}\` | ${await sizeOf(1)} B |\n`,
        '</details>',
        '<!-- /image-release:images -->'
      ].join('\n')
    )
    expect(there.body).not.toMatch(/[^\r]\n/)
    expect(outputs).toMatchObject({change: 'changed', url: 'https://github.com/org/app/releases/tag/v1.0.0'})
    expect(lab.ports.files.get('release-notes.md')).toBe(`${outputs.notes}\n`)
    expect(lab.ports.reporter.summaries).toContain(outputs.notes)
  })

  it('says how long the slowest build took, where it is told', async () => {
    const {release} = await publish()
    made(await start())
    const build = {
      schema: 1,
      target: 'app',
      platform: 'linux/amd64',
      digest: `sha256:${'0'.repeat(64)}`,
      builder: 'buildah 1.28.2',
      imageSize: 1,
      layersSize: 1,
      layerCount: 1,
      largestLayers: [],
      registries: [],
      phases: []
    }
    const metrics = JSON.stringify([61_000, 131_400].map(buildTime => ({...build, buildTime})))
    expect((await write({release, metrics})).notes).toMatch(/^Created .*, built in 2 min 11 s\.$/m)
  })

  it('changes nothing the second time, and sends nothing to be written', async () => {
    const {release} = await publish()
    const there = made(await start())
    await write({release})
    const before = there.body
    github!.requests.splice(0)
    expect(await write({release})).toMatchObject({change: 'none'})
    expect(there.body).toBe(before)
    expect(github!.requests.map(({method}) => method)).not.toContain('PATCH')
  })

  it('takes what verify-release found, and believes it only where it is of this release', async () => {
    const {release} = await publish()
    made(await start())
    const {report} = await verifyRelease.run(parseInputs(verifyRelease.inputs, {release}), lab.ports)
    expect(await write({release, report})).toMatchObject({change: 'changed'})
    const found = JSON.parse(report) as {reference: string; digest: string; faults: string[]}[]
    const tries = [
      [found.slice(1), /:1\.0\.0 was not verified/],
      [found.map(one => ({...one, digest: `sha256:${'0'.repeat(64)}`})), /was verified at sha256:0000/],
      [found.map(one => ({...one, faults: ['lacks linux/arm64']})), /lacks linux\/arm64/]
    ] as const
    for (const [wrong, message] of tries) {
      const failure = await failureOf(() => write({release, report: JSON.stringify(wrong)}))
      expect([failure.code, failure.message]).toEqual(['VERIFY_FAILED', expect.stringMatching(message)])
    }
    await expect(write({release, report: '{}'})).rejects.toThrow(/not the output "report"/)
  })

  it('writes nothing of a release that is not whole', async () => {
    const {release} = await publish()
    const there = made(await start())
    const client = clientOf(lab.ports, lab.images[1]!)
    await client.deleteManifest((await client.headManifest(parseTag('1.0.0')))!.digest)
    const failure = await failureOf(() => write({release}))
    expect(failure.code).toBe('VERIFY_FAILED')
    expect(there.body).toBe('What is new')
    expect(github!.requests).toEqual([])
  })

  it('finds a draft, makes a release where that is wanted, and else says what to do', async () => {
    const {release} = await publish()
    const server = await start()
    const failure = await failureOf(() => write({release}))
    expect(failure).toMatchObject({
      code: 'GITHUB_RELEASE_MISSING',
      message: expect.stringContaining('org/app has no release of the Git tag v1.0.0'),
      hint: expect.stringContaining('--create-release published')
    })
    server.tags.set('v1.0.0', 'a'.repeat(40)).set('v2.0.0-rc.1', `tag of ${'a'.repeat(40)}`)
    expect(await write({release, 'create-release': 'draft'})).toMatchObject({change: 'created'})
    expect(server.releases).toMatchObject([{tag_name: 'v1.0.0', draft: true, prerelease: false}])
    expect(await write({release})).toMatchObject({change: 'none'})
    expect(await write({release, 'git-tag': 'v2.0.0-rc.1', 'create-release': 'published'})).toMatchObject({
      change: 'created'
    })
    expect(server.releases[1]).toMatchObject({tag_name: 'v2.0.0-rc.1', draft: false, prerelease: true})
  })

  it.each([
    ['a Git tag that is not there', 'v1.0.O', /has no Git tag v1\.0\.O/],
    [
      'one at another commit',
      'v1.0.1',
      /v1\.0\.1 of org\/app is at b{40}, and what was released is of a{40}/
    ],
    ['an annotated one there', 'v1.0.2', /is at b{40}/]
  ])(
    'makes no release of %s, also in a dry run (softprops/action-gh-release#392)',
    async (_, gitTag, message) => {
      const {release} = await publish()
      const server = await start()
      server.tags.set('v1.0.1', 'b'.repeat(40)).set('v1.0.2', `tag of ${'b'.repeat(40)}`)
      for (const dryRun of ['true', 'false']) {
        const texts = {release, 'git-tag': gitTag, 'create-release': 'published', 'dry-run': dryRun}
        const failure = await failureOf(() => write(texts))
        expect([failure.code, failure.message]).toEqual([
          'GITHUB_RELEASE_MISSING',
          expect.stringMatching(message)
        ])
      }
      expect(server.releases).toEqual([])
    }
  )

  it.each<[string, string, 'new' | 'moved' | 'kept' | undefined, object]>([
    ['the newest', 'v1.0.0', 'moved', {make_latest: 'true', prerelease: false}],
    ['a hotfix of an old line', 'v1.0.0', 'kept', {make_latest: 'false', prerelease: false}],
    ['images without latest', 'v1.0.0', undefined, {make_latest: 'legacy', prerelease: false}],
    ['a candidate with a prefix', 'app-v1.0.0-rc.1', undefined, {make_latest: 'false', prerelease: true}],
    ['a candidate of a package', '@org/app@1.0.0-rc.1', undefined, {make_latest: 'false', prerelease: true}]
  ])('makes «Latest» of %s what latest of the images is (release-please#2317)', async (...row) => {
    const [, gitTag, state, expected] = row
    const {release} = await publish()
    const server = await start()
    server.tags.set(gitTag, 'a'.repeat(40))
    const document = JSON.parse(release) as {targets: {tags: {reference: string; state: string}[]}[]}
    const changed = document.targets.map(target => ({
      ...target,
      tags: target.tags.flatMap(tag => {
        if (!tag.reference.endsWith(':latest')) return [tag]
        return state === undefined ? [] : [{...tag, state}]
      })
    }))
    await write({
      release: JSON.stringify({...document, targets: changed}),
      'git-tag': gitTag,
      'create-release': 'published'
    })
    expect(server.releases).toMatchObject([expected])
  })

  it('takes a release that somebody else made at the same moment', async () => {
    const {release} = await publish()
    const state: {isDone?: boolean} = {}
    const server = await start({
      before: ({method}) => {
        if (method === 'POST' && !state.isDone) {
          state.isDone = true
          made(server, 'made by another')
        }
      }
    })
    server.tags.set('v1.0.0', 'a'.repeat(40))
    await write({release, 'create-release': 'published'})
    expect(server.releases).toHaveLength(1)
    expect(server.releases[0]!.body).toMatch(/^made by another\n\n<!-- image-release:images -->/)
  })

  it('lets eight services write to one release at once, and loses none', async () => {
    const {release} = await publish()
    const clock = {now: () => Date.now(), sleep: async (time: number) => await delay(time / 10)}
    const there = made(await start({latency: 30}))
    const all = Array.from({length: 8}, (_, position) => `service-${position}`)
    await Promise.all(
      all.map(async section => await write({release, section, title: section}, {...lab.ports, clock}))
    )
    for (const section of all)
      expect(there.body).toContain(`<!-- image-release:${section} -->\n## ${section}\n`)
    expect(there.body!.startsWith('What is new\n\n')).toBe(true)
  })

  it('says less where the notes are nearly full, and leaves them where they are full', async () => {
    const {release} = await publish()
    const server = await start()
    const there = made(server, 'x'.repeat(124_100))
    await write({release})
    expect(there.body).toContain('docker pull')
    expect(there.body).not.toContain('Digests and sizes')
    there.body = 'x'.repeat(124_700)
    await write({release})
    expect(there.body).toContain('| app | `sha256:')
    expect(there.body).not.toContain('docker pull')
    expect(there.body.length).toBeLessThanOrEqual(125_000)
    there.body = 'x'.repeat(124_950)
    expect(await failureOf(() => write({release}))).toMatchObject({code: 'NOTES_INVALID'})
    expect(there.body).toHaveLength(124_950)
  })

  it.each([
    [
      'no right to write',
      {forbids: ({method}) => method === 'PATCH'},
      /403 Resource not accessible/,
      /contents: write/
    ],
    ['a token that is not valid', {token: 'other'}, /401 Bad credentials/, /token is not valid/]
  ] as [string, GithubServerOptions, RegExp, RegExp][])(
    'says what to change where there is %s',
    async (_, options, message, hint) => {
      const {release} = await publish()
      made(await start(options))
      const failure = await failureOf(() => write({release, 'github-token': GITHUB_TOKEN}))
      expect([failure.code, failure.message, failure.hint]).toEqual([
        'GITHUB_FAILED',
        expect.stringMatching(message),
        expect.stringMatching(hint)
      ])
    }
  )

  it('writes a file only, without GitHub, and shows in a dry run what would change', async () => {
    const {release} = await publish()
    const outside = {...lab.ports, github: () => () => Promise.reject(new Error('GitHub is not to be asked'))}
    expect(await write({release, 'write-to': 'file'}, outside)).toMatchObject({
      url: '',
      change: 'none',
      notes: expect.stringContaining(`docker pull ${lab.images[0]!}:1.0.0`)
    })
    const there = made(await start())
    expect(await write({release, 'dry-run': 'true'})).toMatchObject({change: 'changed'})
    expect(there.body).toBe('What is new')
  })

  it.each([
    ['section', 'a--b', /not the name of a section/],
    ['section', 'a b', /not the name of a section/],
    ['github-repository', 'org', /owner\/name/],
    ['create-release', 'yes', /is not one of never, draft, published/]
  ])('refuses %s %s', async (name, value, message) => {
    await expect(write({release: '{"schema":1,"targets":[]}', [name]: value})).rejects.toThrow(message)
  })

  it('asks for the Git tag where the run is of none', async () => {
    const {release} = await publish()
    await start()
    const run = {...(await lab.ports.workflowRun()), ref: 'refs/heads/main'}
    const branch = {...lab.ports, workflowRun: () => Promise.resolve(run)}
    await expect(write({release}, branch)).rejects.toThrow(/git-tag: is required.*refs\/heads\/main/)
  })
})

describe('the verify commands of the notes', () => {
  it('name who signed, as the registry and GitHub have it', async () => {
    const registry = await startEmbedded()
    const github = await startGithub()
    const ports = testPorts([registry], {github: token => github.api(token)})
    const images = [`${registry.host}/org/app`]
    const {release, digest} = await publishRelease(ports, {
      images,
      version: '1.0.0',
      tags: releaseTags('1.0.0')
    })
    await pushBundle(clientOf(ports, images[0]!), parseDigest(digest))
    const predicate = {predicateType: 'https://slsa.dev/provenance/v1'}
    const payload = Buffer.from(JSON.stringify(predicate)).toString('base64')
    github.attestations.set(digest, [
      {verificationMaterial: {publicKey: {hint: ''}}, dsseEnvelope: {payload}}
    ])
    github.releases.push({id: 1, tag_name: 'v1.0.0', name: '', body: null, draft: false, prerelease: false})
    const texts = {release, 'cosign-key': 'https://org.example/cosign.pub'}
    const {notes} = await releaseNotesCommand.run(parseInputs(releaseNotesCommand.inputs, texts), ports)
    expect(notes).toContain(
      [
        '<details><summary>Verify</summary>\n\n```sh',
        `cosign verify --key https://org.example/cosign.pub ${images[0]!}@${digest}`,
        `gh attestation verify oci://${images[0]!}@${digest} --repo org/app`,
        '```'
      ].join('\n')
    )
    ports.close()
    await Promise.all([registry.stop(), github.stop()])
  })
})

/** A signature by key as cosign 3 pushes it: a bundle that refers to the image. */
async function pushBundle(client: RepositoryClient, subject: Digest): Promise<void> {
  const type = 'application/vnd.dev.sigstore.bundle.v0.3+json'
  const config = Buffer.from('{}')
  const bundle = Buffer.from(JSON.stringify({verificationMaterial: {publicKey: {hint: 'x'}}}))
  const describe_ = (bytes: Buffer, mediaType: string) => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length
  })
  const document = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: type,
    config: describe_(config, 'application/vnd.oci.empty.v1+json'),
    layers: [describe_(bundle, type)],
    subject: await client.headManifest(subject)
  }
  const manifest = manifestOf(Buffer.from(JSON.stringify(document)), OCI_MANIFEST)
  const blobs = new Map([config, bundle].map(bytes => [digestOf(bytes), bytes]))
  await pushImage(client, {
    root: manifest,
    manifests: [manifest],
    blob: digest => ({size: blobs.get(digest)!.length, open: () => Readable.from([blobs.get(digest)!])})
  })
  await addReferrers(client, subject, [manifest])
}
