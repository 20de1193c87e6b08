import {createHash} from 'node:crypto'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {Readable} from 'node:stream'
import {expect, it} from '@jest/globals'
import {diskStorage} from '../../src/embedded-registry/embedded-registry.js'
import {hexDigest} from '../../src/oci/digest.js'
import {uploadBlob} from '../../src/registry/blob-upload.js'
import {closedAfterEach} from '../support/closing.js'
import {memoryMeter} from '../support/memory-meter.js'
import {startEmbedded} from '../support/registries.js'
import {openClient} from '../support/registry-client.js'

const MEBIBYTE = 1024 * 1024
const SIZE = 256 * MEBIBYTE
const CHUNK = 64 * 1024
const closing = closedAfterEach()
const held = memoryMeter()

it('an upload of 256 MiB needs less than 64 MiB of memory', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'memory-'))
  closing.push(() => rm(folder, {recursive: true, force: true}))
  const registry = await startEmbedded({storage: diskStorage(folder)})
  closing.push(() => registry.stop())
  const client = openClient(registry)
  closing.push(() => client.close())
  const repository = client.repository('o/a')
  const chunk = Buffer.alloc(CHUNK, 'layer')
  const hash = createHash('sha256')
  for (let sent = 0; sent < SIZE; sent += CHUNK) hash.update(chunk)
  const digest = hexDigest(hash.digest('hex'))

  const before = held()
  const state = {peak: 0, sent: 0}
  const open = (): Readable =>
    new Readable({
      read() {
        if (state.sent % (8 * MEBIBYTE) === 0) state.peak = Math.max(state.peak, held() - before)
        state.sent += CHUNK
        // A copy, as a file would give it: the same buffer again and again would need no memory at all.
        this.push(state.sent <= SIZE ? Buffer.from(chunk) : null)
      }
    })
  expect(await uploadBlob(repository, {digest, body: {size: SIZE, open}})).toBe('uploaded')
  expect(await repository.blobSize(digest)).toBe(SIZE)
  expect(state.peak / MEBIBYTE).toBeLessThan(64)
}, 60_000)
