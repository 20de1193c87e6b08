import {spawnSync} from 'node:child_process'
import {cpSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {type CommandLine, commandLine, plainEnvironment} from '../support/command-line.js'
import {componentPath, describeWith} from '../support/components.js'
import {type ContainerStorage, makeContainerStorage} from '../support/container-storage.js'
import {type TerminalResult, runOnTerminal} from '../support/pseudo-terminal.js'
import {startEmbedded} from '../support/registries.js'

const HELLO = path.resolve(import.meta.dirname, '../../examples/hello')
/** What hides the cursor, and what moves it up: nothing of this may stand in a log that is kept. */
const DRAWN = /\u001b\[\?25l|\u001b\[\d*[ABCDGJK]/

describeWith(['buildah', 'git', 'script'], 'a release that somebody watches', () => {
  let registry: Awaited<ReturnType<typeof startEmbedded>>
  let storage: ContainerStorage
  let program: CommandLine
  let folder: string

  beforeAll(async () => {
    registry = await startEmbedded()
    storage = makeContainerStorage()
    program = commandLine()
    folder = mkdtempSync(path.join(tmpdir(), 'watched-'))
    cpSync(HELLO, folder, {recursive: true})
    for (const args of [
      ['init', '--quiet', '--initial-branch=main'],
      ['add', '.'],
      ['-c', 'user.name=x', '-c', 'user.email=x@example.com', 'commit', '--quiet', '--message', 'first'],
      ['tag', 'v1.0.0']
    ])
      expect(spawnSync('git', ['-C', folder, ...args]).status).toBe(0)
  })
  afterAll(async () => {
    program.remove()
    storage.remove()
    rmSync(folder, {recursive: true, force: true})
    await registry.stop()
  })

  const release = async (name: string, env: Readonly<Record<string, string>>): Promise<TerminalResult> =>
    await runOnTerminal(
      `stty rows 40 cols 120; ${program.command} release --images ${registry.host}/team/${name} --strategy release --builder buildah --format docker`,
      {cwd: folder, env: {...plainEnvironment(), ...storage.env, PATH: componentPath, TERM: 'xterm', ...env}}
    )

  it('has a line for each platform that says what it does, and leaves nothing but the log and the result', async () => {
    const {exitCode, screen} = await release('watched', {})
    expect(exitCode === 0 ? 0 : screen).toBe(0)
    expect(screen).toMatch(DRAWN)
    for (const platform of ['linux/amd64', 'linux/arm64']) {
      expect(screen).toMatch(new RegExp(`\\d+s {2}[^\\n]*${platform} {2}STEP \\d`))
      expect(screen).toMatch(new RegExp(`\\d+s {2}[^\\n]*${platform} {2}built: [0-9a-f]{12}`))
    }
    // The cursor is shown again, and nothing is drawn over the result.
    expect(screen.lastIndexOf('\u001b[?25h')).toBeGreaterThan(screen.lastIndexOf('\u001b[?25l'))
    expect(screen.split(DRAWN).at(-1)).toMatch(/Released 1\.0\.0 in [^]*docker pull /)
  }, 120_000)

  it.each([
    ['in CI', {CI: 'true'}],
    ['where the cursor cannot be moved', {TERM: 'dumb'}]
  ])(
    'draws nothing %s',
    async (_, env) => {
      const {exitCode, screen} = await release(`drawn-${Object.keys(env).join('')}`.toLowerCase(), env)
      expect(exitCode === 0 ? 0 : screen).toBe(0)
      expect(screen).not.toMatch(DRAWN)
      expect(screen).toMatch(/linux\/arm64 \| STEP \d/)
    },
    120_000
  )
})
