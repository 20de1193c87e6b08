import {describe, expect, it} from '@jest/globals'
import {parseInputs} from '../../src/command/input.js'
import type {Digest} from '../../src/oci/digest.js'
import {manifestOf, readManifest} from '../../src/oci/manifest.js'
import {parseTag} from '../../src/oci/reference.js'
import {pushAttachment} from '../../src/registry/images/attachment-push.js'
import {report} from '../../src/reporting/report.js'
import type {ReportData} from '../../src/reporting/report-data.js'
import {verifyRelease} from '../../src/publishing/verify-release.js'
import {layerBytes} from '../support/images.js'
import type {TestPorts} from '../support/ports.js'
import {manifestOfLayer, putBlob} from '../support/registry-client.js'
import {type TestRelease, clientOf, layeredRelease, planOf, publishRelease} from '../support/releases.js'
import {suiteRegistries, twoEmbedded} from '../support/suite-registries.js'
import {failureOf} from '../support/thrown.js'

describe('report', () => {
  const lab = suiteRegistries('reports', twoEmbedded)

  /** A release whose application has so many bytes, on a base that stays. */
  const releaseOf = (version: string, size: number): TestRelease =>
    layeredRelease(lab.images, version, architecture => [
      {createdBy: 'ADD base', bytes: layerBytes(5000, 1)},
      {createdBy: 'COPY lib', bytes: layerBytes(2000, architecture.length)},
      {createdBy: 'COPY app', bytes: layerBytes(size, size)}
    ])

  const make = async (texts: Readonly<Record<string, string>>, ports: TestPorts = lab.ports) => {
    const outputs = await report.run(parseInputs(report.inputs, texts), ports)
    return {outputs, data: JSON.parse(ports.files.get('report.json') ?? '') as ReportData}
  }

  it('shows tags on all registries with before and after, platforms with their layers, and what grew', async () => {
    await publishRelease(lab.ports, releaseOf('1.1.0', 3000))
    const first = await publishRelease(lab.ports, releaseOf('1.2.0', 4000))
    const second = await publishRelease(lab.ports, releaseOf('1.3.0', 9000))
    const {data, outputs} = await make({
      release: second.release,
      plan: JSON.stringify(planOf(releaseOf('1.3.0', 9000))),
      journal: second.journal
    })
    expect(data.version).toBe('1.3.0')
    const [target] = data.targets
    expect(target!.digest).toBe(second.digest)
    expect(target!.tags).toHaveLength(6)
    expect(target!.tags).toContainEqual({
      reference: `${lab.images[1]!}:latest`,
      class: 'forward',
      state: 'moved',
      before: first.digest,
      after: second.digest
    })
    expect(target!.before).toMatchObject({digest: first.digest, version: '1.2.0'})
    expect(target!.platforms.map(({platform}) => platform)).toEqual(['linux/amd64', 'linux/arm64'])
    for (const {grew, layers, size} of target!.platforms) {
      expect(grew).toEqual([{createdBy: 'COPY app', before: 4000, now: 9000}])
      expect(layers.map(at => data.layers[at]!.size)).toEqual([5000, 2000, 9000])
      expect(size).toBeGreaterThan(16_000)
    }
    expect(data.notes).toEqual([])
    expect(Object.keys(lab.ports.kept.get(outputs.kept.replace('artifact ', '')) ?? {})).toEqual([
      'report.html',
      'report.json'
    ])
    expect(lab.ports.files.get('report.html')).toContain('<title>org/app 1.3.0</title>')
  })

  it('says what a tag points at that was moved since, and holds each check with its evidence', async () => {
    const {release} = await publishRelease(lab.ports, releaseOf('1.1.0', 3000))
    const client = clientOf(lab.ports, lab.images[0]!)
    const verified = await verifyRelease.run(parseInputs(verifyRelease.inputs, {release}), lab.ports)
    const other = await publishRelease(lab.ports, releaseOf('1.2.0', 3100))
    const {data} = await make({release, report: verified.report})
    const now = new Map(data.targets[0]!.tags.map(tag => [tag.reference, tag.now]))
    expect(now.get(`${client.name}:latest`)).toBe(other.digest)
    expect(now.get(`${client.name}:1.1.0`)).toBeUndefined()
    expect(data.checks).toHaveLength(6)
    expect(data.checks[0]).toMatchObject({kind: 'tag', faults: []})
    expect(data.checks[0]!.evidence).toMatch(
      /^points at sha256:[0-9a-f]{64}; has linux\/amd64, linux\/arm64; \d+ blobs there$/
    )
  })

  it('compares the packages of bills of materials that refer to the platforms', async () => {
    const attach = async (digest: string, versions: Readonly<Record<string, string>>): Promise<void> => {
      const client = clientOf(lab.ports, lab.images[0]!)
      const [child] = readManifest(await client.getManifest(digest as Digest)).manifests
      const components = Object.entries(versions).map(([name, version]) => ({name, version}))
      await pushAttachment(client, await client.getManifest(child!.digest), {
        artifactType: 'application/vnd.cyclonedx+json',
        bytes: Buffer.from(JSON.stringify({bomFormat: 'CycloneDX', components}))
      })
    }
    const first = await publishRelease(lab.ports, releaseOf('1.1.0', 3000))
    await attach(first.digest, {openssl: '3.0.11', wget: '1.24'})
    const second = await publishRelease(lab.ports, releaseOf('1.2.0', 3001))
    await attach(second.digest, {openssl: '3.0.13', curl: '8.7.1'})
    const {data} = await make({release: second.release})
    expect(data.targets[0]!.packages).toEqual([
      {
        platform: 'linux/amd64',
        total: 2,
        before: 2,
        added: [{name: 'curl', now: '8.7.1'}],
        removed: [{name: 'wget', before: '1.24'}],
        changed: [{name: 'openssl', before: '3.0.11', now: '3.0.13'}],
        unnamed: 0
      }
    ])
    expect(data.targets[0]!.attachments).toContainEqual(
      expect.objectContaining({kind: 'sbom', type: 'application/vnd.cyclonedx+json'})
    )
  })

  it('has what cosign before version 3 kept at tags of the digest in the graph of the index', async () => {
    const {digest, release} = await publishRelease(lab.ports, releaseOf('1.1.0', 3000))
    const client = clientOf(lab.ports, lab.images[0]!)
    const payload = Buffer.from('{"critical": {}}')
    const layer = {digest: await putBlob(client, payload), size: payload.length}
    const plain = await manifestOfLayer(client, layer)
    const document = JSON.parse(Buffer.from(plain.bytes).toString()) as object
    const mediaType = 'application/vnd.dev.cosign.simplesigning.v1+json'
    const signed = manifestOf(
      Buffer.from(JSON.stringify({...document, layers: [{mediaType, ...layer}]})),
      plain.mediaType
    )
    await client.putManifest(signed, parseTag(`${digest.replace(':', '-')}.sig`))
    const {data} = await make({release})
    expect(data.targets[0]!.attachments).toEqual([
      {
        kind: 'signature',
        type: mediaType,
        digest: signed.digest,
        of: digest
      }
    ])
  })

  it('shows what the documents say where no registry answers, and says which did not', async () => {
    const {release} = await publishRelease(lab.ports, releaseOf('1.1.0', 3000))
    const silent = {...lab.ports, send: () => Promise.reject(new Error('no route to host'))}
    const {data} = await make({release}, silent)
    expect(data.targets[0]!.tags).toHaveLength(6)
    expect(data.targets[0]!.platforms).toEqual([
      {platform: 'linux/amd64', layers: [], grew: []},
      {platform: 'linux/arm64', layers: [], grew: []}
    ])
    expect(data.notes).toHaveLength(2)
    expect(data.notes[0]).toMatch(/could not be read: .*no route to host/)
  })

  it('asks nobody where it is not to, and says so', async () => {
    const {release} = await publishRelease(lab.ports, releaseOf('1.1.0', 3000))
    const silent = {...lab.ports, send: () => Promise.reject(new Error('asked'))}
    const {data} = await make({release, ask: 'never'}, silent)
    expect(data.notes).toEqual(['No registry was asked: ask is never.'])
  })

  it('shows a plan of which nothing was published', async () => {
    const {data} = await make({plan: JSON.stringify(planOf(releaseOf('1.1.0', 3000)))})
    expect(data.targets[0]).toMatchObject({name: 'app', images: lab.images})
    expect(data.targets[0]!.tags[0]!.state).toBe('planned')
  })

  it('needs a document', async () => {
    expect(await failureOf(() => make({}))).toMatchObject({code: 'INPUT_INVALID'})
  })
})
