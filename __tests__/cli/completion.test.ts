import {spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {COMMANDS, loadCommand} from '../../src/commands.js'
import type {Command} from '../../src/command/command.js'
import {SHELLS, completionScript} from '../../src/cli/completion.js'
import {describeWith, findComponent} from '../support/components.js'

let commands: Command[]
let folder: string

beforeAll(async () => {
  // jest links one module at a time.
  commands = []
  for (const name of COMMANDS.keys()) commands.push(await loadCommand(name))
  folder = mkdtempSync(path.join(tmpdir(), 'completion-'))
  writeFileSync(path.join(folder, 'release.json'), '{}')
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

describeWith(['bash'], 'the completion of bash', () => {
  /** What bash offers for a line, the last word of which is begun. */
  const complete = (...words: string[]): string[] => {
    const script = [
      completionScript('bash', commands),
      `COMP_WORDS=(${words.map(word => `'${word}'`).join(' ')})`,
      `COMP_CWORD=${words.length - 1}`,
      '_image_release',
      'printf "%s\\n" "${COMPREPLY[@]}"'
    ].join('\n')
    const {status, stdout, stderr} = spawnSync('bash', ['--norc', '-u', '-c', script], {
      cwd: folder,
      encoding: 'utf8'
    })
    expect([status, stderr]).toEqual([0, ''])
    return stdout.split('\n').filter(Boolean)
  }

  it('offers the commands', () => {
    expect(complete('image-release', 'm')).toEqual(['merge-manifest'])
    expect(complete('image-release', '')).toEqual(expect.arrayContaining([...COMMANDS.keys(), 'completion']))
  })

  it.each<[string, string[], string[]]>([
    ['the flags of a command', ['merge-manifest', '--dr'], ['--dry-run']],
    ['the options of all commands', ['doctor', '--su'], ['--summary']],
    ['the words of a choice', ['update-manifests', '--pin', ''], ['tag', 'digest', 'both']],
    ['the outputs', ['doctor', '--output', 'd'], ['diagnosis']],
    ['files for any other value', ['verify-release', '--release', 'rel'], ['release.json']],
    ['the shells', ['completion', 'z'], ['zsh']],
    ['no flag of another command', ['doctor', '--platf'], []]
  ])('offers %s', (_, words, expected) => expect(complete('image-release', ...words)).toEqual(expected))

  it('offers no secret', () => {
    expect(complete('image-release', 'merge-manifest', '--registry')).toEqual([])
  })
})

/** A line that is begun, and the words that it becomes, of those that only one thing can complete. */
const COMPLETED: readonly (readonly [string, string])[] = [
  ['m', 'merge-manifest'],
  ['merge-manifest --dr', 'merge-manifest --dry-run'],
  ['doctor --su', 'doctor --summary'],
  ['update-manifests --pin bo', 'update-manifests --pin both'],
  ['doctor --output d', 'doctor --output diagnosis'],
  ['completion z', 'completion zsh'],
  ['verify-release --release rel', 'verify-release --release release.json']
]

describeWith(['fish'], 'the completion of fish', () => {
  const complete = (line: string): string[] => {
    const file = path.join(folder, 'image-release.fish')
    writeFileSync(file, completionScript('fish', commands))
    const script = `source ${file}; complete -C 'image-release ${line}'`
    const {status, stdout, stderr} = spawnSync('fish', ['--no-config', '-c', script], {
      cwd: folder,
      encoding: 'utf8',
      env: {...process.env, HOME: folder, XDG_RUNTIME_DIR: folder}
    })
    expect([status, stderr]).toEqual([0, ''])
    return stdout
      .split('\n')
      .filter(Boolean)
      .map(offer => offer.split('\t')[0] ?? '')
  }

  it.each(COMPLETED)('makes of %j %j', (line, whole) =>
    expect(complete(line)).toEqual([whole.split(' ').at(-1)])
  )

  it('offers no secret, and no flag of another command', () => {
    expect(complete('merge-manifest --registry')).toEqual([])
    expect(complete('doctor --platf')).toEqual([])
  })
})

const TYPED = path.resolve(import.meta.dirname, '../fixtures/completion/typed.zsh')

describeWith(['zsh'], 'the completion of zsh', () => {
  it('makes of each line what is meant', () => {
    mkdirSync(path.join(folder, 'functions'))
    writeFileSync(path.join(folder, 'functions/_image-release'), completionScript('zsh', commands))
    const lines = COMPLETED.map(([line]) => line)
    const {status, stdout} = spawnSync('zsh', ['-f', TYPED, ...lines], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 15_000
    })
    expect(status).toBe(0)
    expect(stdout.trim().split('\n')).toEqual(COMPLETED.map(([, whole]) => whole))
  })
})

describe('the scripts of completion', () => {
  it.each(SHELLS)('of %s name every command and flag, and are read by the shell where it is there', shell => {
    const script = completionScript(shell, commands)
    for (const {name, inputs} of commands) {
      expect(script).toContain(name)
      for (const [input, {secret}] of Object.entries(inputs))
        if (!secret) expect(script).toContain(shell === 'fish' ? `-l ${input}` : `--${input}`)
    }
    const program = findComponent(shell)
    if (program === undefined) return
    const file = path.join(folder, `read.${shell}`)
    writeFileSync(file, script)
    const {status, stderr} = spawnSync(program, ['-n', file], {encoding: 'utf8'})
    expect([status, stderr]).toEqual([0, ''])
  })
})
