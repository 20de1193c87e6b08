import {execFile} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {EOL, tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {githubReporter} from '../../src/actions/reporter.js'
import {openWorkflowCommands} from '../../src/actions/workflow-commands.js'

const ROOT = path.resolve(import.meta.dirname, '../..')

/** Texts that the protocol must carry unchanged. */
const TEXTS = [
  'plain',
  'two\nlines',
  'carriage\r\nreturns\r',
  '100 % %0A',
  'a: b, c=d',
  '::error::not one',
  '',
  'é 🐳',
  'x<<EOF'
]

describe('the commands of a step', () => {
  let folder: string
  let environment: Record<string, string>
  let written: string[]

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'step-'))
    written = []
    environment = Object.fromEntries(
      ['GITHUB_OUTPUT', 'GITHUB_ENV', 'GITHUB_STEP_SUMMARY'].map(name => [name, path.join(folder, name)])
    )
    for (const file of Object.values(environment)) writeFileSync(file, '')
  })
  afterEach(() => rmSync(folder, {recursive: true}))

  const open = (more: Record<string, string> = environment) =>
    openWorkflowCommands({environment: more, write: text => void written.push(text)})
  const fileOf = (name: string): string => readFileSync(path.join(folder, name), 'utf8')

  /** What @actions/core does with the same calls, in a process of its own. */
  async function core(
    calls: readonly (readonly string[])[],
    variables: Record<string, string>
  ): Promise<string> {
    const script = `import * as core from '@actions/core'
      for (const [name, ...values] of ${JSON.stringify(calls)}) core[name](...values)`
    const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: ROOT,
      env: {PATH: process.env['PATH'] ?? '', ...variables}
    })
    return stdout
  }

  const withoutDelimiters = (text: string): string => text.replace(/ghadelimiter_[0-9a-f-]{36}/g, 'DELIMITER')

  it('write the bytes of @actions/core to the log', async () => {
    const commands = open()
    for (const text of TEXTS) {
      for (const level of ['debug', 'notice', 'warning', 'error'] as const) commands.annotate(level, text)
      commands.mask(text)
      commands.startGroup(text)
      commands.endGroup()
    }
    const calls = TEXTS.flatMap(text => [
      ...['debug', 'notice', 'warning', 'error', 'setSecret', 'startGroup'].map(name => [name, text]),
      ['endGroup']
    ])
    expect(written.join('')).toBe(await core(calls, environment))
  })

  it.each(['GITHUB_OUTPUT', 'GITHUB_ENV'])('write the bytes of @actions/core to %s', async file => {
    const commands = open()
    const names = TEXTS.map((_, number) => `name-${number}`)
    for (const [number, text] of TEXTS.entries()) {
      commands.setOutput(names[number] ?? '', text)
      commands.exportVariable(names[number] ?? '', text)
    }
    const ours = withoutDelimiters(fileOf(file))
    writeFileSync(environment[file] ?? '', '')
    const method = file === 'GITHUB_ENV' ? 'exportVariable' : 'setOutput'
    await core(
      TEXTS.map((text, number) => [method, names[number] ?? '', text]),
      environment
    )
    expect(ours).toBe(withoutDelimiters(fileOf(file)))
  })

  it('write the lines of @actions/core where a runner has no files', async () => {
    const commands = open({})
    for (const text of TEXTS) {
      commands.setOutput('a:b,c', text)
      commands.exportVariable('a:b,c', text)
    }
    const calls = TEXTS.flatMap(text => ['setOutput', 'exportVariable'].map(name => [name, 'a:b,c', text]))
    expect(written.join('')).toBe(await core(calls, {}))
  })

  it('take a new delimiter for every value, so that no value can end itself', () => {
    const commands = open()
    commands.setOutput('one', '1')
    commands.setOutput('two', '2')
    const delimiters = [...fileOf('GITHUB_OUTPUT').matchAll(/<<(ghadelimiter_[0-9a-f-]{36})/g)].map(
      ([, text]) => text
    )
    expect(new Set(delimiters).size).toBe(2)
  })

  it.each([
    ['::stop-commands::abc', ': :stop-commands::abc'],
    ['  ::add-mask::x', '  : :add-mask::x'],
    ['fine\n::error::evil', 'fine\n: :error::evil'],
    ['fine\r::error::evil', 'fine\r: :error::evil'],
    ['see ##[group]x', 'see ## [group]x'],
    ...[
      ...['\t', '\v', '\f', '\u0085', '\u00a0', '\u1680', '\u2000', '\u2003', '\u200a', '\u2028', '\u2029'],
      ...['\u202f', '\u205f', '\u3000', ' \u0085 ']
    ].map((space): [string, string] => [`${space}::add-mask::x`, `${space}: :add-mask::x`]),
    ['\u0085##[add-mask]x', '\u0085## [add-mask]x'],
    ['registry::path stays', 'registry::path stays'],
    ['sha256:abc', 'sha256:abc']
  ])('let no line of the log be a command: %j', (line, expected) => {
    open().info(line)
    expect(written).toEqual([`${expected}${EOL}`])
  })

  it('find an input by its name, with the spaces around it', () => {
    const commands = open({'INPUT_SEP-TAGS': ' ', INPUT_TWO_WORDS: 'x'})
    expect([commands.input('sep-tags'), commands.input('two words'), commands.input('absent')]).toEqual([
      ' ',
      'x',
      ''
    ])
  })

  it('add to the summary, and to nothing where there is none', () => {
    open().summarize('# One')
    open().summarize('Two')
    open({}).summarize('Three')
    expect(fileOf('GITHUB_STEP_SUMMARY')).toBe('# One\nTwo\n')
    expect(written).toEqual([])
  })

  it('close a group, also where its body fails', async () => {
    const reporter = githubReporter(open())
    await reporter.group('Work', async () => {
      await Promise.resolve()
      reporter.info('done')
    })
    await expect(reporter.group('Fail', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(written.join('')).toBe(
      ['::group::Work', 'done', '::endgroup::', '::group::Fail', '::endgroup::', ''].join(EOL)
    )
  })
})
