import {existsSync, readFileSync} from 'node:fs'
import {chmod, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it, jest} from '@jest/globals'
import {ReleaseError} from '../../src/errors.js'
import {openPrograms} from '../../src/machine/exec.js'
import type {ExecOptions} from '../../src/ports.js'
import {execPrograms} from '../support/exec-programs.js'
import {failureOf} from '../support/thrown.js'

const state = {folder: ''}
beforeAll(async () => {
  state.folder = await mkdtemp(path.join(tmpdir(), 'a folder '))
})
afterAll(async () => {
  await rm(state.folder, {recursive: true, force: true})
})

const neverStopped = (): AbortSignal => new AbortController().signal

/** What stands on standard output while something is done. */
async function writtenDuring(work: () => Promise<unknown>): Promise<string> {
  const log = jest.spyOn(console, 'log').mockImplementation(text => void written.push(String(text)))
  const written: string[] = []
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = chunk => written.push(String(chunk)) > 0
  try {
    await work()
  } finally {
    process.stdout.write = write
    log.mockRestore()
  }
  return written.join('')
}

// A program that may be stopped is run in another way than one that may not: both do the same.
describe.each<[string, () => ExecOptions]>([
  ['that may not be stopped', () => ({})],
  ['that may be stopped', () => ({signal: neverStopped()})]
])('a program %s', (_, options) => {
  const sh = (script: string, more: ExecOptions = {}) =>
    execPrograms('sh', ['-c', script], {...options(), ...more})

  it('gives its output and exit code', async () => {
    expect(await sh('echo out; echo err >&2; exit 3')).toEqual({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n'
    })
  })

  it('gets its arguments as they are, without a shell', async () => {
    const words = ['a b', '$HOME', '"', "'", '*', '', 'ü', '--x=y;z', '\\']
    const {stdout} = await execPrograms('printf', ['%s|', ...words], options())
    expect(stdout).toBe(words.map(word => `${word}|`).join(''))
  })

  it('gets its input, variables and folder', async () => {
    const more = {input: 'in ü', env: {MINE: 'x'}, cwd: state.folder}
    const {stdout} = await sh('cat; echo " $MINE"; pwd; test -n "$PATH" && echo path', more)
    expect(stdout).toBe(`in ü x\n${state.folder}\npath\n`)
  })

  it.each<[string, readonly string[], readonly string[]]>([
    ['git', ['GIT_TRACE2_X', 'SSH_AUTH_SOCK'], ['ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'ACTIONS_RUNTIME_TOKEN']],
    [
      'cosign',
      ['COSIGN_PASSWORD', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'AWS_REGION'],
      ['ACTIONS_RUNTIME_TOKEN']
    ],
    [
      'buildah',
      ['STORAGE_DRIVER', '_CONTAINERS_USERNS_CONFIGURED'],
      ['COSIGN_PASSWORD', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN']
    ],
    ['docker', ['BUILDX_BUILDER', 'ACTIONS_RUNTIME_TOKEN', 'SOURCE_DATE_EPOCH'], ['COSIGN_PASSWORD']],
    [
      'docker-credential-ecr-login',
      ['AWS_REGION', 'DOCKER_CONFIG'],
      ['COSIGN_PASSWORD', 'ACTIONS_RUNTIME_TOKEN']
    ],
    ['tar', [], ['AWS_REGION', 'SSH_AUTH_SOCK', 'COSIGN_PASSWORD']],
    ['my-program', ['AWS_REGION', 'COSIGN_PASSWORD'], []]
  ])('gets the variables that it needs, and no login of the step: %s', async (name, expected, missing) => {
    const secrets = [
      'INPUT_REGISTRY-CREDENTIALS',
      'INPUT_GITHUB-TOKEN',
      'GITHUB_TOKEN',
      'REGISTRY_CREDENTIALS'
    ]
    const more = [
      'GH_TOKEN',
      'BUILD_SECRETS',
      'SNYK_TOKEN',
      'DOCKERHUB_TOKEN',
      'CI_REGISTRY_PASSWORD',
      'DOCKER_PASSWORD'
    ]
    const names = [...secrets, ...more, ...expected, ...missing].filter(one => !(one in process.env))
    const file = path.join(state.folder, name)
    await writeFile(file, '#!/bin/sh\nenv\n')
    await chmod(file, 0o755)
    try {
      for (const one of names) process.env[one] = `value of ${one}`
      for (const passed of [undefined, ['GH_TOKEN']]) {
        const {stdout} = await execPrograms(
          file,
          [],
          passed === undefined ? options() : {...options(), passed}
        )
        const got = stdout.split('\n').map(line => line.slice(0, line.indexOf('=')))
        expect(got).toEqual(expect.arrayContaining(['PATH', ...expected, ...(passed ?? [])]))
        for (const one of [...secrets, ...more, ...missing].filter(one => !passed?.includes(one)))
          expect(got).not.toContain(one)
      }
    } finally {
      for (const one of names) Reflect.deleteProperty(process.env, one)
    }
  })

  it('that does not read its input is no fault', async () => {
    expect(await sh('exit 0', {input: 'x'.repeat(1_000_000)})).toMatchObject({exitCode: 0})
  })

  it('gives its lines while it runs, the last too, and whole letters', async () => {
    const lines: string[] = []
    await sh('printf "a\\nb\\r\\n\\303"; sleep 0.1; printf "\\274 end"', {onLine: line => lines.push(line)})
    expect(lines.map(line => line.trimEnd())).toEqual(['a', 'b', 'ü end'])
  })

  it('may have a path with spaces', async () => {
    const file = path.join(state.folder, 'my program')
    await writeFile(file, '#!/bin/sh\necho "$1"\n')
    await chmod(file, 0o755)
    expect(await execPrograms(file, ['x y'], options())).toMatchObject({stdout: 'x y\n'})
  })

  it('that is not there is an error that names it', async () => {
    const error = await failureOf(() => execPrograms('no-such-program', ['--secret=x'], options()))
    expect(error.code).toBe('BUILDER_MISSING')
    expect(error.message).toContain('no-such-program cannot be started')
    expect(error.message).not.toContain('secret')
    expect(error.hint).toContain('Install no-such-program')
  })

  it('writes nothing into the log by itself', async () => {
    expect(await writtenDuring(() => sh('echo secret; echo secret >&2'))).not.toContain('secret')
  })

  it('is found behind a folder of the search path that cannot be entered, and nothing is said of that', async () => {
    const file = path.join(state.folder, 'no folder')
    await writeFile(file, '')
    const {PATH = ''} = process.env
    process.env['PATH'] = [path.join(file, 'bin'), state.folder, PATH].join(path.delimiter)
    try {
      const written = await writtenDuring(async () => {
        expect((await sh('echo here')).stdout).toBe('here\n')
      })
      expect(written).toBe('')
    } finally {
      process.env['PATH'] = PATH
    }
  })
})

/** Writes for ever: in one line, which has no end. */
const ENDLESS =
  'const w = () => { while (process.stdout.write("a".repeat(65536))); process.stdout.once("drain", w) }; w()'

// By each way that a program is run in: with @actions/exec, by itself, and with all that it starts.
const WAYS: readonly (readonly [string, ExecOptions])[] = [
  ['with @actions/exec', {}],
  ['by itself', {signal: neverStopped()}],
  ['with what it starts', {group: 'cancelled'}]
]

describe.each(WAYS)('a program that is run %s', (_, options) => {
  const most = {answer: 300_000, plain: 300_000, log: 300_000}
  const programs = openPrograms(neverStopped(), most)

  it.each([
    ['its output', [process.execPath, '-e', ENDLESS]],
    ['its errors', [process.execPath, '-e', ENDLESS.replaceAll('stdout', 'stderr')]]
  ])('is ended where %s has no end', async (_what, [program = '', ...args]) => {
    const {exitCode, stdout, stderr} = await programs(program, args, options)
    expect([exitCode, stderr]).toEqual([128, `${program} wrote more than 300000 bytes, and was ended`])
    expect(stdout.length).toBeLessThan(1_000_000)
  })

  it('gives a long answer whole', async () => {
    const {stdout, exitCode} = await programs(process.execPath, ['-p', '"a".repeat(299999)'], options)
    expect([exitCode, stdout.length]).toEqual([0, 300_000])
  })

  it('ends with the run, also one that does not listen', async () => {
    const cancelled = new ReleaseError('CANCELLED', 'cancelled by SIGTERM')
    const stop = new AbortController()
    const file = path.join(state.folder, 'pid')
    await rm(file, {force: true})
    const script = `trap '' TERM; echo $$ > "${file}.new"; mv "${file}.new" "${file}"; while :; do sleep 0.05; done`
    const work = openPrograms(stop.signal)('sh', ['-c', script], options)
    const failure = failureOf(() => work)
    while (!existsSync(file)) await new Promise(resolve => setTimeout(resolve, 10))
    const pid = Number(readFileSync(file, 'utf8'))
    stop.abort(cancelled)
    expect(await failure).toBe(cancelled)
    expect(await isGone(pid)).toBe(true)
  })

  it('is not started where the run has ended', async () => {
    const cancelled = new ReleaseError('CANCELLED', 'cancelled by SIGTERM')
    const work = openPrograms(AbortSignal.abort(cancelled))('sh', ['-c', 'true'], options)
    expect(await failureOf(() => work)).toBe(cancelled)
  })

  it('takes away what was borrowed, also where the run has ended', async () => {
    const ended = openPrograms(AbortSignal.abort(new Error('ended')))
    expect(await ended('echo', ['gone'], {...options, isClearing: true})).toMatchObject({stdout: 'gone\n'})
  })
})

describe('a run that is cancelled', () => {
  const cancelled = new ReleaseError('CANCELLED', 'cancelled by SIGTERM')

  it('stops its program at once', async () => {
    const stop = new AbortController()
    const lines: string[] = []
    const work = execPrograms('sh', ['-c', 'echo $$; exec sleep 60'], {
      signal: stop.signal,
      onLine: line => {
        lines.push(line)
        stop.abort(cancelled)
      }
    })
    expect(await failureOf(() => work)).toBe(cancelled)
    expect(await isGone(Number(lines[0]))).toBe(true)
  })

  it('ends all that its program started, what left its group, too', async () => {
    const stop = new AbortController()
    const lines: string[] = []
    const script = "trap '' TERM; setsid sleep 300 & echo $!; sleep 300 & echo $!; wait; wait"
    const work = execPrograms('sh', ['-c', script], {
      signal: stop.signal,
      group: 'cancelled',
      onLine: line => {
        if (lines.push(line) === 2) stop.abort(cancelled)
      }
    })
    expect(await failureOf(() => work)).toBe(cancelled)
    for (const pid of lines) expect(await isGone(Number(pid))).toBe(true)
  })

  it('ends what its program works with before itself, which clears up as after any work that failed', async () => {
    const stop = new AbortController()
    const made = path.join(state.folder, 'made')
    await writeFile(made, '')
    // It says so as a program of its own: what was only forked yet looks like the shell itself.
    const script = `sh -c 'echo begun; exec sleep 300' & wait $! || rm "${made}"`
    const work = execPrograms('sh', ['-c', script], {
      signal: stop.signal,
      group: 'cancelled',
      onLine: () => stop.abort(cancelled)
    })
    expect(await failureOf(() => work)).toBe(cancelled)
    expect(existsSync(made)).toBe(false)
  })

  it('starts no program any more', async () => {
    const work = execPrograms('sh', ['-c', 'true'], {signal: AbortSignal.abort(cancelled)})
    expect(await failureOf(() => work)).toBe(cancelled)
  })
})

async function isGone(pid: number): Promise<boolean> {
  for (;;) {
    // One that nobody asked how it ended is there, but does not run: Z.
    if (!existsSync(`/proc/${pid}/stat`) || readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '))
      return true
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
