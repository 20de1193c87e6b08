import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {type Certificate, makeCertificate} from '../support/certificate.js'
import {describeWith} from '../support/components.js'
import {DISTRIBUTION_3, startDistribution3, startEmbedded} from '../support/registries.js'
import {newManifest, openClient} from '../support/registry-client.js'
import {type Protocols, startTlsFront} from '../support/tls-server.js'
import {parseTag} from '../../src/oci/reference.js'
import {clientSuite} from './client-suite.js'

describeWith(['openssl'], 'the client over TLS', () => {
  let certificate: Certificate
  beforeAll(async () => {
    certificate = await makeCertificate()
  })
  afterAll(async () => await certificate.remove())

  const embedded = async (protocols: Protocols): ReturnType<typeof startTlsFront> =>
    await startTlsFront(await startEmbedded({relativeLocations: true}), certificate, protocols)

  describe('over HTTP/2', () => clientSuite(async () => await embedded('both')))
  describe('over HTTP/1.1', () => clientSuite(async () => await embedded('http/1.1')))

  it.each<[Protocols, string]>([
    ['both', '2.0'],
    ['http/1.1', '1.1']
  ])('with %s is asked over HTTP/%s, and sent blobs over HTTP/1.1', async (protocols, version) => {
    const registry = await embedded(protocols)
    const client = openClient(registry)
    const repository = client.repository('o/versions')
    await repository.putManifest(await newManifest(repository), parseTag('1.0'))
    client.close()
    await registry.stop()
    const versionsOf = (part: RegExp): Set<string> =>
      new Set(registry.seen.filter(line => part.test(line)).map(line => line.slice(0, 3)))
    expect(versionsOf(/PUT .*\/manifests\//)).toEqual(new Set([version]))
    expect(versionsOf(/PUT .*\/blobs\//)).toEqual(new Set(['1.1']))
  })
})

describeWith(DISTRIBUTION_3, 'the client over the HTTP/2 of distribution 3', () => {
  const running: {certificate?: Certificate} = {}
  clientSuite(async () => {
    running.certificate = await makeCertificate()
    return await startDistribution3({certificate: running.certificate})
  })
  afterAll(async () => await running.certificate?.remove())
})
