// cleanup-latest on a package of GHCR, judged by the truth of the generator, beside a floor that knows that truth.
import {fork, spawn} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {performance} from 'node:perf_hooks'
import {KEEP_VERSIONS, makeWorld, truthOf} from './cleanup-world.mjs'

const HERE = import.meta.dirname
const LATENCY = 30
const LARGE = 10_000
const SIZES = [200, 2000, LARGE]
const POLICIES = {
  untagged: ['--untagged', '--orphans'],
  newest: ['--keep-versions', String(KEEP_VERSIONS)]
}
const AIM = {
  dry: {requests: 1.3, time: 2},
  live: {requests: 1.1, time: 1.1},
  megabytes: 250,
  refused: 0.05
}
/** GitHub's limits of an hour and of a minute, in windows of two seconds. */
const LIMITS = {requests: 1000, points: 900, seconds: 2}

/** The lines of the report, and whether the aim was met. */
export async function benchCleanup({dist}) {
  const server = await startServer()
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-cleanup-'))
  try {
    const rows = []
    for (const size of sizes())
      for (const policy of Object.keys(POLICIES))
        for (const isDry of [true, false])
          rows.push(await compare({server, folder, dist}, {size, policy, isDry, latency: LATENCY}))
    rows.push(await paced({server, folder, dist}))
    return {
      lines: [HEADER, ...rows.map(({line}) => line)],
      isMet: rows.every(({isMet}) => isMet),
      aim: `nothing wrongly deleted or left behind, of ${LARGE} versions at most ${AIM.dry.requests} times the requests and ${AIM.dry.time} times the time of the floor where nothing is deleted, ${AIM.live.requests} times both where it is, under ${AIM.megabytes} MiB`
    }
  } finally {
    server.process.kill()
    rmSync(folder, {recursive: true, force: true})
  }
}

const HEADER = 'versions policy    run   going  wrong  left  requests  x floor    time  x floor   memory'

function sizes() {
  const given = process.env.BENCH_VERSIONS
  return given === undefined ? SIZES : given.split(',').map(Number)
}

async function compare(place, task) {
  const floor = await judged(place, task, floorProgram)
  const ours = await judged(place, task, ourProgram)
  const [requests, time] = [ours.requests / floor.requests, ours.seconds / floor.seconds]
  const {wrong, left, going, megabytes} = ours
  const columns = [
    [task.size, 8],
    [task.policy, -9],
    [task.isDry ? 'dry' : 'live', -5],
    [going, 5],
    [wrong, 6],
    [left, 5],
    [ours.requests, 9],
    [requests.toFixed(2), 8],
    [`${ours.seconds.toFixed(2)} s`, 7],
    [time.toFixed(2), 8],
    [`${megabytes} MiB`, 8]
  ]
  // A process that starts takes longer than all requests of a small package.
  const most = task.isDry || task.size < LARGE ? AIM.dry : AIM.live
  const isFast = (task.size < 1000 || requests <= most.requests) && (task.size < LARGE || time <= most.time)
  const isMet = wrong === 0 && left === 0 && isFast && megabytes < AIM.megabytes
  return {line: columns.map(([text, width]) => padded(text, width)).join(' '), isMet}
}

/** With both limits on: it waits as the answers say, and is seldom refused. */
async function paced(place) {
  const task = {size: 2000, policy: 'untagged', isDry: false, latency: 5, limits: LIMITS}
  const {wrong, left, requests, refused, seconds} = await judged(place, task, ourProgram)
  const line = `under GitHub's limits: ${requests} requests, ${refused} of them refused, ${wrong} wrong, ${left} left, ${seconds.toFixed(1)} s`
  return {line, isMet: wrong === 0 && left === 0 && refused <= requests * AIM.refused}
}

function padded(text, width) {
  return width < 0 ? String(text).padEnd(-width) : String(text).padStart(width)
}

/** Runs a program on a new world, and holds what it did against the truth. */
async function judged({server, folder, dist}, task, program) {
  const now = Date.now()
  const {size, latency, limits, policy, isDry} = task
  await server.ask({size, now, latency, limits})
  const world = makeWorld(size, now)
  const truth = truthOf(world, policy, now)
  const {args, env, chosen} = program({server, folder, dist, world, truth}, task)
  const run = await measured(args, env, folder)
  const after = await server.ask('state')
  const left = new Set(after.left)
  const gone = isDry
    ? new Set(chosen(run))
    : new Set(world.map(({digest}) => digest).filter(one => !left.has(one)))
  return {
    ...run,
    requests: after.requests,
    refused: after.refused,
    going: truth.size,
    wrong: [...gone].filter(digest => !truth.has(digest)).length,
    left: [...truth].filter(digest => !gone.has(digest)).length
  }
}

function ourProgram({server, folder, dist}, {policy, isDry}) {
  const image = `127.0.0.1:${server.port}/org/app`
  const chosen = ({stdout}) => {
    const [{plan}] = JSON.parse(readFileSync(JSON.parse(stdout)['report-file'], 'utf8'))
    return plan.manifests.map(({digest}) => digest)
  }
  return {
    args: [
      path.join(dist, 'cli.js'),
      'cleanup-latest',
      ...['--images', image, '--backend', 'ghcr', '--force', '--yes', ...POLICIES[policy]],
      ...(isDry ? ['--dry-run'] : [])
    ],
    env: {GITHUB_API_URL: `http://127.0.0.1:${server.port}`, GITHUB_TOKEN: 'bench', RUNNER_TEMP: folder},
    chosen
  }
}

function floorProgram({server, folder, world, truth}, {policy, isDry}) {
  const file = path.join(folder, 'floor.json')
  const read = readsOf(world, policy, truth).map(({digest}) => digest)
  const remove = isDry ? [] : world.filter(({digest}) => truth.has(digest)).map(({id}) => id)
  writeFileSync(file, JSON.stringify({pages: Math.ceil(world.length / 100), read, remove}))
  return {
    args: [path.join(HERE, 'cleanup-floor.mjs'), String(server.port), file],
    env: {},
    chosen: () => truth
  }
}

/**
 * What can have children, and matters: what is tagged, but for signatures, whose tags say what they are; and where
 * untagged versions stay, those that no index names. And what goes, once, for no listing tells what it refers to.
 */
function readsOf(world, policy, truth) {
  const named = new Set(world.flatMap(({document}) => document.manifests ?? []).map(({digest}) => digest))
  return world.filter(
    ({digest, tags}) =>
      truth.has(digest) ||
      (tags.length > 0 ? !tags[0].endsWith('.sig') : policy === 'newest' && !named.has(digest))
  )
}

/** Runs a program and reads, while it runs, how much memory it took at most. */
async function measured(args, env, folder) {
  const begun = performance.now()
  const surroundings = {PATH: process.env.PATH, HOME: folder, ...env}
  const child = spawn(process.execPath, args, {
    env: surroundings,
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const output = {stdout: '', stderr: ''}
  for (const name of ['stdout', 'stderr'])
    child[name].setEncoding('utf8').on('data', text => (output[name] += text))
  let megabytes = 0
  const watch = setInterval(() => (megabytes = Math.max(megabytes, peakOf(child.pid))), 50)
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  clearInterval(watch)
  const seconds = (performance.now() - begun) / 1000
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}:\n${output.stderr.slice(-4000)}`)
  return {...output, seconds, megabytes}
}

/** The most memory that a process had so far, in MiB; 0 where the system does not tell. */
function peakOf(pid) {
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Math.round(Number(kilobytes ?? 0) / 1024)
  } catch {
    return 0
  }
}

async function startServer() {
  const child = fork(path.join(HERE, 'cleanup-server.mjs'))
  const next = () => new Promise(resolve => child.once('message', resolve))
  const {port} = await next()
  const ask = async message => {
    const answer = next()
    child.send(message)
    return await answer
  }
  return {process: child, port, ask}
}
