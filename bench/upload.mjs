// A layer of 1 GiB from a layout to registries: how fast beside skopeo, how much memory, and nothing twice.
import {spawn} from 'node:child_process'
import {createHash, randomBytes} from 'node:crypto'
import {closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync} from 'node:fs'
import {rmSync, writeFileSync, writeSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {performance} from 'node:perf_hooks'
import {median} from './measure.mjs'
import {startRegistry} from './registry-process.mjs'

const ROOT = path.resolve(import.meta.dirname, '..')
const MEBIBYTE = 1024 * 1024
const AIM = {ratio: 1.15, memory: 200 * MEBIBYTE}

/** The lines of the report, and whether the aims were met. */
export async function benchUpload({dist, runs}) {
  const size = Number(process.env.BENCH_LAYER_MIB ?? 1024)
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-upload-'))
  try {
    const layout = makeLayout(path.join(folder, 'layout'), size)
    const figures = {skopeo: [], one: [], two: [], memory: 0, again: -1}
    // The first of each only warms up what the machine keeps in memory.
    for (let run = -1; run < runs; run++)
      for (const measure of [measureSkopeo, measureOne, measureTwo])
        await measure({dist, folder, layout, run}, figures)
    return report(figures, size)
  } finally {
    rmSync(folder, {recursive: true, force: true})
  }
}

function report({skopeo, one, two, memory, again}, size) {
  const lines = [
    `layer of ${size} MiB, ${existsSync(findSkopeo()) ? 'beside skopeo copy' : 'skopeo is not there'}`,
    `to one registry                   ${ratio(one, skopeo)} x skopeo copy`,
    `to two registries side by side    ${ratio(two, skopeo)} x skopeo copy to one`,
    `memory at most, two registries    ${Math.ceil(memory / MEBIBYTE)} MiB`,
    `bytes sent by a second push       ${again}`
  ]
  const isFast = skopeo.length === 0 || median(one) / median(skopeo) <= AIM.ratio
  return {
    lines,
    isMet: isFast && memory < AIM.memory && again === 0,
    aim: 'within 15 % of skopeo copy, under 200 MiB, no byte sent twice'
  }
}

function ratio(ours, theirs) {
  return theirs.length === 0 ? '   ?' : (median(ours) / median(theirs)).toFixed(2)
}

async function measureSkopeo({folder, layout, run}, figures) {
  const skopeo = findSkopeo()
  if (!existsSync(skopeo)) return
  await withRegistries(folder, 1, async ([host]) => {
    const args = ['copy', '--quiet', '--dest-tls-verify=false', `oci:${layout}`, `docker://${host}/o/a:1`]
    const {milliseconds} = await timed(skopeo, args, folder)
    if (run >= 0) figures.skopeo.push(milliseconds)
  })
}

async function measureOne(bench, figures) {
  await withRegistries(bench.folder, 1, async hosts => {
    const {milliseconds} = await push(bench, hosts)
    if (bench.run >= 0) figures.one.push(milliseconds)
  })
}

async function measureTwo(bench, figures) {
  await withRegistries(bench.folder, 2, async hosts => {
    const {milliseconds, memory} = await push(bench, hosts)
    if (bench.run >= 0) figures.two.push(milliseconds)
    figures.memory = Math.max(figures.memory, memory)
    const {stdout} = await push(bench, hosts)
    const pushes = [...stdout.matchAll(/"uploaded":\s*(\d+)/g)].map(([, bytes]) => Number(bytes))
    if (pushes.length < 2) throw new Error(`the metrics name no bytes: ${stdout}`)
    figures.again = pushes.reduce((sum, bytes) => sum + bytes, 0)
  })
}

/** Our own program, as a job starts it. */
async function push({dist, folder, layout}, hosts) {
  const images = hosts.map(host => `${host}/o/a`).join(',')
  const options = [
    '--source',
    layout,
    '--images',
    images,
    '--platforms',
    'linux/amd64',
    '--output',
    'metrics'
  ]
  return await timed(process.execPath, [path.join(dist, 'cli.js'), 'build-by-digest', ...options], folder)
}

/** Runs a program to its end: how long it took, what it wrote, and the most memory that it held. */
async function timed(program, args, cwd) {
  const begun = performance.now()
  const env = {PATH: process.env.PATH, HOME: cwd, TMPDIR: cwd}
  const child = spawn(program, args, {cwd, env, stdio: ['ignore', 'pipe', 'pipe']})
  const texts = {stdout: '', stderr: ''}
  for (const name of ['stdout', 'stderr']) child[name].on('data', chunk => (texts[name] += chunk))
  const peak = {memory: 0}
  const watch = setInterval(() => (peak.memory = Math.max(peak.memory, residentPeak(child.pid))), 20)
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  clearInterval(watch)
  if (code !== 0) throw new Error(`${path.basename(program)} ended with ${code}:\n${texts.stderr}`)
  return {...texts, ...peak, milliseconds: performance.now() - begun}
}

/** Bytes; 0 where the system does not tell. */
function residentPeak(pid) {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

/** Fresh registries for each measure: skopeo remembers where a blob stands, and has it mounted there. */
async function withRegistries(folder, number, body) {
  const started = []
  try {
    for (let at = 0; at < number; at++)
      started.push(await startIn(mkdtempSync(path.join(folder, 'registry-'))))
    await body(started.map(({host}) => host))
  } finally {
    await Promise.all(started.map(({stop}) => stop()))
  }
}

/** What it holds goes when it is stopped: every measure would leave a layer. */
async function startIn(folder) {
  const {host, stop} = await startRegistry(findRegistry(), folder)
  return {
    host,
    stop: async () => {
      await stop()
      rmSync(folder, {recursive: true, force: true})
    }
  }
}

function findRegistry() {
  return process.env.BENCH_REGISTRY ?? path.join(ROOT, '.components/bin/registry3')
}

function findSkopeo() {
  return process.env.BENCH_SKOPEO ?? '/usr/bin/skopeo'
}

/** An OCI image layout with one layer of random bytes, which nothing can shorten. */
function makeLayout(folder, mebibytes) {
  const blobs = path.join(folder, 'blobs/sha256')
  mkdirSync(blobs, {recursive: true})
  const hash = createHash('sha256')
  const piece = randomBytes(MEBIBYTE)
  const file = openSync(path.join(folder, 'layer'), 'w')
  for (let at = 0; at < mebibytes; at++) {
    piece.writeUInt32LE(at)
    hash.update(piece)
    writeSync(file, piece)
  }
  closeSync(file)
  const layer = hash.digest('hex')
  renameSync(path.join(folder, 'layer'), path.join(blobs, layer))
  const put = document => {
    const bytes = Buffer.from(JSON.stringify(document))
    const digest = createHash('sha256').update(bytes).digest('hex')
    writeFileSync(path.join(blobs, digest), bytes)
    return {digest: `sha256:${digest}`, size: bytes.length}
  }
  const type = name => `application/vnd.oci.image.${name}`
  const rootfs = {type: 'layers', diff_ids: [`sha256:${layer}`]}
  const config = put({os: 'linux', architecture: 'amd64', config: {}, rootfs})
  const manifest = put({
    schemaVersion: 2,
    mediaType: type('manifest.v1+json'),
    config: {mediaType: type('config.v1+json'), ...config},
    layers: [{mediaType: type('layer.v1.tar'), digest: `sha256:${layer}`, size: mebibytes * MEBIBYTE}]
  })
  const manifests = [{mediaType: type('manifest.v1+json'), ...manifest}]
  writeFileSync(path.join(folder, 'index.json'), JSON.stringify({schemaVersion: 2, manifests}))
  writeFileSync(path.join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  return folder
}
