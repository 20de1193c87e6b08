import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterEach, describe, expect, it} from '@jest/globals'
import {registry} from '../../src/embedded-registry/registry-command.js'
import {InputError, ReleaseError} from '../../src/errors.js'
import {parseInputs} from '../../src/command/input.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {startEmbedded} from '../support/registries.js'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

describe('the registry command', () => {
  it('runs until it is stopped, and gives out where it listened', async () => {
    const running = await start({})
    expect((await fetch(`${running.url}/v2/`)).status).toBe(200)
    expect(await running.stop()).toEqual({})
    await expect(fetch(`${running.url}/v2/`)).rejects.toThrow()
  })

  it('stops at once where it was stopped before it began', async () => {
    const ports = testPorts([], {signal: AbortSignal.abort()})
    const inputs = parseInputs(registry.inputs, {port: '0'})
    expect(await registry.run(inputs, ports)).toEqual({})
    ports.close()
  })

  it('says where it listens, how to push to it, and what it is asked', async () => {
    const {url, ports} = await start({})
    const host = url.replace('http://', '')
    expect(ports.reporter.notices).toEqual([`The registry listens on ${url} and keeps everything in memory.`])
    expect(ports.reporter.lines.join('\n')).toContain(`docker push ${host}/my/image:1.0`)
    expect(ports.reporter.lines.join('\n')).toContain('podman push --tls-verify=false')
    await fetch(`${url}/v2/a/tags/list`)
    expect(ports.reporter.lines.at(-1)).toBe('GET /v2/a/tags/list 404')
    expect(ports.reporter.warnings).toEqual([])
  })

  it('keeps what is pushed in a folder, and can give it without taking more', async () => {
    const dir = await folder()
    const first = await start({dir})
    await fetch(`${first.url}/v2/a/blobs/uploads/?digest=${EMPTY}`, {method: 'POST', body: '{}'})
    await first.stop()
    const second = await start({dir, 'read-only': 'true'})
    expect((await fetch(`${second.url}/v2/a/blobs/${EMPTY}`)).status).toBe(200)
    expect((await fetch(`${second.url}/v2/a/blobs/uploads/`, {method: 'POST'})).status).toBe(405)
    expect(second.ports.reporter.lines.join('\n')).toContain('docker pull')
  })

  it.each(['basic', 'token'])('asks who is there with %s authentication', async auth => {
    const users = 'ci:se:cr,et\nreader:r:pull\n# nobody:x'
    const {url, ports} = await start({auth, users, 'anonymous-pull': 'true'})
    expect((await fetch(`${url}/v2/`)).headers.get('www-authenticate')).toMatch(
      auth === 'basic' ? /^Basic/ : /^Bearer/
    )
    expect(ports.reporter.lines.join('\n')).toContain('docker login')
    const path = auth === 'basic' ? '/v2/' : '/token'
    const statuses = ['ci:se:cr,et', 'reader:r', 'reader:r:pull', 'nobody:x'].map(
      async user => (await fetch(`${url}${path}`, {headers: {authorization: `Basic ${btoa(user)}`}})).status
    )
    expect(await Promise.all(statuses)).toEqual([200, 200, 401, 401])
    expect(ports.reporter.lines.join('\n')).not.toContain('se:cr,et')
  })

  it('warns where other machines can reach it', async () => {
    // The loopback address in other words: it is not known as such, and yet no other machine reaches it.
    const {ports} = await start({host: '::ffff:127.0.0.1'})
    expect(ports.reporter.warnings).toEqual([
      'Other machines can reach this registry, nothing is encrypted and everyone there may push and delete.'
    ])
  })

  it.each([
    ['a user is missing', {auth: 'basic'}, [/^users: is required where auth is basic/]],
    ['users are not asked for', {users: 'a:b'}, [/^auth: is none/]],
    ['there is nothing to read', {'read-only': 'true'}, [/^read-only: needs dir/]],
    ['two things are wrong', {auth: 'token', 'read-only': 'true'}, [/^users:/, /^read-only:/]],
    [
      'the address is not ours',
      {host: '192.0.2.1'},
      [/^host: 192\.0\.2\.1 is not an address of this machine/]
    ]
  ])('refuses to start where %s', async (_what, texts, faults) => {
    const {issues} = await refused({port: '0', ...texts})
    expect(issues).toHaveLength(faults.length)
    faults.forEach((fault, index) =>
      expect(`${issues[index]?.input}: ${issues[index]?.message}`).toMatch(fault)
    )
  })

  it('names the port that is taken', async () => {
    const other = await startEmbedded()
    ends.push(() => other.stop())
    const port = String(other.registry.port)
    expect((await refused({port})).issues).toEqual([
      {input: 'port', message: `${port} is taken by another program; give another, or 0 for a free one`}
    ])
  })

  it('names the folder that cannot be used', async () => {
    const dir = path.join(await folder(), 'file')
    await writeFile(dir, '')
    expect((await refused({port: '0', dir})).issues[0]?.input).toBe('dir')
  })

  it.each(['a', 'a:', ':b', 'a b:c'])('does not take %j for a user, and does not print it', users => {
    const read = (): unknown => parseInputs(registry.inputs, {auth: 'basic', users})
    expect(read).toThrow(InputError)
    expect(read).toThrow(/^users: its value is not valid \(not shown, it is a secret\)$/)
  })
})

/** The digest of `{}`. */
const EMPTY = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'

interface Running {
  readonly url: string
  readonly ports: TestPorts
  readonly stop: () => Promise<unknown>
}

/** Runs the command on a free port, until the test ends or stops it. */
async function start(texts: Readonly<Record<string, string>>): Promise<Running> {
  const stopping = new AbortController()
  const ports = testPorts([], {signal: stopping.signal})
  const done = registry.run(parseInputs(registry.inputs, {port: '0', ...texts}), ports)
  const stop = (): Promise<unknown> => {
    stopping.abort()
    return done
  }
  ends.push(async () => {
    await stop()
    ports.close()
  })
  for (let tries = 0; ports.reporter.notices.length === 0 && tries < 100; tries++) await sleep(20)
  return {url: /http:\S+/.exec(ports.reporter.notices[0] ?? '')?.[0] ?? '', ports, stop}
}

async function refused(texts: Readonly<Record<string, string>>): Promise<InputError> {
  const ports = testPorts([])
  try {
    await registry.run(parseInputs(registry.inputs, texts), ports)
  } catch (thrown) {
    if (thrown instanceof InputError) return thrown
    throw thrown
  } finally {
    ports.close()
  }
  throw new ReleaseError('INPUT_INVALID', 'the command started')
}

async function folder(): Promise<string> {
  const created = await mkdtemp(path.join(tmpdir(), 'registry-command-'))
  ends.push(() => rm(created, {recursive: true, force: true}))
  return created
}
