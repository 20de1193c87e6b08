import {afterAll, afterEach, beforeAll, beforeEach, expect, it} from '@jest/globals'
import {parseTag} from '../../src/oci/reference.js'
import {type Certificate, makeCertificate} from '../support/certificate.js'
import {describeWith} from '../support/components.js'
import {type TestClient, newManifest, openClient} from '../support/registry-client.js'
import {startEmbedded} from '../support/registries.js'
import {failureOf} from '../support/thrown.js'
import {type Protocols, startTlsFront, startTlsServer} from '../support/tls-server.js'

const TAG = parseTag('1.0')

describeWith(['openssl'], 'a registry whose certificate nobody vouches for', () => {
  let certificate: Certificate
  beforeAll(async () => {
    certificate = await makeCertificate()
  })
  afterAll(() => certificate.remove())

  for (const protocols of ['both', 'http/1.1'] as const) within(protocols, () => certificate)

  it('is refused without the input, and the hint names it', async () => {
    const front = await startTlsFront(await startEmbedded(), certificate)
    const client = openClient({host: front.host})
    try {
      const error = await failureOf(() => client.repository('o/a').headManifest(TAG))
      expect(error).toMatchObject({
        code: 'REGISTRY_UNREACHABLE',
        hint: expect.stringContaining(`name ${front.host} in the input insecure`)
      })
    } finally {
      client.close()
      await front.stop()
    }
  })

  it('is not trusted for where it leads to', async () => {
    const store = await startTlsServer(certificate, (_, response) => void response.end('bytes'))
    const registry = await startTlsServer(certificate, (_, response) => {
      response.statusCode = 307
      response.setHeader('location', `https://${store.host}/blob`)
      response.end()
    })
    const client = openClient({host: registry.host}, {insecure: [registry.host], tries: 1})
    try {
      const error = await failureOf(() => client.repository('o/a').headManifest(TAG))
      expect(error.message).toContain(`${store.host}/blob: no answer`)
      expect(error.hint).toContain(`name ${store.host} in the input insecure`)
      expect(store.seen).toEqual([])
    } finally {
      client.close()
      await registry.stop()
      await store.stop()
    }
  })
})

function within(protocols: Protocols, certificate: () => Certificate): void {
  let front: Awaited<ReturnType<typeof startTlsFront>>
  let client: TestClient
  beforeEach(async () => {
    front = await startTlsFront(await startEmbedded(), certificate(), protocols)
    client = openClient({host: front.host}, {insecure: [front.host]})
  })
  afterEach(async () => {
    client.close()
    await front.stop()
  })

  it(`is pushed to and read from where the input names it: ${protocols}`, async () => {
    const repository = client.repository('o/a')
    const manifest = await newManifest(repository)
    await repository.putManifest(manifest, TAG)
    expect((await repository.headManifest(TAG))?.digest).toBe(manifest.digest)
    expect(front.seen.length).toBeGreaterThan(4)
  })
}
