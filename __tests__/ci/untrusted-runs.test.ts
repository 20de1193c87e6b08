import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {InputError, type ReleaseError} from '../../src/errors.js'
import {execPrograms} from '../support/exec-programs.js'
import {assertMayPublish, assertOwnSettings} from '../../src/ci/untrusted-runs.js'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'

const OWN = 'images: ghcr.io/octo/hello\n'
const STRANGE = 'images: ghcr.io/octo/hello, docker.io/grace/hello\n'

describe('a run that a stranger set off, with token and secrets', () => {
  let folder = ''
  let base = ''
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      cwd: folder,
      encoding: 'utf8'
    }).trim()
  const write = (file: string, text: string): string => {
    const whole = path.join(folder, file)
    mkdirSync(path.dirname(whole), {recursive: true})
    writeFileSync(whole, text)
    return whole
  }

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'stranger-')))
    git('init', '-q', '-b', 'main')
    write('.github/image-release.yml', OWN)
    git('add', '.')
    git('commit', '-qm', 'base')
    base = git('rev-parse', 'HEAD')
    git('checkout', '-qb', 'head')
    write('.github/image-release.yml', STRANGE)
    git('commit', '-qam', 'head')
  })
  afterEach(() => rmSync(folder, {recursive: true, force: true}))

  const portsOf = (changes: Partial<WorkflowRun>) => {
    const run: WorkflowRun = {
      event: 'pull_request_target',
      ref: 'refs/heads/main',
      sha: base,
      startedAt: '2026-11-27T00:00:00Z',
      source: {fullName: 'octo/hello'},
      attempt: 1,
      ...changes
    }
    return {
      environment: (name: string) => (name === 'GITHUB_EVENT_NAME' ? run.event : undefined),
      workflowRun: () => Promise.resolve(run),
      exec: execPrograms
    }
  }
  const judge = async (file: string, text: string, changes: Partial<WorkflowRun>): Promise<string> => {
    try {
      await assertOwnSettings(file, text, portsOf(changes))
      return 'taken'
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      return error.message
    }
  }

  const refused: readonly (readonly [string, Partial<WorkflowRun>])[] = [
    ['pull_request_target of a fork', {fork: true}],
    [
      'workflow_run after a run of a fork',
      {event: 'workflow_run', fork: true, follows: {event: 'pull_request'}}
    ],
    [
      'workflow_run after a workflow_run',
      {event: 'workflow_run', fork: false, follows: {event: 'workflow_run'}}
    ],
    ['issue_comment', {event: 'issue_comment'}],
    ['discussion_comment', {event: 'discussion_comment'}],
    ['issues', {event: 'issues'}]
  ]
  const taken: readonly (readonly [string, Partial<WorkflowRun>])[] = [
    ['pull_request of a fork, which holds nothing', {event: 'pull_request', fork: true}],
    ['pull_request_target of the repository', {fork: false}],
    ['workflow_run after a push', {event: 'workflow_run', fork: false, follows: {event: 'push'}}],
    ['push', {event: 'push'}],
    ['workflow_dispatch', {event: 'workflow_dispatch'}]
  ]

  it.each(refused)('does not take the settings that the head brings: %s', async (_, changes) => {
    const file = path.join(folder, '.github/image-release.yml')
    expect(await judge(file, STRANGE, changes)).toContain('a stranger may have written it')
  })

  it.each(refused)('takes those of its own commit: %s', async (_, changes) => {
    git('checkout', '-q', 'main')
    expect(await judge(path.join(folder, '.github/image-release.yml'), OWN, changes)).toBe('taken')
    expect(
      await judge(path.join(folder, '.github/image-release.yml'), `\uFEFF${OWN}`.slice(1), changes)
    ).toBe('taken')
  })

  it.each(taken)('takes the settings that are there: %s', async (_, changes) => {
    expect(await judge(path.join(folder, '.github/image-release.yml'), STRANGE, changes)).toBe('taken')
  })

  it.each([
    ['that was changed and not committed', '.github/image-release.yml', STRANGE],
    ['that is not committed at all', 'other.yml', OWN],
    ['beside the repository', '../other.yml', OWN],
    ['in a folder that is not there', 'gone/other.yml', OWN],
    ['whose name is an option', '--help', OWN]
  ])('does not take a file %s', async (_, file, text) => {
    git('checkout', '-q', 'main')
    expect(await judge(path.join(folder, file), text, {fork: true})).toContain(
      'a stranger may have written it'
    )
  })

  it('does not take a checkout of the head that does not have the commit of the run', async () => {
    const clone = path.join(folder, 'head')
    execFileSync('git', ['clone', '-q', '--depth=1', '--branch=head', `file://${folder}`, clone])
    const file = path.join(clone, '.github/image-release.yml')
    expect(await judge(file, STRANGE, {fork: true})).toContain('a stranger may have written it')
  })

  it.each<[string, Partial<WorkflowRun>, boolean]>([
    ['pull_request_target of a fork', {fork: true}, false],
    ['workflow_run after a fork', {event: 'workflow_run', fork: true, follows: {event: 'push'}}, false],
    ['pull_request_target of the repository', {fork: false}, true],
    ['issue_comment', {event: 'issue_comment'}, true],
    ['push', {event: 'push'}, true]
  ])('publishes what a plan says only where the table lets it: %s', async (_, changes, may) => {
    const failure = await assertMayPublish(portsOf(changes)).then(
      () => undefined,
      (error: unknown) => error
    )
    if (may) expect(failure).toBeUndefined()
    else expect(failure).toMatchObject({code: 'RIGHT_MISSING'})
    if (failure !== undefined)
      expect((failure as ReleaseError).message).toMatch(/nothing is published in this run: .*fork/)
  })
})
