import {spawnSync} from 'node:child_process'
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
  writeFileSync
} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {PROGRAM_VERSION} from '../../src/version.js'

const ENTRY = path.resolve(import.meta.dirname, '../../scripts/bundle/cli.mjs')
const DIST = path.resolve(import.meta.dirname, '../../dist')
/** A user whom the machine does not know. */
const STRANGER = 12_345
const state = {folder: ''}

beforeEach(() => {
  state.folder = mkdtempSync(path.join(tmpdir(), 'entry-'))
  mkdirSync(at('dist'))
  mkdirSync(at('home'))
  copyFileSync(ENTRY, at('dist', 'cli.js'))
  writeFileSync(at('dist', 'package.json'), '{"type": "module"}')
  writeFileSync(at('dist', 'index.js'), "export const runCli = () => console.log('ran')\n")
})
afterEach(() => {
  rmSync(state.folder, {recursive: true, force: true})
})

function at(...names: string[]): string {
  return path.join(state.folder, ...names)
}

/** Runs the entry point with a bundle of one line. */
function run(variables: Readonly<Record<string, string>>): {exitCode: number | null; output: string} {
  const env = {PATH: process.env['PATH'], ...variables}
  const {status, stdout, stderr} = spawnSync(process.execPath, [at('dist', 'cli.js')], {
    env,
    encoding: 'utf8'
  })
  return {exitCode: status, output: stdout + stderr}
}

/** The files that Node keeps in a folder of caches, and what each holds. */
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
    expect(run({HOME: at('home')})).toEqual(RAN)
    const kept = keptIn('home', '.cache')
    expect(kept.size).toBe(1)
    expect(run({HOME: at('home')})).toEqual(RAN)
    expect(keptIn('home', '.cache')).toEqual(kept)
  })

  it('compiles again what is another bundle now', () => {
    run({HOME: at('home')})
    writeFileSync(at('dist', 'index.js'), "export const runCli = () => console.log('is new')\n")
    expect(run({HOME: at('home')})).toEqual({exitCode: 0, output: 'is new\n'})
  })

  it('keeps it where XDG_CACHE_HOME says', () => {
    expect(run({HOME: at('home'), XDG_CACHE_HOME: at('caches')})).toEqual(RAN)
    expect(keptIn('caches').size).toBe(1)
    expect(keptIn('home', '.cache').size).toBe(0)
  })

  it.each([
    ['Node is told to keep nothing', {NODE_DISABLE_COMPILE_CACHE: '1'}],
    ['Node is told another place', {NODE_COMPILE_CACHE: path.join(tmpdir(), 'entry-other-place')}]
  ])('keeps nothing there where %s', (_, variables) => {
    expect(run({HOME: at('home'), ...variables})).toEqual(RAN)
    expect(keptIn('home', '.cache').size).toBe(0)
    rmSync(path.join(tmpdir(), 'entry-other-place'), {recursive: true, force: true})
  })

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
