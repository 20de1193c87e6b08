import {type AttestingJob, startAttestingJob} from '../support/sigstore.js'
import {X509Certificate, verify} from 'node:crypto'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import {githubAttester} from '../../src/github/attester.js'
import {parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {listReferrers} from '../../src/registry/client/referrers.js'
import {listSignatures} from '../../src/signing/signature-list.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {startEmbedded, startEmbeddedWith} from '../support/registries.js'
import {buildAll, clientOf, digestAt, merge, releaseTags} from '../support/releases.js'

const PROVENANCE = 'https://slsa.dev/provenance/v1'

interface Bundle {
  readonly verificationMaterial: {readonly certificate: {readonly rawBytes: string}}
  readonly dsseEnvelope: {
    readonly payload: string
    readonly payloadType: string
    readonly signatures: readonly {readonly sig: string}[]
  }
}

describe('a release that GitHub attests', () => {
  let job: AttestingJob
  let first: Awaited<ReturnType<typeof startEmbedded>>
  let second: Awaited<ReturnType<typeof startEmbedded>>
  let ports: TestPorts
  let images: string[]
  let number = 0
  let environment: NodeJS.ProcessEnv

  beforeAll(async () => {
    job = await startAttestingJob()
    // GitHub's library reads its surroundings from the process.
    environment = process.env
    process.env = {...process.env, ...job.environment}
    first = await startEmbeddedWith('token')
    second = await startEmbedded()
  })
  afterAll(async () => {
    process.env = environment
    await Promise.all([first, second, job].map(one => one.stop()))
  })
  beforeEach(() => {
    number += 1
    job.answer(201)
    images = [first, second].map(({host}) => `${host}/org/app${number}`)
    ports = testPorts([first, second], {attest: githubAttester(job.environment)})
  })
  afterEach(() => ports.close())

  const release = async (texts: Readonly<Record<string, string>> = {}) => {
    const plan = await buildAll(ports, {images, version: '1.0.0', tags: releaseTags('1.0.0')})
    return await merge(ports, {plan: JSON.stringify(plan), attest: 'true', ...texts})
  }

  it('has one attestation of its digest with its names, kept by GitHub and on every registry', async () => {
    const kept = job.kept.length
    const outputs = await release()
    expect(job.kept).toHaveLength(kept + 1)
    const bundle = job.kept.at(-1) as Bundle
    const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64')
    expect(JSON.parse(payload.toString('utf8'))).toMatchObject({
      predicateType: PROVENANCE,
      subject: images.map(name => ({name, digest: {sha256: outputs.digest.replace('sha256:', '')}})),
      predicate: {
        buildDefinition: {externalParameters: {workflow: {repository: 'https://github.com/org/app'}}}
      }
    })
    for (const image of images) {
      const client = clientOf(ports, image)
      const [referrer, ...others] = await listReferrers(client, parseDigest(outputs.digest))
      expect(others).toEqual([])
      const {layers, artifactType, annotations} = readManifest(await client.getManifest(referrer!.digest))
      expect(artifactType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json')
      expect(annotations['dev.sigstore.bundle.predicateType']).toBe(PROVENANCE)
      expect(JSON.parse(Buffer.from(await client.getBlob(layers[0]!)).toString('utf8'))).toEqual(bundle)
      expect(await digestAt(ports, image, 'latest')).toBe(outputs.digest)
    }
    expect(outputs.attestations).toBe('https://github.com/org/app/attestations/42')
    expect(outputs['verify-commands'].split('\n')).toEqual(
      images.map(image => `gh attestation verify oci://${image}@${outputs.digest} --repo org/app`)
    )
  })

  it('is signed by the certificate that stands in the attestation', async () => {
    await release()
    const {verificationMaterial, dsseEnvelope} = job.kept.at(-1) as Bundle
    const certificate = new X509Certificate(Buffer.from(verificationMaterial.certificate.rawBytes, 'base64'))
    const payload = Buffer.from(dsseEnvelope.payload, 'base64')
    const signed = `DSSEv1 ${dsseEnvelope.payloadType.length} ${dsseEnvelope.payloadType} ${payload.length} ${payload.toString('utf8')}`
    const signature = Buffer.from(dsseEnvelope.signatures[0]!.sig, 'base64')
    const subjects = certificate.subjectAltName ?? ''
    expect(subjects).not.toBe('')
    expect(verify('sha256', Buffer.from(signed), certificate.publicKey, signature)).toBe(true)
  })

  it('attests the image of each platform too where that is wanted', async () => {
    const kept = job.kept.length
    const {digest} = await release({'sign-children': 'true'})
    expect(job.kept).toHaveLength(kept + 3)
    const client = clientOf(ports, images[0]!)
    const children = readManifest(await client.getManifest(parseDigest(digest))).manifests
    for (const {digest: child} of children)
      expect(await listSignatures(client, child)).toMatchObject([
        {digests: [child], predicateType: PROVENANCE}
      ])
  })

  it('is not tagged where GitHub refuses the attestation, and says which permissions are needed', async () => {
    job.answer(403)
    await expect(release()).rejects.toMatchObject({
      code: 'ATTEST_FAILED',
      message: expect.stringContaining('Resource not accessible by integration'),
      hint: expect.stringMatching(/id-token: write.*attestations: write/)
    })
    for (const image of images) expect(await digestAt(ports, image, '1.0.0')).toBeUndefined()
  })

  it.each([
    ['outside GitHub Actions', {GITHUB_ACTIONS: ''}, 'only a job of GitHub Actions can attest'],
    [
      'without id-token: write',
      {ACTIONS_ID_TOKEN_REQUEST_URL: ''},
      'may not ask GitHub for an identity token'
    ],
    ['without a token', {GITHUB_TOKEN: ''}, 'there is no token']
  ])('fails %s, with nothing tagged', async (_, missing, message) => {
    ports = testPorts([first, second], {attest: githubAttester({...job.environment, ...missing})})
    await expect(release()).rejects.toMatchObject({
      code: 'ATTEST_FAILED',
      message: expect.stringContaining(message)
    })
    for (const image of images) expect(await digestAt(ports, image, '1.0.0')).toBeUndefined()
  })

  it('never keeps an attestation beside an image that it does not speak of', async () => {
    const attest = githubAttester(job.environment)
    const other = parseDigest(`sha256:${'0'.repeat(64)}`)
    ports = testPorts([first, second], {
      attest: async subjects => await attest(subjects.map(({name}) => ({name, digest: other})))
    })
    await expect(release()).rejects.toMatchObject({
      code: 'ATTEST_FAILED',
      message: expect.stringContaining('speaks of something else')
    })
    for (const image of images) expect(await digestAt(ports, image, '1.0.0')).toBeUndefined()
  })
})
