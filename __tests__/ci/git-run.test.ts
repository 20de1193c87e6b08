import {execFileSync} from 'node:child_process'
import {mkdtempSync, realpathSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {InputError, ReleaseError} from '../../src/errors.js'
import {type GivenFacts, readGitRepository, readGitRun} from '../../src/ci/git-run.js'
import type {Exec} from '../../src/ports.js'
import {execWithEnvironment} from '../support/builder-ports.js'

/** Git that knows nothing of this machine's own configuration, and makes the same commits always. */
const GIT = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@mail.example',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@mail.example',
  GIT_AUTHOR_DATE: '2026-02-03T04:05:06+01:00',
  GIT_COMMITTER_DATE: '2026-02-03T04:05:06+01:00',
  GIT_CEILING_DIRECTORIES: tmpdir()
}
const state = {folder: ''}
beforeEach(() => {
  state.folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'work-tree-')))
})
afterEach(() => {
  rmSync(state.folder, {recursive: true, force: true})
})

const git = (...args: string[]): string =>
  execFileSync('git', args, {cwd: state.folder, env: {...process.env, ...GIT}, stdio: 'pipe'})
    .toString()
    .trim()

function commit(): string {
  git('commit', '--quiet', '--allow-empty', '--message', 'A commit')
  return git('rev-parse', 'HEAD')
}

function makeRepository(): string {
  git('init', '--quiet', '--initial-branch', 'main')
  return commit()
}

const inFolder: Exec = (command, args, options) =>
  execWithEnvironment(GIT)(command, args, {...options, cwd: state.folder})
const clock = {now: () => Date.parse('2026-02-03T04:05:07Z'), sleep: () => Promise.resolve()}
const read = async (given: GivenFacts = {}, exec = inFolder) => await readGitRun(given, {exec, clock})

async function faults(given: GivenFacts = {}, exec = inFolder): Promise<string[]> {
  try {
    await read(given, exec)
  } catch (error) {
    if (error instanceof InputError) return error.issues.map(({input, message}) => `${input}: ${message}`)
    throw error
  }
  return []
}

describe('the run of a work tree', () => {
  it('is a push of its branch', async () => {
    const sha = makeRepository()
    expect(await read()).toEqual({
      event: 'push',
      ref: 'refs/heads/main',
      sha,
      startedAt: '2026-02-03T04:05:07.000Z',
      attempt: 1,
      commitDate: '2026-02-03T04:05:06+01:00',
      source: {fullName: path.basename(state.folder)}
    })
  })

  it.each<[GivenFacts, Partial<Record<'event' | 'ref' | 'pullRequest', unknown>>]>([
    [
      {event: 'tag', ref: 'v1.2.3'},
      {event: 'push', ref: 'refs/tags/v1.2.3'}
    ],
    [
      {event: 'tag', ref: 'refs/tags/v1.2.3'},
      {event: 'push', ref: 'refs/tags/v1.2.3'}
    ],
    [
      {event: 'branch', ref: 'feature/x'},
      {event: 'push', ref: 'refs/heads/feature/x'}
    ],
    [
      {event: 'release', ref: 'v1.2.3'},
      {event: 'release', ref: 'refs/tags/v1.2.3'}
    ],
    [
      {event: 'schedule', ref: 'main'},
      {event: 'schedule', ref: 'refs/heads/main'}
    ],
    [
      {event: 'pull_request', ref: '7'},
      {event: 'pull_request', ref: 'refs/pull/7/merge', pullRequest: 7}
    ]
  ])('takes a name for a ref where the event says what it names: %j', async (given, expected) => {
    makeRepository()
    expect(await read(given)).toMatchObject(expected)
  })

  it.each([
    ['refs/remotes/pull/7/merge', {ref: 'refs/pull/7/merge', pullRequest: 7}],
    ['refs/remotes/pull/12/head', {ref: 'refs/pull/12/head', pullRequest: 12}],
    ['refs/remotes/origin/feature/x', {ref: 'refs/heads/feature/x'}]
  ])('is what a checkout leaves detached at %s', async (name, expected) => {
    const sha = makeRepository()
    git('checkout', '--quiet', '--detach')
    git('commit', '--quiet', '--allow-empty', '--message', 'Merge')
    git('update-ref', name, 'HEAD')
    const run = await read()
    expect(run).toMatchObject(expected)
    expect(run.sha).not.toBe(sha)
  })

  it('does not guess between two branches that were fetched', async () => {
    makeRepository()
    git('checkout', '--quiet', '--detach')
    for (const name of ['a', 'b']) git('update-ref', `refs/remotes/origin/${name}`, 'HEAD')
    expect(await faults()).toEqual([
      'ref: no branch or tag is checked out; give --ref refs/heads/NAME or refs/tags/NAME'
    ])
  })

  it('is a push of the tag that its commit carries', async () => {
    makeRepository()
    git('tag', 'v1.0.0')
    expect(await read()).toMatchObject({ref: 'refs/tags/v1.0.0'})
    git('checkout', '--quiet', '--detach')
    expect(await read()).toMatchObject({ref: 'refs/tags/v1.0.0'})
  })

  it('takes a tag with a note as one, and its commit as the commit', async () => {
    const sha = makeRepository()
    git('tag', '--annotate', '--message', 'A release', 'v1.0.0')
    expect(await read()).toMatchObject({ref: 'refs/tags/v1.0.0', sha})
  })

  it('does not look at the tags of other commits', async () => {
    makeRepository()
    git('tag', 'v1.0.0')
    const sha = commit()
    expect(await read()).toMatchObject({ref: 'refs/heads/main', sha})
  })

  it('asks which one where its commit carries several tags', async () => {
    makeRepository()
    git('tag', 'v1.0.0')
    git('tag', 'v1.0')
    expect(await faults()).toEqual([
      'ref: this commit carries several tags (v1.0, v1.0.0); say which: --ref refs/tags/NAME'
    ])
    expect(await read({ref: 'refs/tags/v1.0.0'})).toMatchObject({ref: 'refs/tags/v1.0.0'})
  })

  it('asks for the ref where nothing is checked out by name', async () => {
    const sha = makeRepository()
    git('checkout', '--quiet', '--detach')
    expect(await faults()).toEqual([
      'ref: no branch or tag is checked out; give --ref refs/heads/NAME or refs/tags/NAME'
    ])
    expect(await read({ref: 'refs/heads/x'})).toMatchObject({ref: 'refs/heads/x', sha})
  })

  it('has a branch with slashes', async () => {
    makeRepository()
    git('checkout', '--quiet', '-b', 'feature/a/b')
    expect(await read()).toMatchObject({ref: 'refs/heads/feature/a/b'})
  })

  it('is what is given, before what is found', async () => {
    makeRepository()
    const given = {event: 'schedule', ref: 'refs/tags/v9', sha: 'b'.repeat(40)}
    const run = await read(given)
    expect(run).toMatchObject(given)
    expect(run).not.toHaveProperty('commitDate')
  })

  it('knows the default branch of its origin', async () => {
    makeRepository()
    git('update-ref', 'refs/remotes/origin/trunk', 'HEAD')
    git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/trunk')
    expect(await read()).toMatchObject({defaultBranch: 'trunk'})
  })

  it.each([
    ['https://github.com/octo/hello.git', 'octo/hello', 'https://github.com/octo/hello'],
    ['https://github.com/octo/hello', 'octo/hello', 'https://github.com/octo/hello'],
    ['https://github.com/octo/hello/', 'octo/hello', 'https://github.com/octo/hello'],
    ['git@github.com:octo/hello.git', 'octo/hello', 'https://github.com/octo/hello'],
    ['github.com:octo/hello', 'octo/hello', 'https://github.com/octo/hello'],
    ['ssh://git@git.example:2222/octo/hello.git', 'octo/hello', 'https://git.example/octo/hello'],
    ['https://git.example:8443/octo/hello.git', 'octo/hello', 'https://git.example:8443/octo/hello'],
    ['git://git.example/octo/hello.git', 'octo/hello', 'https://git.example/octo/hello'],
    ['https://gitlab.example/group/sub/app.git', 'group/sub/app', 'https://gitlab.example/group/sub/app'],
    ['https://user:geheim@github.com/octo/hello.git', 'octo/hello', 'https://github.com/octo/hello'],
    ['https://geheim@github.com/octo/hello.git', 'octo/hello', 'https://github.com/octo/hello'],
    ['https://user:ge@heim@github.com/octo/hello.git', 'octo/hello', 'https://github.com/octo/hello'],
    ['https://user:geheim@git.example:8443/o/h', 'o/h', 'https://git.example:8443/o/h'],
    ['https://github.com/octo/hello.git?token=geheim#geheim', 'octo/hello', 'https://github.com/octo/hello']
  ])('from %s comes from %s', async (origin, fullName, url) => {
    makeRepository()
    git('remote', 'add', 'origin', origin)
    const run = await read()
    expect(run.source).toEqual({fullName, url})
    expect(JSON.stringify(run)).not.toMatch(/geheim|heim@/)
  })

  it.each([
    '/srv/git/hello.git',
    '../hello.git',
    './hello',
    'file:///srv/git/hello.git',
    'C:\\git\\hello',
    'hello'
  ])('from the folder %s has no address', async origin => {
    makeRepository()
    git('remote', 'add', 'origin', origin)
    expect((await read()).source).toEqual({fullName: path.basename(state.folder)})
  })
})

describe('where there is no work tree, the run', () => {
  it('asks for all that is missing at once', async () => {
    expect(await faults()).toEqual([
      'sha: no commit: not in a Git work tree; give --sha',
      'ref: no branch or tag is checked out; give --ref refs/heads/NAME or refs/tags/NAME'
    ])
  })

  it('is what is given', async () => {
    const given = {ref: 'refs/tags/v1.0.0', sha: 'a'.repeat(40)}
    expect(await read(given)).toMatchObject({...given, event: 'push', source: {fullName: ''}})
  })

  it('is asked for where there is no Git', async () => {
    const none: Exec = () => Promise.reject(new ReleaseError('BUILDER_MISSING', 'git cannot be started'))
    expect((await faults({}, none)).map(line => line.slice(0, 4))).toEqual(['sha:', 'ref:'])
  })

  it('of a repository without a commit is asked for', async () => {
    git('init', '--quiet')
    expect((await faults())[0]).toContain('sha: no commit')
  })

  it.each<[GivenFacts, string]>([
    [{sha: 'abc', ref: 'refs/heads/main'}, 'sha: "abc" is not a commit of 40 hex digits'],
    [{sha: 'A'.repeat(40), ref: 'refs/heads/main'}, 'is not a commit of 40 hex digits'],
    [{sha: '--output=x', ref: 'refs/heads/main'}, 'is not a commit of 40 hex digits'],
    [{sha: 'a'.repeat(40), ref: 'v1.0.0'}, 'ref: "v1.0.0" is not a full ref such as refs/tags/v1.2.3'],
    [{sha: 'a'.repeat(40), ref: 'refs/tags/'}, 'is not a full ref'],
    [{sha: 'a'.repeat(40), ref: 'refs/remotes/origin/x'}, 'is not a full ref']
  ])('is not %j', async (given, said) => {
    expect((await faults(given))[0]).toContain(said)
  })
})

describe('what Git says of a repository without a run', () => {
  const repository = async () => await readGitRepository({exec: inFolder})
  const source = {fullName: 'acme/app', url: 'https://github.com/acme/app'}

  it('knows the remote and the first branch before there is a commit', async () => {
    git('init', '--quiet', '--initial-branch', 'trunk')
    git('remote', 'add', 'origin', 'git@github.com:acme/app.git')
    expect(await repository()).toEqual({source, defaultBranch: 'trunk'})
  })

  it('takes no branch for the default one that only happens to be checked out', async () => {
    makeRepository()
    git('remote', 'add', 'origin', 'git@github.com:acme/app.git')
    git('checkout', '--quiet', '-b', 'feature')
    expect(await repository()).toEqual({source})
    git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/develop')
    expect(await repository()).toEqual({source, defaultBranch: 'develop'})
  })

  it('knows nothing outside of a repository', async () => {
    expect(await repository()).toEqual({source: {fullName: ''}})
  })
})
