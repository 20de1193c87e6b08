// merge-manifest beside the fewest requests that could do it, and beside other people's programs: two images by digest
// become one index under many tags in two registries.
import {spawn, spawnSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {median} from './measure.mjs'

const NAMES = ['reg-a.bench.test', 'reg-b.bench.test']
const LOOPBACK = ['127.0.0.1', '127.0.0.1']
const TAGS = [1, 20, 50]
const MAX_MILLISECONDS = 15 * 60_000
/** How many times as long as the floor a merge of so many tags may take, with all its checks and the reading back. */
const MAX_RATIOS = new Map([
  [1, 2],
  [20, 1.8]
])
/** How many times the requests of the floor it may send at 20 tags: one read, one write and one read back for each. */
const MAX_REQUESTS = 2.7
/** Requests under way at once to one registry: what is more waits, so that more tags make a longer series. */
const IN_FLIGHT = 24

/** The lines of the report, and whether the aim was met. */
export async function benchMerge({dist, runs}) {
  const only = (process.env.BENCH_PROGRAMS ?? '').split(',')
  const latency = Number(process.env.BENCH_LATENCY ?? 30)
  const rows = await measureRows({dist, runs, latency, tags: TAGS, only})
  const reports = TAGS.map(tags => reportOf(rows.filter(row => row.tags === tags)))
  const times = [...MAX_RATIOS].map(([tags, most]) => `${most} times at ${tags}`)
  return {
    lines: reports.flatMap(({lines}) => lines),
    isMet: reports.every(({isFast, isFrugal}) => isFast && isFrugal) && isFlat(reports),
    aim: `within ${times.join(' and ')} tags of the floor; from 20 on before every other program and by ${MAX_REQUESTS} times its requests; no more in series with more tags`
  }
}

function reportOf(rows) {
  const [{tags}] = rows
  const names = [...new Set(rows.map(({name}) => name))]
  const middle = (name, field) => median(rows.filter(row => row.name === name).map(row => row[field]))
  const floor = middle('floor, HTTP/2', 'milliseconds')
  const ours = middle('image-release', 'milliseconds')
  const others = names.filter(name => !name.startsWith('floor') && name !== 'image-release')
  const lines = names.map(name => {
    const ratio = (middle(name, 'milliseconds') / floor).toFixed(2).padStart(6)
    const counts = ['requests', 'inSeries', 'connections'].map(field =>
      String(middle(name, field)).padStart(4)
    )
    const [requests, series, connections] = counts
    return `${name.padEnd(20)}${ratio} x floor ${requests} requests, ${series} in series, ${connections} connections`
  })
  return {
    lines: [`${tags} tags, 2 registries`, ...[...lines, startLine(middle)].map(line => `  ${line}`)],
    isFast:
      ours <= (MAX_RATIOS.get(tags) ?? Infinity) * floor &&
      (tags < 20 || others.every(name => ours < middle(name, 'milliseconds'))),
    isFrugal:
      tags < 20 || middle('image-release', 'requests') <= MAX_REQUESTS * middle('floor, HTTP/2', 'requests'),
    inSeries: middle('image-release', 'inSeries')
  }
}

/** How long a program takes from its start to its first request, beside one that does nothing else. */
function startLine(middle) {
  const [ours, floor] = ['image-release', 'floor, HTTP/2'].map(name => Math.round(middle(name, 'start')))
  return `first request after ${ours} ms, ${ours - floor} ms later than the floor's`
}

/** More tags take more loads of requests, of which each may wait for the one before; nothing else may make the series longer. */
function isFlat(reports) {
  const [one] = reports
  return reports.every(({inSeries}, position) => {
    const loads = Math.ceil((TAGS[position] + 2) / IN_FLIGHT)
    // Loads do not begin and end together.
    return inSeries <= (one.inSeries + 1) * (loads === 1 ? 1 : loads + 1)
  })
}

/** Starts the measuring: with names for the registries where this user may have a hosts file of his own, else on the loopback address. */
async function measureRows(options) {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-hosts-'))
  try {
    const file = path.join(import.meta.dirname, 'merge', 'rows.mjs')
    const isNamed = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0
    const words = [process.execPath, file, JSON.stringify({...options, names: isNamed ? NAMES : LOOPBACK})]
    if (!isNamed) return JSON.parse(await run(words))
    const hosts = path.join(folder, 'hosts')
    writeFileSync(hosts, `${readFileSync('/etc/hosts', 'utf8')}\n127.0.0.1 ${NAMES.join(' ')}\n`)
    const script = 'mount --bind "$0" /etc/hosts && exec "$@"'
    return JSON.parse(await run(['unshare', '-m', 'sh', '-c', script, hosts, ...words]))
  } finally {
    rmSync(folder, {recursive: true, force: true})
  }
}

/** Ends by SIGTERM what takes too long. */
function run([file, ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {stdio: ['ignore', 'pipe', 'inherit'], timeout: MAX_MILLISECONDS})
    const chunks = []
    child.stdout.on('data', chunk => chunks.push(chunk))
    child.once('error', reject)
    child.once('close', code =>
      code === 0
        ? resolve(Buffer.concat(chunks).toString())
        : reject(new Error(`rows.mjs ended with ${code}`))
    )
  })
}
