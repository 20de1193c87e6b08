import {spawn} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {type Server, createServer} from 'node:http'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import {type CommandLine, commandLine} from '../support/command-line.js'
import {PROGRAM_VERSION} from '../../src/version.js'
import {close, listen} from '../support/loopback.js'

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
