import {createHash} from 'node:crypto'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {Readable} from 'node:stream'
import {diskStorage, startEmbeddedRegistry} from '../../src/embedded-registry/embedded-registry.js'
import {type Digest, hexDigest} from '../../src/oci/digest.js'
import {uploadBlob} from '../../src/registry/images/blob-upload.js'
import {copyImage} from '../../src/registry/images/image-copy.js'
import type {RepositoryClient} from '../../src/registry/client/repository-client.js'
import {manifestOfLayer, openClient} from '../support/registry-client.js'

// A program: bytes-held.ts upload|copy|pull SIZE. Sends or fetches one blob of SIZE bytes, and prints the most bytes that
// were held meanwhile. A process of its own, for what else a worker holds would be measured with it, and collecting that
// takes seconds a look. Needs --expose-gc.

const CHUNK = 64 * 1024
/** Bytes between two looks: what passes decides, not the time that it takes. */
const BETWEEN = 8 * 1024 * 1024

const [kind = '', given = ''] = process.argv.slice(2)
const size = Number(given)
const chunk = Buffer.alloc(CHUNK, 'layer')
const collectGarbage = (globalThis as unknown as {gc: () => void}).gc
const state = {before: 0, peak: 0, passed: 0, isMeasured: false}

/** What JavaScript and its buffers hold, without what only waits to be collected. */
function held(): number {
  // Buffers that a collection found are counted until a thread beside has let go of them; the next one waits for that.
  collectGarbage()
  collectGarbage()
  const {heapUsed, external} = process.memoryUsage()
  return heapUsed + external
}

function pass(bytes: number): void {
  const looks = Math.floor(state.passed / BETWEEN)
  state.passed += bytes
  if (state.isMeasured && Math.floor(state.passed / BETWEEN) > looks)
    state.peak = Math.max(state.peak, held() - state.before)
}

function startMeasuring(): void {
  Object.assign(state, {before: held(), isMeasured: true})
}

/** A blob of this size, as a file would give it: the same buffer again and again would need no memory at all. */
function* content(): Generator<Buffer> {
  for (let sent = 0; sent < size; sent += CHUNK) {
    pass(CHUNK)
    yield Buffer.from(chunk)
  }
}

const folder = await mkdtemp(path.join(tmpdir(), 'bytes-held-'))
const start = (name: string) => startEmbeddedRegistry({storage: diskStorage(path.join(folder, name))})
const registries = await Promise.all([start('from'), start('to')])
const clients = registries.map(registry => openClient(registry))
const [from, to] = clients.map(client => client.repository('o/a')) as [RepositoryClient, RepositoryClient]

async function push(): Promise<Digest> {
  const hash = createHash('sha256')
  for (let sent = 0; sent < size; sent += CHUNK) hash.update(chunk)
  const digest = hexDigest(hash.digest('hex'))
  await uploadBlob(from, {digest, body: {size, open: () => Readable.from(content())}})
  if ((await from.blobSize(digest)) !== size) throw new Error('the registry has another size')
  return digest
}

/** An image with that one layer. */
async function pushImage(): Promise<Digest> {
  const layer = await push()
  const manifest = await manifestOfLayer(from, {digest: layer, size})
  await from.putManifest(manifest)
  return manifest.digest
}

/** Fetches it as any client does. */
async function pull(digest: Digest): Promise<void> {
  const response = await fetch(`http://${registries[0].host}/v2/o/a/blobs/${digest}`)
  const hash = createHash('sha256')
  for await (const piece of response.body as AsyncIterable<Uint8Array>) {
    hash.update(piece)
    pass(piece.length)
  }
  if (`sha256:${hash.digest('hex')}` !== digest) throw new Error('other bytes came back')
}

/** A copy of the image. Looks come by the clock, and take a tenth of the time at most, on a busy machine, too. */
async function copy(digest: Digest): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const look = (): void => {
    const begun = performance.now()
    pass(BETWEEN)
    timer = setTimeout(look, 20 + 9 * (performance.now() - begun))
  }
  look()
  const {uploaded} = await copyImage(from, to, digest).finally(() => clearTimeout(timer))
  if (uploaded <= size) throw new Error(`only ${uploaded} bytes were copied`)
}

const works: Readonly<Record<string, () => Promise<unknown>>> = {
  upload: () => {
    startMeasuring()
    return push()
  },
  pull: async () => {
    const digest = await push()
    startMeasuring()
    await pull(digest)
  },
  copy: async () => {
    const digest = await pushImage()
    startMeasuring()
    await copy(digest)
  }
}

try {
  await works[kind]!()
  process.stdout.write(`${state.peak}\n`)
} finally {
  for (const client of clients) client.close()
  for (const registry of registries) await registry.close()
  await rm(folder, {recursive: true, force: true})
}
