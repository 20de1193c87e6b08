import {execFileSync, spawnSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'

const ROOT = path.resolve(import.meta.dirname, '../..')
const {version} = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {version: string}
/** jest's own options are not those of the programs that it starts. */
const ENV = {...process.env, NODE_OPTIONS: ''}

describe('the npm package', () => {
  let folder: string
  let archive: string
  const pack = (into: string): string =>
    execFileSync('node', [path.join(ROOT, 'scripts/publish/package.mjs'), into], {
      env: ENV,
      encoding: 'utf8'
    }).trimEnd()
  const run = (program: string, ...args: string[]) =>
    spawnSync(program, args, {cwd: folder, env: ENV, encoding: 'utf8'})

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'package-'))
    archive = pack(folder)
    writeFileSync(path.join(folder, 'package.json'), '{"private": true}')
    const {status, stderr} = run('npm', 'install', '--offline', '--no-audit', '--no-fund', archive)
    expect({status, stderr}).toEqual({status: 0, stderr: ''})
  }, 60_000)
  afterAll(() => rmSync(folder, {recursive: true, force: true}))

  it('holds the command line and its pages, and nothing else', () => {
    const files = execFileSync('tar', ['-tf', archive], {encoding: 'utf8'}).trim().split('\n')
    const others = files.filter(file => !/^package\/dist\/\d+\.index\.js$/.test(file))
    expect(others.sort()).toEqual(
      [
        ...['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'],
        ...['dist/cli.js', 'dist/index.js', 'dist/licenses.txt', 'dist/package.json']
      ]
        .map(file => `package/${file}`)
        .sort()
    )
    expect(files.length).toBeGreaterThan(others.length)
  })

  it('needs no other package, runs nothing when it is installed, and names its source', () => {
    const installed = readFileSync(path.join(folder, 'node_modules/image-release/package.json'), 'utf8')
    expect(JSON.parse(installed)).toEqual({
      name: 'image-release',
      version,
      description: expect.any(String),
      keywords: expect.any(Array),
      license: 'Apache-2.0',
      repository: {type: 'git', url: 'git+https://github.com/org/image-release.git'},
      type: 'module',
      bin: {'image-release': 'dist/cli.js'},
      engines: {node: expect.any(String)}
    })
  })

  it('has the same bytes each time', () => {
    const again = mkdtempSync(path.join(tmpdir(), 'package-'))
    try {
      expect(readFileSync(pack(again)).equals(readFileSync(archive))).toBe(true)
    } finally {
      rmSync(again, {recursive: true, force: true})
    }
  })

  it('runs by npx: version, help, and a plan', () => {
    const npx = (...args: string[]) => run('npx', '--offline', '--no', '--', 'image-release', ...args)
    expect(npx('--version').stdout.trim()).toBe(version)
    expect(npx('--help').stdout).toContain('compute-tags')
    const event = ['--event', 'push', '--ref', 'refs/tags/v1.2.3', '--sha', 'a'.repeat(40)]
    const {stdout, stderr, status} = npx(
      ...['compute-tags', '--images', 'localhost:1/app', '--strategy', 'release', '--ask', 'never', ...event]
    )
    expect({status, stderr: status === 0 ? '' : stderr}).toEqual({status: 0, stderr: ''})
    expect(stdout).toContain('localhost:1/app:1.2.3')
  })
})
