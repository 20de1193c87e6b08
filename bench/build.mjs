// Cold and warm builds of the five examples by build-by-digest, beside buildx by hand with the flags of docker/build-push-action.
import {execFileSync, spawn} from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {performance} from 'node:perf_hooks'
import {setTimeout as sleep} from 'node:timers/promises'
import {median} from './measure.mjs'
import {end, startRegistry} from './registry-process.mjs'

const ROOT = path.resolve(import.meta.dirname, '..')
const COMPONENTS = path.join(ROOT, '.components')
const BIN = path.join(COMPONENTS, 'bin')
const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'amd64'
const PLATFORM = `linux/${ARCHITECTURE}`

const DOCKER = [BIN, ...(process.env.PATH ?? '').split(path.delimiter)]
  .map(folder => path.join(folder, 'docker'))
  .find(file => existsSync(file))

/** One image of each example: its context and Containerfile, and the image of Docker Hub that it is built on. */
const EXAMPLES = [
  {name: '000-orb', base: 'python:3.13-slim', file: 'Containerfile'},
  {name: '001-metro', base: 'busybox:1.37', file: 'Containerfile'},
  {
    name: '002-opencrate',
    base: 'python:3.13-slim',
    file: 'docker/dockerfiles/Dockerfile.cpu-py3.13',
    prepare: folder => execFileSync('python3', ['docker/dockerfile.py'], {cwd: folder, stdio: 'ignore'})
  },
  {name: '003-inclusive-world-portal', base: 'python:3.13.0-alpine3.19', file: 'Dockerfile'},
  {name: '004-mvpmvp', base: 'node:24-alpine', folder: 'services/gateway', file: 'Containerfile'}
]

/** How many times as long as by hand a build may take, with its own start, its questions and its checks. */
const AIM = {cold: 1.1, warm: 1.1}

/** The lines of the report, and whether the aims were met. */
export async function benchBuild({dist, runs}) {
  const wanted = process.env.BENCH_EXAMPLES?.split(',')
  const examples = EXAMPLES.filter(({name}) => wanted?.some(part => name.includes(part)) ?? true)
  const folder = mkdtempSync(path.join(tmpdir(), 'bb-'))
  const registry = await startRegistry(
    process.env.BENCH_REGISTRY ?? path.join(BIN, 'registry3'),
    path.join(folder, 'registry')
  )
  try {
    publishBases(registry.host, folder)
    const rows = []
    for (const example of examples)
      rows.push(await compare({dist, runs, folder, host: registry.host}, example))
    return report(rows)
  } finally {
    await registry.stop()
    rmSync(folder, {recursive: true, force: true})
  }
}

async function compare(bench, example) {
  const context = path.join(bench.folder, example.name)
  cpSync(path.join(ROOT, 'examples', example.name), context, {recursive: true})
  example.prepare?.(context)
  const figures = {ours: {cold: [], warm: []}, theirs: {cold: [], warm: []}}
  // The first of each only warms up what the machine keeps in memory.
  for (let run = -1; run < bench.runs; run++)
    for (const [who, call] of [
      ['ours', callOurs],
      ['theirs', callBuildx]
    ]) {
      const place = `${bench.host}/${who}/${example.name}-${run + 1}`
      for (const when of ['cold', 'warm']) {
        const made = await withBuildKit(bench, kit =>
          timed(
            call({
              ...bench,
              kit,
              place,
              context: path.join(context, example.folder ?? ''),
              file: example.file
            })
          )
        )
        if (run >= 0) figures[who][when].push(made)
      }
    }
  return {name: example.name, ...figures}
}

/** build-by-digest, as a job starts it. */
function callOurs({dist, kit, place, context, file}) {
  const options = {
    builder: 'buildx',
    context,
    file: path.join(context, file),
    images: place,
    platforms: PLATFORM,
    cache: `registry=${place}-cache:app`,
    sha: 'a'.repeat(40),
    ref: 'refs/heads/main',
    'records-folder': path.join(kit.folder, 'records')
  }
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
  return {program: process.execPath, args: [path.join(dist, 'cli.js'), 'build-by-digest', ...flags], kit}
}

/**
 * `docker buildx build`, as people and build-push-action call it, with the flags that the action gives it for Docker's recipe of
 * a push by digest, and the cache of its documentation; buildx by itself where there is no docker.
 */
function callBuildx({kit, place, context, file}) {
  const cache = `type=registry,ref=${place}-cache:app`
  const args = [
    'buildx',
    'build',
    ...['--builder', kit.name, '--platform', PLATFORM, '--file', path.join(context, file)],
    ...['--cache-from', cache, '--cache-to', `${cache},mode=max`],
    ...['--iidfile', path.join(kit.folder, 'iid'), '--metadata-file', path.join(kit.folder, 'metadata')],
    ...['--output', `type=image,name=${place},push-by-digest=true,name-canonical=true,push=true`],
    ...['--attest', 'type=provenance,mode=min,inline-only=true', '--progress', 'plain', context]
  ]
  return DOCKER === undefined
    ? {program: path.join(BIN, 'docker-buildx'), args: args.slice(1), kit}
    : {program: DOCKER, args, kit}
}

async function timed({program, args, kit}) {
  const begun = performance.now()
  const env = {...kit.env, PATH: kit.path, HOME: kit.folder, TMPDIR: kit.folder}
  const child = spawn(program, args, {cwd: kit.folder, env, stdio: ['ignore', 'pipe', 'pipe']})
  const log = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => log.push(chunk))
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const milliseconds = performance.now() - begun
  const text = Buffer.concat(log).toString()
  if (code !== 0)
    throw new Error(`${[path.basename(program), ...args].join(' ')} ended with ${code}:\n${text}`)
  return {milliseconds, cached: text.match(/#\d+ CACHED$/gm)?.length ?? 0}
}

/** A BuildKit that has built nothing, for as long as a body runs; its start does not count. */
async function withBuildKit({folder: parent, host}, body) {
  const folder = mkdtempSync(path.join(parent, 'k-'))
  const socket = path.join(folder, 's')
  const config = [
    `root = "${folder}/root"`,
    `[grpc]\n  address = ["unix://${socket}"]`,
    '[worker.oci]\n  enabled = true',
    '[worker.containerd]\n  enabled = false',
    `[registry."docker.io"]\n  mirrors = ["${host}"]`,
    `[registry."${host}"]\n  http = true`
  ]
  writeFileSync(path.join(folder, 'toml'), config.join('\n'))
  const search = [BIN, process.env.PATH].join(path.delimiter)
  const daemon = spawn(path.join(BIN, 'buildkitd'), ['--config', path.join(folder, 'toml')], {
    env: {PATH: search, HOME: folder},
    stdio: 'ignore'
  })
  const env = {DOCKER_CONFIG: path.join(folder, 'docker')}
  try {
    for (let waited = 0; !existsSync(socket); waited += 50) {
      if (daemon.exitCode !== null || waited > 20_000) throw new Error('buildkitd did not start')
      await sleep(50)
    }
    mkdirSync(path.join(env.DOCKER_CONFIG, 'cli-plugins'), {recursive: true})
    symlinkSync(path.join(BIN, 'docker-buildx'), path.join(env.DOCKER_CONFIG, 'cli-plugins/docker-buildx'))
    const create = ['create', '--name', 'bench', '--driver', 'remote', '--use', `unix://${socket}`]
    execFileSync(path.join(BIN, 'docker-buildx'), create, {
      env: {...env, PATH: search, HOME: folder},
      stdio: 'ignore'
    })
    return await body({name: 'bench', folder, env, path: search})
  } finally {
    await end(daemon)
    rmSync(folder, {recursive: true, force: true})
  }
}

/** busybox under the names of Docker Hub's images, with what the examples call. */
function publishBases(host, parent) {
  const folder = path.join(parent, 'programs')
  const bin = path.join(folder, 'usr/local/bin')
  mkdirSync(bin, {recursive: true})
  for (const name of ['python3', 'node']) {
    writeFileSync(path.join(bin, name), '#!/bin/sh\necho "${0##*/} $*"\n')
    chmodSync(path.join(bin, name), 0o755)
  }
  const programs = path.join(parent, 'programs.tar')
  execFileSync('tar', ['-C', folder, '--owner=0', '--group=0', '-cf', programs, 'usr'])
  const crane = (...args) => execFileSync(path.join(BIN, 'crane'), args, {stdio: 'ignore'})
  const files = path.join(COMPONENTS, 'rootfs', `${ARCHITECTURE}.tar`)
  for (const base of new Set(EXAMPLES.map(each => each.base))) {
    const tag = `${host}/library/${base}`
    crane('append', '--oci-empty-base', '-f', files, '-f', programs, '-t', tag)
    crane('mutate', tag, '--set-platform', PLATFORM, '--env', 'PATH=/usr/local/bin:/bin', '-t', tag)
  }
}

function report(rows) {
  const of = (figures, when) => ({
    seconds: median(figures[when].map(({milliseconds}) => milliseconds)) / 1000,
    cached: Math.min(...figures[when].map(({cached}) => cached))
  })
  const misses = []
  const lines = rows.flatMap(({name, ours, theirs}) =>
    ['cold', 'warm'].map(when => {
      const [own, other] = [of(ours, when), of(theirs, when)]
      if (own.seconds > other.seconds * AIM[when]) misses.push(name)
      if (when === 'warm' && own.cached < other.cached) misses.push(name)
      const steps = when === 'warm' ? `, ${own.cached} cached steps, buildx ${other.cached}` : ''
      const ratio = (own.seconds / other.seconds).toFixed(2)
      return `${name.padEnd(27)} ${when} ${ratio} times buildx: ${own.seconds.toFixed(2)} s, buildx ${other.seconds.toFixed(2)} s${steps}`
    })
  )
  return {
    lines,
    isMet: misses.length === 0,
    aim: `at most ${AIM.cold} times buildx by hand, and warm at least as many cached steps`
  }
}
