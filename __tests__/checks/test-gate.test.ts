import {readFile} from 'node:fs/promises'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import type {GateCall} from '../../src/checks/gate-command.js'
import {runTest} from '../../src/checks/test/test-gate.js'
import {ReleaseError} from '../../src/errors.js'
import {execPrograms} from '../support/exec-programs.js'
import type {Ports} from '../../src/ports.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {failureOf} from '../support/thrown.js'

let ports: TestPorts
beforeEach(() => {
  ports = testPorts([], {exec: execPrograms})
})
afterEach(() => ports.close())

const run = (line: string, changes: Partial<GateCall> = {}, on: Ports = ports) =>
  runTest(
    {
      call: {command: {line}, env: {IMAGE: 'app:test'}, passed: [], timeout: 20_000, secrets: [], ...changes},
      title: 'app, linux/amd64',
      artifact: 'test-logs-app',
      isPushed: false
    },
    on
  )
const log = (): string | undefined => ports.kept.get('test-logs-app')?.['test-logs-app.log']

describe('a test', () => {
  it('that passes leaves its log', async () => {
    await run('echo "testing $IMAGE"; echo odd >&2')
    expect(log()?.split('\n').sort()).toEqual(['', 'odd', 'testing app:test'])
    expect(ports.reporter.lines).toContain('testing app:test')
  })

  it('that fails leaves its log, too', async () => {
    const error = await failureOf(() => run('echo before\nfalse\necho after'))
    expect(error).toMatchObject({
      code: 'TEST_FAILED',
      message: 'the test of app, linux/amd64 failed: exit code 1'
    })
    expect(error.hint).toBe(
      'Nothing was pushed, and no digest was handed over. Its log is artifact test-logs-app.'
    )
    expect(log()).toBe('before\n')
  })

  it.each([
    ['holds its output', 'sleep 300 & echo "pid $!"'],
    ['holds nothing', 'sleep 300 > /dev/null 2>&1 & echo "pid $!"'],
    ['does not want to end', 'sh -c \'trap "" TERM; while :; do sleep 300; done\' & echo "pid $!"']
  ])('ends with its shell: what it leaves running, which %s, is named and ended', async (_, line) => {
    await run(line)
    const pid = Number(/^pid (\d+)$/m.exec(log() ?? '')?.[1])
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z ')
    expect(stat).toContain(') Z ')
    expect(ports.reporter.warnings).toContainEqual(
      expect.stringMatching(/^It left this running, which was ended: (?:sleep 300|sh -c )/)
    )
  })

  it('may leave what ends by itself', async () => {
    await run('(sleep 0.1; echo late) & echo early')
    expect(log()).toBe('early\nlate\n')
    expect(ports.reporter.warnings).toEqual([])
  })

  it('has its values in variables: what they hold is no part of the line', async () => {
    await run('printf "%s\\n" "$IMAGE"', {env: {IMAGE: '$(touch /tmp/never); "quoted" `x`'}})
    expect(log()).toBe('$(touch /tmp/never); "quoted" `x`\n')
  })

  it('gets no variable of this process but what programs need, and what it is given', async () => {
    Object.assign(process.env, {INPUT_PASSWORD: 'p', ACTIONS_RUNTIME_TOKEN: 't', DEPS: 'ci', DEPS_TOO: 'y'})
    await run('env; test -n "$PATH"', {passed: ['DEPS']})
    expect(log()).toMatch(/^DEPS=ci$/m)
    expect(log()).not.toMatch(/INPUT_|ACTIONS_RUNTIME|DEPS_TOO/)
    for (const name of ['INPUT_PASSWORD', 'ACTIONS_RUNTIME_TOKEN', 'DEPS', 'DEPS_TOO'])
      Reflect.deleteProperty(process.env, name)
  })

  it('shows no secret, also where one is the start of another', async () => {
    await run('echo "a hunter2 and hunter22"', {secrets: ['hunter2', 'hunter22', ' ']})
    expect(log()).toBe('a *** and ***\n')
    expect(ports.reporter.lines.join('\n')).not.toContain('hunter')
  })

  it('that takes too long is ended, with what it started', async () => {
    const error = await failureOf(() => run('sleep 300 & echo "pid $!"; wait', {timeout: 300}))
    expect(error.message).toBe('the test of app, linux/amd64 failed: it was ended after 0.3 s')
    const pid = Number(/pid (\d+)/.exec(log() ?? '')?.[1])
    await expect(waitUntilGone(pid)).resolves.toBe(true)
  })

  it('is ended with a run that is cancelled', async () => {
    const stop = new AbortController()
    const cancelled = new ReleaseError('CANCELLED', 'cancelled by SIGTERM')
    const own = testPorts([], {exec: execPrograms, signal: stop.signal})
    const reporter = {...own.reporter, info: () => stop.abort(cancelled)}
    expect(await failureOf(() => run('echo go; sleep 300', {}, {...own, reporter}))).toBe(cancelled)
    own.close()
  })

  it('passes also where its log cannot be kept: that is said', async () => {
    const artifacts = {
      ...ports.artifacts,
      save: () => Promise.reject(new ReleaseError('ARTIFACT_FAILED', 'no room'))
    }
    await run('true', {}, {...ports, artifacts})
    expect(ports.reporter.warnings).toEqual(['no room'])
  })
})

/** Nobody may have asked how it ended yet, where this machine's first process is slow to: that is gone, too. */
async function waitUntilGone(pid: number): Promise<boolean> {
  for (;;) {
    try {
      process.kill(pid, 0)
      if (/^State:\s+Z/m.test(await readFile(`/proc/${pid}/status`, 'utf8'))) return true
    } catch {
      return true
    }
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
