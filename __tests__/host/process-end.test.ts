import {spawn} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {createServer, type Server} from 'node:http'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import {commandLine, type CommandLine} from '../support/command-line.js'
import {PROGRAM_VERSION} from '../../src/version.js'
import {close, listen} from '../support/loopback.js'
import {assertRuntime} from '../../src/host/runtime.js'
import {failureOf} from '../support/thrown.js'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {parseInputs} from '../../src/command/input.js'
import {scriptedExec} from '../support/builder-ports.js'
import {testPorts} from '../support/ports.js'

const DIGEST = `sha256:${'a'.repeat(64)}`

/** What keeps a process from its end: requests that are never answered, or answers that never end. */
const LINGERING: readonly [string, (server: Server) => void][] = [
  ['a registry that never answers', () => undefined],
  [
    'an answer that never ends',
    server =>
      void server.on('request', (request, response) => {
        if (!request.url?.includes('sha256')) response.writeHead(200).write('{')
      })
  ],
  [
    'an error that never ends',
    server =>
      void server.on('request', (request, response) => {
        if (!request.url?.includes('sha256')) response.writeHead(418).write('no')
      })
  ]
]

let program: CommandLine
beforeAll(() => {
  program = commandLine("await (process.env.GITHUB_ACTIONS ? runAction('merge-manifest') : runCli())")
})
afterAll(() => program.remove())

describe.each(LINGERING)('a process that failed ends, whatever is still under way: %s', (_, linger) => {
  let server: Server
  let folder: string
  let host: string
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'end-'))
    server = createServer((request, response) => {
      if (request.url === '/v2/' || request.url?.includes('sha256')) response.writeHead(404).end()
    })
    linger(server)
    host = `127.0.0.1:${await listen(server)}`
  })
  afterEach(async () => {
    server.closeAllConnections()
    await close(server)
    rmSync(folder, {recursive: true})
  })

  /** The registry holds its connections until the process has ended. */
  const run = async (args: readonly string[], env: Readonly<Record<string, string>>) => {
    const child = spawn(process.execPath, [program.entry, ...args], {
      cwd: folder,
      env: {PATH: process.env['PATH'] ?? '', HOME: folder, ...env}
    })
    const out: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => out.push(chunk))
    const exitCode = await new Promise<number | null>(resolve => child.on('close', resolve))
    return {exitCode, output: Buffer.concat(out).toString()}
  }

  it('on a command line', async () => {
    const args = ['--images', `${host}/o/app`, '--tags', 't', '--digests', DIGEST, '--wait', '0', '--yes']
    const ended = await run(['merge-manifest', ...args], {})
    expect(ended.output).toContain(`${host}/o/app@${DIGEST} is not there`)
    expect(ended.exitCode).toBe(1)
  }, 60_000)

  it('as an action', async () => {
    const inputs = {INPUT_IMAGES: `${host}/o/app`, INPUT_TAGS: 't', INPUT_DIGESTS: DIGEST, INPUT_WAIT: '0'}
    const ended = await run([], {...inputs, GITHUB_ACTIONS: 'true', RUNNER_TEMP: folder})
    expect(ended.output).toContain('is not there')
    expect(ended.exitCode).toBe(1)
  }, 60_000)
})

describe('a process whose run is over', () => {
  const answer = 5_000_000

  it('ends at once, whatever keeps it, and with all that it wrote', async () => {
    const ending = commandLine(
      `setInterval(() => undefined, 60_000); process.stdout.write('a'.repeat(${answer})); await runCli()`
    )
    try {
      const child = spawn(process.execPath, [ending.entry, '--version'], {
        stdio: ['ignore', 'pipe', 'inherit']
      })
      const out: Buffer[] = []
      // Nothing is read before the process had the time to fill the pipe.
      await new Promise(resolve => setImmediate(resolve))
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
      expect(await new Promise<number | null>(resolve => child.on('close', resolve))).toBe(0)
      expect(Buffer.concat(out).toString()).toBe(`${'a'.repeat(answer)}${PROGRAM_VERSION}\n`)
    } finally {
      ending.remove()
    }
  }, 60_000)
})

describe('the Node that runs this', () => {
  it.each(['20.19.0', '22.0.0', '24.11.1'])('may be %s', version => {
    expect(() => assertRuntime(version)).not.toThrow()
  })

  it.each(['16.20.2', '18.20.0', '20.18.3'])(
    'may not be %s, and the error says what is needed',
    async version => {
      const error = await failureOf(() => Promise.resolve().then(() => assertRuntime(version)))
      expect(error).toMatchObject({
        code: 'RUNNER_UNSUPPORTED',
        message: `this runs on Node ${version}, and needs 20.19 or later`
      })
      expect(error.hint).toContain('2.327.1')
    }
  )
})

/** Nothing listens there: each is another registry that refuses at once. */
const HOSTS = Array.from({length: 12}, (_, at) => `127.0.0.${at + 1}:1`)
const COMMIT = 'a'.repeat(40)

// Node 20 alone says so: signals of later ones take any number of listeners.
describe('a run with many registries is no leak in the eyes of Node', () => {
  let program: CommandLine
  let folder: string
  beforeAll(() => {
    program = commandLine()
    folder = mkdtempSync(path.join(tmpdir(), 'warnings-'))
  })
  afterAll(() => {
    program.remove()
    rmSync(folder, {recursive: true})
  })

  it.each([
    ['compute-tags', ['--event', 'tag', '--ref', 'v1.2.3', '--sha', COMMIT, '--strategy', 'release']],
    ['merge-manifest', ['--tags', 't', '--digests', `sha256:${'a'.repeat(64)}`, '--wait', '0', '--yes']]
  ])(
    '%s',
    async (command, args) => {
      const images = HOSTS.flatMap(host => [`${host}/o/app`, `${host}/o/other`]).join()
      const child = spawn(process.execPath, [program.entry, command, ...args, '--images', images], {
        cwd: folder,
        env: {PATH: process.env['PATH'] ?? '', HOME: folder}
      })
      const lines: Buffer[] = []
      child.stderr.on('data', (chunk: Buffer) => lines.push(chunk))
      child.stdout.resume()
      await new Promise(resolve => child.on('close', resolve))
      const said = Buffer.concat(lines).toString()
      expect(said).toMatch(/127\.0\.0\.\d+:1/)
      expect(said).not.toContain('Warning')
    },
    60_000
  )
})

/** The docker of a hosted Windows runner: it runs containers of Windows, and exports nothing. */
const DOCKER = {
  'docker buildx version': 'github.com/docker/buildx v0.33.0 abc\n',
  'docker buildx inspect': 'Name: default\nDriver: docker\n\nStatus: running\nPlatforms: windows/amd64\n'
}

describe('a build for Linux on a runner of another system', () => {
  const build = async (system: string | undefined, script: Parameters<typeof scriptedExec>[0]) => {
    const ports = testPorts([], {
      exec: scriptedExec(script),
      environment: name => (name === 'RUNNER_OS' ? system : undefined)
    })
    const texts = {images: 'registry.example/o/app', platforms: 'linux/amd64', context: 'examples/hello'}
    return await failureOf(() => buildByDigest.run(parseInputs(buildByDigest.inputs, texts), ports))
  }

  it.each([
    ['Windows', DOCKER],
    ['macOS', {}]
  ])('is refused on %s by name, with what to do', async (system, script) => {
    const error = await build(system, script)
    expect(error).toMatchObject({
      code: 'RUNNER_UNSUPPORTED',
      message: expect.stringContaining(`this runner is ${system}, and linux/amd64 cannot be built on it`)
    })
    expect(error.hint).toMatch(/runs-on: ubuntu-24\.04.*remote/)
  })

  it.each(['Linux', undefined])('is a builder that is missing on %s', async system => {
    expect((await build(system, {})).code).toBe('BUILDER_MISSING')
  })
})
