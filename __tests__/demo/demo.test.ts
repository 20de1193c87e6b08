import {type SpawnSyncReturns, spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {commandLine, plainEnvironment} from '../support/command-line.js'
import {componentPath, describeWith, findComponent, itWith} from '../support/components.js'
import {makeContainerStorage} from '../support/container-storage.js'
import {runOnTerminal} from '../support/pseudo-terminal.js'

const ROOT = path.resolve(import.meta.dirname, '../..')
const SCRIPT = path.join(ROOT, 'script/demo')

describeWith(['script', 'git', 'buildah'], 'the demo on a terminal where nobody answers', () => {
  it('says what it does, comes to its end, and shows what is there', async () => {
    const [program, storage] = [commandLine(), makeContainerStorage()]
    try {
      const {exitCode, screen} = await runOnTerminal(`${program.command} demo --builder buildah`, {
        cwd: ROOT,
        env: {...plainEnvironment(), PATH: componentPath, ...storage.env}
      })
      expect(screen).not.toContain('[y/N]')
      expect(exitCode === 0 ? 0 : screen).toBe(0)
      const lines = screen.split(/\r?\n/)
      expect(lines[0]).toMatch(/^This releases examples\/hello twice/)
      expect(lines).toContainEqual(
        expect.stringMatching(/^ {2}latest +(\w{12}) +\1 +linux\/amd64, linux\/arm64$/)
      )
      // Nobody can pull from registries that have stopped.
      expect(screen).toContain('--keep')
      expect(screen).not.toContain('docker pull')
    } finally {
      program.remove()
      storage.remove()
    }
  }, 120_000)
})

describe('script/demo', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'machine-'))
  })
  afterEach(() => rmSync(folder, {recursive: true, force: true}))

  /** A machine that has these programs and no other. */
  const machine = (programs: Readonly<Record<string, string>>): void => {
    for (const [name, text] of Object.entries(programs))
      writeFileSync(path.join(folder, name), `#!/bin/sh\n${text}\n`, {mode: 0o755})
    for (const name of ['bash', 'sh', 'dirname', 'grep', 'cat', 'true']) link(name)
  }
  const link = (name: string): void => symlinkSync(findComponent(name) ?? name, path.join(folder, name))
  const run = (...args: string[]): SpawnSyncReturns<string> =>
    spawnSync('bash', [SCRIPT, ...args], {encoding: 'utf8', env: {PATH: folder}})
  const itOnTerminal = itWith(['script'])
  const NODE = {node: 'case $1 in -p) echo 24 ;; dist/cli.js) echo "started $*" ;; esac'}
  const APT =
    'echo "apt-get $*" >&2; case $* in *install*) printf "#!/bin/sh\\n" > "${0%/*}/buildah"; /bin/chmod +x "${0%/*}/buildah" ;; esac'

  itOnTerminal('asks for no password: it installs by sudo only where that asks nothing', async () => {
    // What sudo does where somebody is to give a password.
    machine({...NODE, git: '', id: 'echo 1000', 'apt-get': APT, sudo: '[ "$1" = -n ] && exit 1; exec "$@"'})
    const {exitCode, screen} = await runOnTerminal(`PATH=${folder} bash ${SCRIPT}`, {
      cwd: ROOT,
      env: plainEnvironment()
    })
    expect([exitCode, screen]).toEqual([
      1,
      expect.stringMatching(/needs a builder.*Install buildah or podman/)
    ])
    expect(screen).not.toContain('apt-get')
  })

  it.each([
    ['root', 'echo 0', 'exit 1', 'apt-get'],
    [
      'a user whose sudo asks nothing',
      'echo 1000',
      '[ "$1" = -n ] || exit 1; shift; exec "$@"',
      'sudo apt-get'
    ]
  ])(
    'installs a builder for %s, says so and how not to, and asks no package manager to ask',
    (_, id, sudo, by) => {
      machine({
        ...NODE,
        git: '',
        id,
        'apt-get': APT,
        sudo,
        env: 'while [ "${1#*=}" != "$1" ]; do shift; done; exec "$@"'
      })
      const refused = run('--no-install')
      expect([refused.status, refused.stderr]).toEqual([
        1,
        expect.stringMatching(/needs a builder: .*--no-install/)
      ])
      expect(refused.stderr).not.toMatch(/apt-get|sudo/)
      const {status, stdout, stderr} = run()
      expect(stderr).toContain(`installing buildah with ${by}; script/demo --no-install would not`)
      expect([status, stdout]).toEqual([0, 'started dist/cli.js demo\n'])
    }
  )

  it.each([
    ['Node', {git: ''}, /needs Node\.js 20 or later/],
    ['git', NODE, /needs git/]
  ])('says that %s is missing, before anything else', (_, programs, message) => {
    machine(programs)
    const {status, stderr} = run()
    expect([status, stderr]).toEqual([1, expect.stringMatching(message)])
  })
})
