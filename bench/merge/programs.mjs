// The programs that are compared: ours, the floor, and what of other people's is on this machine.
import {accessSync, constants, mkdirSync, symlinkSync, writeFileSync} from 'node:fs'
import path from 'node:path'

const COMPONENTS = path.resolve(import.meta.dirname, '../../.components/bin')

/** The path of a program: as a variable names it, from .components, or from PATH. */
export function findProgram(variable, ...names) {
  const places = [COMPONENTS, ...(process.env.PATH ?? '').split(path.delimiter)]
  const files = places.flatMap(folder => names.map(name => path.join(folder, name)))
  return [process.env[variable], ...files].find(file => file && isExecutable(file))
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * For each program, the command line that joins the images of a job and tags the index: a job has `images` (digests),
 * `tags`, `repositories` (HOST/NAME), `references` (HOST/NAME:TAG) and `file`, which holds it as JSON.
 */
export function programs({dist}) {
  const peers = {
    buildx: findProgram('BENCH_BUILDX', 'buildx', 'docker-buildx'),
    crane: findProgram('BENCH_CRANE', 'crane'),
    regctl: findProgram('BENCH_REGCTL', 'regctl'),
    oras: findProgram('BENCH_ORAS', 'oras')
  }
  const floor = path.join(import.meta.dirname, 'floor.mjs')
  return [
    {name: 'floor, HTTP/2', command: ({file}) => [process.execPath, floor, 'h2', file]},
    {name: 'floor, HTTP/1.1', command: ({file}) => [process.execPath, floor, 'h1', file]},
    {name: 'image-release', command: job => ours(path.join(dist, 'cli.js'), job)},
    ...[
      {name: 'buildx imagetools', program: peers.buildx, line: imagetools},
      {name: 'crane', program: peers.crane, line: crane},
      {name: 'regctl', program: peers.regctl, line: regctl},
      {name: 'oras', program: peers.oras, line: oras}
    ]
      .filter(({program}) => program !== undefined)
      .map(({name, program, line}) => ({name, command: job => line(program, job)}))
  ]
}

function ours(cli, {repositories, tags, images}) {
  const digests = images.map(({digest}) => digest)
  const flags = ['--images', repositories.join(), '--tags', tags.join(), '--digests', digests.join()]
  return [process.execPath, cli, 'merge-manifest', ...flags]
}

function imagetools(program, {references, repositories, images}) {
  const sources = images.map(({digest}) => `${repositories[0]}@${digest}`)
  return [program, 'imagetools', 'create', ...references.flatMap(one => ['-t', one]), ...sources]
}

function crane(program, {repositories, tags: [first, ...others], images}) {
  const lines = repositories.flatMap(name => {
    const sources = images.map(({digest}) => `-m ${name}@${digest}`).join(' ')
    const tag = other => `${program} tag ${name}:${first} ${other}`
    return [`${program} index append -t ${name}:${first} ${sources}`, ...others.map(tag)]
  })
  return shell(lines)
}

function regctl(program, {repositories, tags: [first, ...others], images}) {
  const lines = repositories.flatMap(name => {
    const sources = images.map(({digest}) => `--ref ${name}@${digest}`).join(' ')
    const copy = other => `${program} image copy ${name}:${first} ${name}:${other}`
    return [`${program} index create ${name}:${first} ${sources}`, ...others.map(copy)]
  })
  return shell(lines)
}

function oras(program, {repositories, tags, images}) {
  const digests = images.map(({digest}) => digest).join(' ')
  return shell(repositories.map(name => `${program} manifest index create ${name}:${tags.join()} ${digests}`))
}

/** One process can do the work only where a program does it in one call. */
function shell(lines) {
  return ['/bin/sh', '-ec', lines.join('\n')]
}

/** A home of their own for the programs: nobody's logins, and the certificate of the bench. */
export function surroundings(folder, certificate) {
  const home = path.join(folder, 'home')
  const docker = path.join(home, '.docker')
  mkdirSync(path.join(docker, 'cli-plugins'), {recursive: true})
  writeFileSync(path.join(docker, 'config.json'), '{}')
  const buildx = findProgram('BENCH_BUILDX', 'buildx', 'docker-buildx')
  if (buildx !== undefined) symlinkSync(buildx, path.join(docker, 'cli-plugins', 'docker-buildx'))
  return {
    PATH: process.env.PATH,
    HOME: home,
    DOCKER_CONFIG: docker,
    SSL_CERT_FILE: certificate,
    NODE_EXTRA_CA_CERTS: certificate
  }
}
