import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {type Command, command} from '../../src/command/command.js'
import {InputError, ReleaseError} from '../../src/errors.js'
import {openCliHost} from '../../src/cli/host.js'
import {cliReporter} from '../../src/cli/reporter.js'
import {flag, lines, list, parseInputs, required} from '../../src/command/input.js'
import {prose} from '../../src/shared/markdown.js'
import {PROGRAM_VERSION} from '../../src/version.js'
import {failureOf} from '../support/thrown.js'

const paint = command({
  name: 'paint',
  summary: 'Paint a wall.',
  description: 'Paints a wall in one colour.',
  inputs: {
    walls: required(list({summary: 'The walls.', placeholder: 'WALL'}, wall => wall)),
    dry: flag({summary: 'Do not paint.'}),
    logins: lines({summary: 'Logins.', secret: true}, line => line)
  },
  outputs: {area: 'The area.', plan: 'JSON: the plan.', note: 'A note.'},
  examples: [],
  run: () => Promise.resolve({area: '9', plan: '{}', note: ''})
})

/** What the process is and writes while a test runs. */
const state = {folder: '', argv: process.argv, restore: (): void => undefined, out: '', err: ''}

beforeEach(() => {
  state.folder = mkdtempSync(path.join(tmpdir(), 'cli-'))
  const write = {
    out: process.stdout.write.bind(process.stdout),
    err: process.stderr.write.bind(process.stderr)
  }
  Object.assign(state, {argv: process.argv, out: '', err: ''})
  process.stdout.write = chunk => Boolean((state.out += String(chunk)))
  process.stderr.write = chunk => Boolean((state.err += String(chunk)))
  state.restore = () => {
    process.stdout.write = write.out
    process.stderr.write = write.err
  }
})
afterEach(() => {
  state.restore()
  process.argv = state.argv
  process.exitCode = undefined
  delete process.env['IMAGE_RELEASE_WALLS']
  delete process.env['IMAGE_RELEASE_LOGINS']
  delete process.env['IMAGE_RELEASE_DEBUG']
  rmSync(state.folder, {recursive: true, force: true})
})

const names = ['paint', 'paper']
function host(...args: string[]) {
  process.argv = ['node', 'image-release', ...args]
  return openCliHost(names, () => Promise.resolve(paint as Command))
}

async function chosen(...args: string[]): Promise<string | undefined> {
  const opened = host(...args)
  try {
    return await opened.commandName()
  } finally {
    opened.close()
  }
}

describe('the command line', () => {
  it.each([[['paint']], [['paint', '--walls', 'north']]])('%j is a command to run', async args => {
    expect(await chosen(...args)).toBe('paint')
    expect(state.out).toBe('')
  })

  it.each([[[]], [['--help']], [['-h']], [['help']]])('%j shows all commands', async args => {
    expect(await chosen(...args)).toBeUndefined()
    expect(state.out).toContain('Usage: image-release COMMAND [FLAGS]')
  })

  it.each([[['paint', '--help']], [['paint', '-h']], [['help', 'paint']], [['--help', 'paint']]])(
    '%j shows the help of the command',
    async args => {
      expect(await chosen(...args)).toBeUndefined()
      expect(state.out).toContain('Usage: image-release paint [FLAGS]')
    }
  )

  it.each([[['completion', '--help']], [['completion', '-h']], [['help', 'completion']]])(
    '%j explains the completion',
    async args => {
      expect(await chosen(...args)).toBeUndefined()
      expect(state.out).toContain('Usage: image-release completion bash|zsh|fish')
    }
  )

  it.each([[['help', 'help']], [['help', '--help']], [['help', '-h']]])(
    '%j explains the help',
    async args => {
      expect(await chosen(...args)).toBeUndefined()
      expect(state.out).toContain('Usage: image-release help [COMMAND]')
    }
  )

  it.each(['--version', '-v'])('%s shows the version', async flag => {
    expect(await chosen(flag)).toBeUndefined()
    expect(state.out).toBe(`${PROGRAM_VERSION}\n`)
  })

  it.each([
    [
      ['piant'],
      'piant: there is no such command; did you mean paint? Commands: paint, paper, completion, help'
    ],
    [['sculpture'], 'sculpture: there is no such command. Commands: paint, paper, completion, help'],
    [['help', 'sculpture'], 'sculpture: there is no such command. Commands: paint, paper, completion, help'],
    [
      ['completon'],
      'completon: there is no such command; did you mean completion? Commands: paint, paper, completion, help'
    ],
    [
      ['piant', '--help'],
      'piant: there is no such command; did you mean paint? Commands: paint, paper, completion, help'
    ],
    [['--verison'], '--verison: there is no such flag; did you mean --version?'],
    [['--walls'], '--walls: give a command first, then its flags; image-release --help lists the commands']
  ])('%j is wrong use', async (args, said) => {
    const error = await failureOf(() => chosen(...args))
    expect(error).toBeInstanceOf(InputError)
    expect(error.message).toBe(said)
  })

  it('gives the inputs by flags before variables', async () => {
    process.env['IMAGE_RELEASE_WALLS'] = 'south'
    process.env['IMAGE_RELEASE_LOGINS'] = 'a\nb'
    const opened = host('paint', '--walls', 'north', '--dry')
    const {texts, issues} = await opened.read(paint)
    expect(parseInputs(paint.inputs, texts, issues)).toEqual({
      walls: ['north'],
      dry: true,
      logins: ['a', 'b']
    })
    const other = host('paint')
    expect((await other.read(paint)).texts).toMatchObject({walls: 'south'})
    opened.close()
    other.close()
  })

  it('says what is wrong with flags and outputs at once', async () => {
    const opened = host('paint', '--output', 'colour', '--wals', 'x')
    expect((await opened.read(paint)).issues).toEqual([
      {input: 'wals', message: 'there is no flag --wals; did you mean --walls?'},
      {input: 'output', message: 'paint has no output "colour"; it has area, plan, note'}
    ])
    opened.close()
  })

  it('keeps records in the folder that is named', async () => {
    const folder = path.join(state.folder, 'records')
    const opened = host('paint', '--records-folder', folder)
    await opened.read(paint)
    await opened.ports.digests.save('record', Buffer.from('x'))
    expect(readFileSync(path.join(folder, 'record'), 'utf8')).toBe('x')
    opened.close()
  })

  it('gives the outputs as JSON, documents as such, or one as it is', async () => {
    const outputs = {area: '9', plan: '{"a":[1]}', note: '[not JSON'}
    const opened = host('paint')
    await opened.read(paint)
    await opened.write(paint, outputs)
    expect(JSON.parse(state.out)).toEqual({area: '9', plan: {a: [1]}, note: '[not JSON'})
    opened.close()
    state.out = ''
    const one = host('paint', '--output', 'plan')
    await one.read(paint)
    await one.write(paint, outputs)
    expect(state.out).toBe('{"a":[1]}\n')
    one.close()
  })

  it('shows a table on a terminal, and JSON there with --json', async () => {
    const descriptor = Object.getOwnPropertyDescriptor(process.stdout, 'isTTY')
    Object.defineProperty(process.stdout, 'isTTY', {value: true, configurable: true})
    try {
      const opened = host('paint')
      await opened.read(paint)
      await opened.write(paint, {area: '9', plan: '{"a":[1]}', note: ''})
      expect(state.out).toBe('area  9\nMore, by --output NAME or --json: plan\n')
      opened.close()
      state.out = ''
      const json = host('paint', '--json')
      await json.read(paint)
      await json.write({...paint, prints: 'area'}, {area: '9', plan: '{}', note: ''})
      expect(JSON.parse(state.out)).toEqual({area: '9', plan: {}, note: ''})
      json.close()
    } finally {
      if (descriptor === undefined) Reflect.deleteProperty(process.stdout, 'isTTY')
      else Object.defineProperty(process.stdout, 'isTTY', descriptor)
    }
  })

  it('prints an output whose name comes from the inputs, and says where a call has none of the name', async () => {
    const axes = {...paint, furtherOutputs: /_tags$/}
    const outputs = {area: '9', python_tags: 'python3.13'}
    const one = host('paint', '--output', 'python_tags')
    expect((await one.read(axes)).issues).toEqual([])
    await one.write(axes, outputs)
    expect(state.out).toBe('python3.13\n')
    one.close()
    const other = host('paint', '--output', 'node_tags')
    expect((await other.read(axes)).issues).toEqual([])
    await expect(other.write(axes, outputs)).rejects.toThrow(
      'has no output "node_tags"; it has area, python_tags'
    )
    expect((await host('paint', '--output', 'node_tag').read(axes)).issues).toHaveLength(1)
    other.close()
  })

  it.each<[unknown, number, string]>([
    [
      new InputError([
        {input: 'walls', message: 'is required'},
        {input: 'x', message: 'y'}
      ]),
      2,
      'error: walls: is required\nerror: x: y\n'
    ],
    [
      new ReleaseError('TAG_INVALID', 'wrong', {hint: 'Do it.'}),
      1,
      'error: wrong [TAG_INVALID]\nerror: Do it.\n'
    ],
    [new Error('a defect'), 1, 'error: unexpected: a defect\n'],
    ['a text', 1, 'error: unexpected: a text\n']
  ])('fails with %s: exit code %s', async (error, exitCode, said) => {
    const opened = host('paint')
    await opened.fail(error)
    expect(process.exitCode).toBe(exitCode)
    expect(state.err).toBe(said)
    expect(state.out).toBe('')
    opened.close()
  })

  it('shows no secret, in log, error, debug line and summary', async () => {
    process.env['IMAGE_RELEASE_DEBUG'] = '1'
    const summary = path.join(state.folder, 'summary.md')
    const opened = host('paint', '--summary', summary)
    await opened.read(paint)
    opened.hide('geheim\n\nanother-secret\r\n')
    const {reporter} = opened.ports
    reporter.secret('geheim-and-more')
    const line = 'it is geheim-and-more, geheim'
    reporter.debug(line)
    reporter.info(line)
    reporter.notice(line)
    reporter.warning(line)
    await reporter.group('of another-secret', () => Promise.resolve())
    reporter.summary(prose`# geheim`)
    await opened.fail(
      new ReleaseError('TAG_INVALID', 'geheim', {hint: 'another-secret', cause: new Error('geheim')})
    )
    expect(state.err).not.toMatch(/geheim|another-secret|-and-more/)
    expect(state.err.split('\n').slice(0, 2)).toEqual(['it is ***, ***', 'it is ***, ***'])
    expect(readFileSync(summary, 'utf8')).toBe('# ***\n')
    opened.close()
  })
})

describe('the log of the command line', () => {
  it('has one line for each thing, and debug lines only where they are wanted', async () => {
    const quiet = cliReporter({})
    quiet.debug('not shown')
    quiet.info('info')
    quiet.notice('notice')
    quiet.warning('warning')
    expect(await quiet.group('group', () => Promise.resolve(5))).toBe(5)
    quiet.summary(prose`nowhere`)
    expect(state.err).toBe('info\nnote: notice\nwarning: warning\ngroup\n')
    cliReporter({IMAGE_RELEASE_DEBUG: '1'}).debug('shown')
    expect(state.err).toMatch(/shown\n$/)
  })

  it('does not hide nothing', () => {
    const reporter = cliReporter({})
    for (const nothing of ['', ' ', '\t']) reporter.secret(nothing)
    reporter.info('a b')
    expect(state.err).toBe('a b\n')
  })
})
