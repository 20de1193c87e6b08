import {Readable} from 'node:stream'
import {createHash, randomBytes} from 'node:crypto'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {diskStorage} from '../../src/embedded-registry/embedded-registry.js'
import {hexDigest} from '../../src/oci/digest.js'
import type {Manifest} from '../../src/oci/manifest.js'
import {downloadBlob} from '../../src/registry/images/blob-download.js'
import {uploadBlob} from '../../src/registry/images/blob-upload.js'
import {copyImage} from '../../src/registry/images/image-copy.js'
import type {RepositoryClient} from '../../src/registry/client/repository-client.js'
import {closedAfterEach} from '../support/closing.js'
import {testPorts} from '../support/ports.js'
import {startEmbedded} from '../support/registries.js'
import {manifestOfLayer} from '../support/registry-client.js'
import {clientOf} from '../support/releases.js'
import {failureOf} from '../support/thrown.js'

const MEBIBYTE = 1024 * 1024
const CHUNK = 64 * 1024

describe('what a copy transfers', () => {
  const closing = closedAfterEach()

  async function start() {
    const folder = await mkdtemp(path.join(tmpdir(), 'copy-'))
    closing.push(() => rm(folder, {recursive: true, force: true}))
    const registry = await startEmbedded({storage: diskStorage(folder)})
    closing.push(() => registry.stop())
    return registry
  }

  async function startPair() {
    const [first, second] = [await start(), await start()]
    const ports = testPorts([first, second])
    closing.push(() => ports.close())
    return {
      first,
      ports,
      from: clientOf(ports, `${first.host}/o/a`),
      to: clientOf(ports, `${second.host}/o/a`)
    }
  }

  /** An image with one layer of this many bytes. */
  async function pushLayer(client: RepositoryClient, size: number): Promise<Manifest> {
    const chunk = randomBytes(CHUNK)
    const hash = createHash('sha256')
    for (let sent = 0; sent < size; sent += CHUNK) hash.update(chunk)
    const layer = hexDigest(hash.digest('hex'))
    function* content() {
      for (let sent = 0; sent < size; sent += CHUNK) yield Buffer.from(chunk)
    }
    await uploadBlob(client, {digest: layer, body: {size, open: () => Readable.from(content())}})
    const manifest = await manifestOfLayer(client, {digest: layer, size})
    await client.putManifest(manifest)
    return manifest
  }

  it('is fetched and sent again where the source breaks off, and counts once', async () => {
    const {first, from, to} = await startPair()
    const {digest} = await pushLayer(from, MEBIBYTE)
    first.registry.faults.add({
      method: 'GET',
      path: '*/blobs/*',
      times: 2,
      action: {kind: 'truncate', afterBytes: 10}
    })
    expect((await copyImage(from, to, digest)).manifests).toBe(1)
  })

  it('is refused where the source gives other bytes', async () => {
    const {first, from, to} = await startPair()
    const manifest = await pushLayer(from, MEBIBYTE)
    first.registry.faults.add({method: 'GET', path: '*/blobs/*', action: {kind: 'corrupt'}})
    await failureOf(() => copyImage(from, to, manifest.digest))
    expect(await to.headManifest(manifest.digest)).toBeUndefined()
    const [, layer] = [
      ...Buffer.from(manifest.bytes)
        .toString()
        .matchAll(/"digest":"(sha256:\w+)"/g)
    ]
    const blob = {digest: hexDigest(layer![1]!.slice(7)), size: MEBIBYTE}
    expect((await failureOf(() => downloadBlob(from, blob))).code).toBe('DIGEST_MISMATCH')
    first.registry.faults.clear()
    await downloadBlob(from, blob)
    expect((await failureOf(() => downloadBlob(from, {...blob, size: 7}))).message).toContain(
      'more than 7 bytes came'
    )
  })

  it('is mounted within a registry', async () => {
    const {first, ports, from} = await startPair()
    const {digest} = await pushLayer(from, MEBIBYTE)
    const {uploaded, skipped} = await copyImage(from, clientOf(ports, `${first.host}/o/b`), digest)
    expect(uploaded).toBe(0)
    expect(skipped).toBeGreaterThan(MEBIBYTE)
  })
})
