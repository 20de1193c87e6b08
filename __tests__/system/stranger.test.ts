import {execFileSync} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {type ScriptResult, runScript} from '../support/command-line.js'
import {describeWith} from '../support/components.js'
import {EXAMPLE_PROGRAMS, type ExampleWorld, openExample} from '../support/example-world.js'
import {jobToken} from '../support/hosted/job-token.js'
import {copyProject} from '../support/project-copy.js'

const MINUTES = 60_000
const NAME = 'acme/hello'
const IMAGE = `ghcr.io/${NAME}`
const RELEASED = ['1.0', '1.0.0', '1.1', '1.1.0', 'latest', 'main']

describeWith([...EXAMPLE_PROGRAMS, 'buildkitd', 'docker-buildx'], 'somebody who has never seen it', () => {
  const clone = mkdtempSync(path.join(tmpdir(), 'clone-'))
  let world: ExampleWorld

  beforeAll(async () => {
    cloneProject(clone)
    world = await openExample({
      name: path.resolve(import.meta.dirname, '../fixtures/hello'),
      repository: NAME,
      workflow: 'docker.yml',
      registries: ['ghcr.io'],
      bases: ['busybox:1.37'],
      builder: 'buildx'
    })
    git(world.folder, 'remote', 'add', 'origin', `https://github.com/${NAME}`)
  }, MINUTES)
  afterAll(async () => {
    await world.stop()
    rmSync(clone, {recursive: true, force: true})
  })

  const cli = (line: string): Promise<ScriptResult> =>
    runScript(`node ${clone}/dist/cli.js ${line}`, {
      cwd: world.folder,
      env: {...world.readerEnv, GITHUB_TOKEN: jobToken({contents: 'write', packages: 'write'})}
    })
  const push = (ref: string): Promise<string> => world.succeed(world.run({name: 'push', ref}))
  const digestOf = (tag: string): Promise<string | undefined> => world.view.digest(`${IMAGE}:${tag}`)
  const stand = async (): Promise<unknown> => Promise.all(RELEASED.map(digestOf))
  const manifests = (): readonly string[] => world.registries.get('ghcr.io')?.manifests(NAME) ?? []

  it('has settings and a workflow written by one command, of what the repository had', async () => {
    const {exitCode, stdout, stderr} = await cli('init --write')
    expect([exitCode, stderr]).toEqual([0, expect.not.stringMatching(/error|TypeError/i)])
    expect(stdout).toMatch(/^\+\+\+ b\/\.github\/image-release\.yml$/m)
    expect(world.read('.github/workflows/docker.yml')).toMatch(
      /uses: org\/image-release\/\.github\/workflows\/release\.yml@v1\n/
    )
    expect((await cli('init --write')).stderr).toContain('There is nothing to do')
    const {stdout: table} = await cli('explain --event tag --ref v1.0.0')
    for (const tag of ['1.0.0', '1.0', 'latest']) expect(table).toMatch(new RegExp(`\\b${tag} `))
    world.commit()
  })

  it(
    'pushes main and a Git tag, and finds the release on the registry for both platforms',
    async () => {
      await push('refs/heads/main')
      expect(await world.view.tags(IMAGE)).toEqual(['main'])
      await push('refs/tags/v1.0.0')
      expect(await world.view.tags(IMAGE)).toEqual(['1.0', '1.0.0', 'latest', 'main'])
      expect(await digestOf('latest')).toBe(await digestOf('1.0.0'))
      const platforms = await world.view.platforms(`${IMAGE}:1.0.0`)
      expect(platforms.filter(one => !one.startsWith('unknown'))).toEqual(['linux/amd64', 'linux/arm64'])
    },
    5 * MINUTES
  )

  it(
    'releases the next version, and changes nothing by running that again',
    async () => {
      world.commit({'greet.sh': '#!/bin/sh\necho "Good day"\n'})
      await push('refs/heads/main')
      await push('refs/tags/v1.1.0')
      expect(await world.view.tags(IMAGE)).toEqual(RELEASED)
      expect(await digestOf('latest')).toBe(await digestOf('1.1.0'))
      const before = [await stand(), manifests()]
      await push('refs/tags/v1.1.0')
      expect([await stand(), manifests()]).toEqual(before)
    },
    5 * MINUTES
  )

  it(
    'goes back to the version before from a command line, after a look at what that would do',
    async () => {
      const old = await digestOf('1.0.0')
      const line = `rollback-release --images ${IMAGE} --to-version 1.0.0`
      const before = await stand()
      const dry = await cli(`${line} --dry-run`)
      expect([dry.exitCode, await stand()]).toEqual([0, before])
      const {exitCode, stdout, stderr} = await cli(line)
      expect([exitCode, lastLine(stdout + stderr)]).toEqual([0, expect.stringContaining('latest')])
      expect(await digestOf('latest')).toBe(old)
      expect(await digestOf('1.1.0')).not.toBe(old)
    },
    MINUTES
  )

  it(
    'cleans up what no tag reaches any more, and only that',
    async () => {
      const before = {tags: await stand(), manifests: manifests()}
      const line = `cleanup-latest --images ${IMAGE} --untagged --allow-deletion --min-age 0s --github-repository ${NAME}`
      const dry = await cli(`${line} --dry-run --output plan-hash`)
      expect([dry.exitCode, manifests()]).toEqual([0, before.manifests])
      const {exitCode, stdout} = await cli(`${line} --expected-plan ${dry.stdout.trim()} --output deleted`)
      expect([exitCode, await stand()]).toEqual([0, before.tags])
      const gone = before.manifests.filter(digest => !manifests().includes(digest))
      // The first main: its index and both platforms.
      expect(gone).toHaveLength(3)
      expect(stdout.trim().split('\n').sort()).toEqual(gone.map(digest => `${IMAGE}@${digest}`))
      for (const tag of RELEASED) await world.view.config(`${IMAGE}:${tag}`, 'linux/arm64')
    },
    MINUTES
  )
})

/** What somebody gets who clones the project: what is committed, or could be. */
function cloneProject(folder: string): void {
  const project = copyProject(() => true, 'none')
  try {
    const names = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org']
    git(project.folder, ...names, 'commit', '--quiet', '--message', 'Test')
    git(folder, 'clone', '--quiet', '--depth', '1', `file://${project.folder}`, '.')
  } finally {
    project.dispose()
  }
}

function git(folder: string, ...args: string[]): void {
  execFileSync('git', args, {cwd: folder})
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? ''
}
