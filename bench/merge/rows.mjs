// Measures the merge, and prints what it saw as JSON: rows.mjs OPTIONS. Started by ../merge.mjs, where it can in a
// namespace of mounts of its own, in which the names of the registries are known.
import {spawn} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {performance} from 'node:perf_hooks'
import {imageFor, push, verify} from './images.mjs'
import {findProgram, programs, surroundings} from './programs.mjs'
import {startServers} from './servers.mjs'

const RUN_MILLISECONDS = 90_000
const options = JSON.parse(process.argv[2])
const images = ['amd64', 'arm64'].map(imageFor)
const program = findProgram('BENCH_REGISTRY', 'registry3', 'distribution')
if (program === undefined) throw new Error('there is no registry3: run script/components')
const servers = await startServers({...options, program})
// Whoever ends the bench ends what it started.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.once(signal, () => void servers.close().finally(() => process.exit(1)))
try {
  const env = surroundings(servers.folder, servers.certificate)
  const wanted = programs(options).filter(({name}) => options.only.some(part => name.includes(part)))
  const rows = []
  for (const tags of options.tags) {
    // One run of each comes before, and does not count. By turns, so that whatever else the machine does meets all.
    for (let run = -1; run < options.runs; run++)
      for (const [number, one] of wanted.entries()) {
        const row = await measure(one, tags, `bench/tags-${tags}/run-${run + 1}/program-${number}`, env)
        if (run >= 0) rows.push(row)
      }
  }
  console.log(JSON.stringify(rows))
} finally {
  await servers.close()
}

/** One run of a program, in a repository that nobody has used. */
async function measure({name, command}, count, repository, env) {
  const {registries} = servers
  for (const {direct} of registries) for (const image of images) await push(direct, repository, image)
  const job = jobOf(repository, count)
  const args = command(job)
  await Promise.all(registries.map(async ({reset}) => await reset()))
  const begun = performance.timeOrigin + performance.now()
  const milliseconds = await timed(name, args, env)
  const seen = await Promise.all(registries.map(async registry => await registry.seen()))
  for (const {direct} of registries) await verify(direct, repository, job)
  const requests = seen.flatMap(one => one.requests)
  const connections = seen.reduce((sum, one) => sum + one.connections, 0)
  return {
    name,
    tags: count,
    milliseconds,
    requests: requests.length,
    inSeries: seriesOf(requests),
    start: Math.min(...requests.map(request => request.begun)) - begun,
    connections
  }
}

function jobOf(repository, count) {
  const hosts = servers.registries.map(({host}) => host)
  const tags = Array.from({length: count}, (_, number) => (number === 0 ? 'v1.2.3' : `v1.2.3-t${number}`))
  const repositories = hosts.map(host => `${host}/${repository}`)
  const references = repositories.flatMap(name => tags.map(tag => `${name}:${tag}`))
  const file = path.join(servers.folder, 'job.json')
  const described = images.map(({digest, size, mediaType, platform}) => ({digest, size, mediaType, platform}))
  const job = {hosts, repository, repositories, references, tags, images: described, file}
  writeFileSync(file, JSON.stringify(job))
  return job
}

/** How many requests came one after another: the longest chain of which none overlap, over all registries. */
function seriesOf(requests) {
  const whole = requests.filter(({ended}) => ended !== undefined).sort((a, b) => a.ended - b.ended)
  const chain = {length: 0, end: -Infinity}
  for (const {begun, ended} of whole)
    if (begun >= chain.end) Object.assign(chain, {length: chain.length + 1, end: ended})
  return chain.length
}

/** Runs a program to its end, in a folder that is then removed; a program that does not end is killed with its children. */
async function timed(name, [file, ...args], env) {
  const cwd = mkdtempSync(path.join(servers.folder, 'run-'))
  const begun = performance.now()
  const child = spawn(file, args, {cwd, env, stdio: ['ignore', 'ignore', 'pipe'], detached: true})
  const log = []
  child.stderr.on('data', chunk => log.push(chunk))
  const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), RUN_MILLISECONDS)
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve))
  const milliseconds = performance.now() - begun
  clearTimeout(timer)
  rmSync(cwd, {recursive: true, force: true})
  if (code !== 0) throw new Error(`${name} ended with ${code}:\n${Buffer.concat(log)}`)
  return milliseconds
}
