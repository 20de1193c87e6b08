import {spawnSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {PROGRAM_VERSION} from '../../src/version.js'

const ENTRY = path.resolve(import.meta.dirname, '../../scripts/bundle/cli.cjs')
const DIST = path.resolve(import.meta.dirname, '../../dist')
/** A user whom the machine does not know. */
const STRANGER = 12_345
const state = {folder: ''}

beforeEach(() => {
  state.folder = mkdtempSync(path.join(tmpdir(), 'entry-'))
  mkdirSync(at('dist'))
  mkdirSync(at('home'))
  copyFileSync(ENTRY, at('dist', 'cli.js'))
  writeFileSync(at('dist', 'package.json'), '{"type": "commonjs"}')
  writeBundle("require('./1.index.js')")
})
afterEach(() => {
  rmSync(state.folder, {recursive: true, force: true})
})

function at(...names: string[]): string {
  return path.join(state.folder, ...names)
}

/** A bundle of one line, and the chunk that it loads. */
function writeBundle(work: string, said = 'ran'): void {
  writeFileSync(at('dist', 'index.js'), `exports.runCli = () => ${work}\n`)
  writeFileSync(at('dist', '1.index.js'), `console.log('${said}')\n`)
}

/** Runs the entry point. */
function run(
  variables: Readonly<Record<string, string>>,
  words: readonly string[] = []
): {exitCode: number | null; output: string} {
  const env = {PATH: process.env['PATH'], ...variables}
  const {status, stdout, stderr} = spawnSync(process.execPath, [at('dist', 'cli.js'), ...words], {
    env,
    encoding: 'utf8'
  })
  return {exitCode: status, output: stdout + stderr}
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}

/** The files that are kept in a folder of caches, and what each holds. */
function keptIn(...names: string[]): Map<string, string> {
  const folder = at(...names, 'image-release', 'compiled')
  if (!existsSync(folder)) return new Map()
  const files = readdirSync(folder, {recursive: true, withFileTypes: true}).filter(one => one.isFile())
  return new Map(
    files.map(({parentPath, name}) => [name, readFileSync(path.join(parentPath, name)).toString('latin1')])
  )
}

const RAN = {exitCode: 0, output: 'ran\n'}

describe('the entry point of the command line', () => {
  it("keeps what was compiled below the user's own cache, and takes it from there", () => {
    for (let learning = 0; learning < 3; learning++) expect(run({HOME: at('home')})).toEqual(RAN)
    const kept = keptIn('home', '.cache')
    expect([...kept.keys()]).toEqual(['other'])
    expect(statSync(at('home', '.cache', 'image-release', 'compiled', 'other')).mode & 0o777).toBe(0o600)
    expect(run({HOME: at('home')})).toEqual(RAN)
    expect(keptIn('home', '.cache')).toEqual(kept)
  })

  it('keeps the functions that were called, for each command its own', () => {
    const large = `function large() { return [${'process.pid + 1, '.repeat(500)}].length }`
    const work = `process.argv[2] === 'merge-manifest' ? (() => { ${large}; console.log(large()) })() : require('./1.index.js')`
    writeBundle(work)
    run({HOME: at('home')}, ['doctor'])
    run({HOME: at('home')}, ['merge-manifest'])
    const kept = keptIn('home', '.cache')
    expect([...kept.keys()].sort()).toEqual(['doctor', 'merge-manifest'])
    const [doctor = '', merge = ''] = ['doctor', 'merge-manifest'].map(name => kept.get(name))
    expect(merge.length).toBeGreaterThan(doctor.length + 5000)
  })

  it('learns what later runs of a command call', () => {
    const large = `function large() { return [${'process.pid + 1, '.repeat(500)}].length }`
    writeBundle(`process.argv[3] === '--help' ? 0 : (() => { ${large}; large() })()`)
    run({HOME: at('home')}, ['doctor', '--help'])
    const before = keptIn('home', '.cache').get('doctor') ?? ''
    run({HOME: at('home')}, ['doctor'])
    expect(keptIn('home', '.cache').get('doctor')?.length).toBeGreaterThan(before.length + 5000)
  })

  it.each(['index.js', '1.index.js'])('compiles again what is another bundle now: %s', name => {
    run({HOME: at('home')})
    if (name === 'index.js') writeBundle("console.log('is new')")
    else writeBundle("require('./1.index.js')", 'is new')
    expect(run({HOME: at('home')})).toEqual({exitCode: 0, output: 'is new\n'})
  })

  it.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length - 100)],
    [
      'changed in one byte',
      (bytes: Buffer) => Buffer.from(bytes.map((byte, at) => (at === 400 ? ~byte : byte)))
    ],
    ['empty', () => Buffer.alloc(0)],
    ['something else', () => Buffer.from('{"sum": 1}\n')]
  ])('takes nothing from a file that is %s, and writes it again', (_, damaged) => {
    run({HOME: at('home')})
    const file = at('home', '.cache', 'image-release', 'compiled', 'other')
    const good = readFileSync(file)
    writeFileSync(file, damaged(good))
    expect(run({HOME: at('home')})).toEqual(RAN)
    expect(readFileSync(file).length).toBe(good.length)
  })

  it('keeps nothing of a run that failed', () => {
    writeBundle('process.exit(1)')
    expect(run({HOME: at('home')}).exitCode).toBe(1)
    expect(keptIn('home', '.cache').size).toBe(0)
  })

  it('names the place of an error as it is in the file', () => {
    writeBundle("{ throw new Error('here') }")
    expect(run({HOME: at('home')}).output).toContain(`${at('dist', 'index.js')}:1:32`)
  })

  it('keeps it where XDG_CACHE_HOME says', () => {
    expect(run({HOME: at('home'), XDG_CACHE_HOME: at('caches')})).toEqual(RAN)
    expect(keptIn('caches').size).toBe(1)
    expect(keptIn('home', '.cache').size).toBe(0)
  })

  it.each([
    ['Node is told to keep nothing', {NODE_DISABLE_COMPILE_CACHE: '1'}],
    ['Node is told another place', {NODE_COMPILE_CACHE: 'elsewhere'}]
  ])(
    'keeps nothing there where %s',
    (_, {NODE_COMPILE_CACHE: name, ...variables}: Record<string, string>) => {
      const place = name === undefined ? {} : {NODE_COMPILE_CACHE: at(name)}
      expect(run({HOME: at('home'), ...variables, ...place})).toEqual(RAN)
      expect(keptIn('home', '.cache').size).toBe(0)
      expect(keptIn('elsewhere').size).toBe(name === undefined ? 0 : 1)
    }
  )

  it('says nothing where nothing can be written', () => {
    writeFileSync(at('home', '.cache'), 'a file')
    expect(run({HOME: at('home')})).toEqual(RAN)
  })

  // Only root can give a folder to another user, or become one whom the machine does not know.
  if (process.getuid?.() !== 0) return

  it('neither reads nor writes what belongs to another user', () => {
    mkdirSync(at('home', '.cache'))
    chownSync(at('home', '.cache'), STRANGER, STRANGER)
    expect(run({HOME: at('home')})).toEqual(RAN)
    expect(readdirSync(at('home', '.cache'))).toEqual([])
    rmSync(at('home', '.cache'), {recursive: true})
    chownSync(at('home'), STRANGER, STRANGER)
    expect(run({HOME: at('home')})).toEqual(RAN)
    expect(readdirSync(at('home'))).toEqual([])
  })

  it.each([
    ['the file', 'fair', ['image-release', 'compiled', 'other']],
    ['nothing', 'foul', undefined]
  ])('where everybody may write, and %s is another user’s, runs what is %s', (_, ran, names) => {
    mkdirSync(at('shared'))
    chmodSync(at('shared'), 0o1777)
    const foul = "exports.runCli = () => console.log('foul')\n"
    const fair = foul.replace('foul', 'fair')
    writeFileSync(at('dist', 'index.js'), foul)
    run({XDG_CACHE_HOME: at('shared')})
    // V8 looks at the length of a script alone, so that what was compiled of one runs in place of the other.
    const kept = at('shared', 'image-release', 'compiled', 'other')
    const text = readFileSync(kept).toString('latin1').replace(digestOf(foul), digestOf(fair))
    writeFileSync(kept, text, 'latin1')
    writeFileSync(at('dist', 'index.js'), fair)
    if (names !== undefined) chownSync(at('shared', ...names), STRANGER, STRANGER)
    expect(run({XDG_CACHE_HOME: at('shared')})).toEqual({exitCode: 0, output: `${ran}\n`})
  })

  it('runs for a user without a home, as in a container with a number for a user', () => {
    chmodSync(state.folder, 0o755)
    // A checkout may lie where only its owner goes.
    copyFileSync(process.execPath, at('node'))
    cpSync(DIST, at('dist'), {recursive: true})
    const options = {uid: STRANGER, gid: STRANGER, cwd: '/', env: {}, encoding: 'utf8'} as const
    const {status, stdout, stderr} = spawnSync(at('node'), [at('dist', 'cli.js'), '--version'], options)
    expect({status, stdout, stderr}).toEqual({status: 0, stdout: `${PROGRAM_VERSION}\n`, stderr: ''})
  })
})
