import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {detectChanges} from '../../src/planning/change-detection.js'
import {changeInputs} from '../../src/planning/change-inputs.js'
import {execPrograms} from '../support/exec-programs.js'
import {parseInputs} from '../../src/command/input.js'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'
import {runOf} from '../support/events.js'
import {tagPush} from '../support/ports.js'
import {serviceTarget} from '../support/service-target.js'

const AUTHOR = [
  '-c',
  'user.name=Ada',
  '-c',
  'user.email=ada@example.org',
  '-c',
  'init.defaultBranch=main',
  '-c',
  'commit.gpgsign=false'
]
const SERVICES = ['api', 'web'].map(name => serviceTarget(name, {context: `services/${name}`}, name))

describe('changes that Git tells of', () => {
  let root: string
  let folder: string
  const commits: Record<string, string> = {}

  const git = (cwd: string, ...args: string[]): string =>
    execFileSync('git', [...AUTHOR, ...args], {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore']
    }).trim()

  function commit(name: string, files: Readonly<Record<string, string>>): void {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.join(folder, path.dirname(file)), {recursive: true})
      writeFileSync(path.join(folder, file), text)
    }
    git(folder, 'add', '-A')
    git(folder, 'commit', '-q', '-m', name)
    commits[name] = git(folder, 'rev-parse', 'HEAD')
  }

  beforeAll(() => {
    root = mkdtempSync(path.join(tmpdir(), 'changes-'))
    folder = path.join(root, 'whole')
    mkdirSync(folder)
    git(folder, 'init', '-q')
    commit('base', {'services/api/a.go': '1', 'services/web/a.ts': '1', 'go.sum': '1', 'ümläut "x".txt': '1'})
    git(folder, 'switch', '-q', '-c', 'topic')
    commit('topic', {'services/api/a.go': '2', 'go.sum': '2'})
    git(folder, 'switch', '-q', 'main')
    commit('ahead', {'services/web/a.ts': '2'})
    git(folder, 'merge', '-q', '--no-ff', '-m', 'merge', 'topic')
    commits['merge'] = git(folder, 'rev-parse', 'HEAD')
  })
  afterAll(() => rmSync(root, {recursive: true}))

  function clone(depth: number): string {
    const shallow = path.join(root, `depth-${depth}`)
    git(root, 'clone', '-q', '--depth', String(depth), `file://${folder}`, shallow)
    return shallow
  }

  async function detect(
    run: WorkflowRun,
    texts: Readonly<Record<string, string>> = {},
    cwd = folder
  ): Promise<{changed: string; dependencies: string; notes: readonly string[]}> {
    const values = parseInputs(changeInputs, {'dependency-paths': 'auto', ...texts})
    const {outputs, notes} = await detectChanges(
      values,
      {targets: SERVICES, run},
      {
        exec: async (command, args, options) => await execPrograms(command, args, {...options, cwd}),
        signal: new AbortController().signal
      }
    )
    const map = JSON.parse(outputs.changed) as Record<string, boolean>
    expect(outputs['any-changed']).toBe(String(Object.values(map).includes(true)))
    const changed = Object.keys(map).filter(name => map[name])
    return {changed: changed.join(' '), dependencies: outputs['dependencies-changed'], notes}
  }

  const push = (sha: string | undefined, baseSha: string | undefined): WorkflowRun => ({
    ...tagPush('unused', sha),
    ref: 'refs/heads/main',
    ...(baseSha === undefined ? {} : {baseSha})
  })
  const pull = (changes: Partial<WorkflowRun> = {}): WorkflowRun => ({
    ...push(commits['merge'], commits['ahead']),
    event: 'pull_request',
    ref: 'refs/pull/7/merge',
    headSha: commits['topic'] ?? '',
    ...changes
  })

  it('of a push', async () => {
    expect(await detect(push(commits['ahead'], commits['base']))).toEqual({
      changed: 'web',
      dependencies: 'false',
      notes: []
    })
    expect(await detect(push(commits['topic'], commits['base']))).toEqual({
      changed: 'api',
      dependencies: 'true',
      notes: []
    })
  })

  it('of a pull request: what it changes, not what its branch lacks', async () => {
    expect((await detect(pull())).changed).toBe('api')
    const headOnly = pull({sha: commits['topic'] ?? ''})
    expect((await detect(headOnly)).changed).toBe('api')
    expect((await detect(pull({event: 'pull_request_target', sha: commits['ahead'] ?? ''}))).changed).toBe(
      'api'
    )
  })

  it('of nothing', async () => {
    expect(await detect(push(commits['ahead'], commits['ahead']))).toMatchObject({
      changed: '',
      dependencies: 'false'
    })
  })

  it('since a ref that is named', async () => {
    expect((await detect(push(commits['merge'], undefined), {'changed-since': 'HEAD~1'})).changed).toBe('api')
    expect(
      (await detect(push(commits['merge'], undefined), {'changed-since': commits['base'] ?? ''})).changed
    ).toBe('api web')
  })

  it('of the merge commit of a pull request in a clone of two commits', async () => {
    expect(await detect(pull({baseSha: 'f'.repeat(40)}), {}, clone(2))).toEqual({
      changed: 'api',
      dependencies: 'true',
      notes: []
    })
  })

  it('not in a clone of one commit: then all changed, and a note says what to do', async () => {
    const {changed, dependencies, notes} = await detect(pull(), {}, clone(1))
    expect({changed, dependencies}).toEqual({changed: 'api web', dependencies: 'true'})
    expect(notes).toEqual([
      expect.stringMatching(/^Which files changed since [0-9a-f]{12} cannot be told here.*fetch-depth: 0/)
    ])
  })

  it('not without a checkout, without Git, or since a ref that is not there', async () => {
    const empty = mkdtempSync(path.join(root, 'empty-'))
    expect(await detect(pull(), {}, empty)).toMatchObject({changed: 'api web', notes: [expect.anything()]})
    expect(await detect(pull(), {'changed-since': 'nowhere'})).toMatchObject({
      changed: 'api web',
      notes: [expect.stringContaining('since nowhere')]
    })
    const values = parseInputs(changeInputs, {paths: 'src/**'})
    const ports = {exec: () => Promise.reject(new Error('no git')), signal: new AbortController().signal}
    const {outputs} = await detectChanges(values, {targets: SERVICES, run: pull()}, ports)
    expect(outputs['any-changed']).toBe('true')
  })

  it('not of a Git tag or a new branch: they are new as a whole, and their dependencies are compared with the commit before', async () => {
    for (const run of [push(commits['merge'], undefined), tagPush('v1.0.0', commits['merge'])])
      expect(await detect(run)).toEqual({
        changed: 'api web',
        dependencies: 'true',
        notes: [expect.stringMatching(/^dependencies-changed compares [0-9a-f]{12} with the commit before/)]
      })
    const ahead = tagPush('v1.0.0', commits['ahead'])
    expect((await detect(ahead)).dependencies).toBe('false')
    expect(await detect(tagPush('v1.0.0', commits['base']))).toMatchObject({
      dependencies: 'true',
      notes: [
        expect.stringMatching(
          /^dependencies-changed is true, because this checkout has neither .* fetch-depth: 0/
        )
      ]
    })
  })

  describe('of dependencies, since the release before', () => {
    beforeAll(() => {
      const tags = {
        'v1.9.0': 'base',
        'v1.10.0': 'merge',
        'v1.10.1': 'merge',
        'v2.0.0': 'base',
        'web-v1.9.5': 'base',
        v1: 'base'
      }
      for (const [tag, at] of Object.entries(tags)) git(folder, 'tag', tag, commits[at] ?? '')
    })
    afterAll(() => {
      git(folder, 'tag', '--delete', ...git(folder, 'tag', '--list').split('\n'))
    })

    const byHand = (name: string, event = 'workflow_dispatch'): WorkflowRun => ({
      ...push(commits[name], undefined),
      event
    })
    it.each<[string, () => WorkflowRun, string, string]>([
      [
        'a Git tag, that of the version before',
        () => tagPush('v1.10.1', commits['merge']),
        'false',
        'v1.10.0'
      ],
      ['a Git tag by numbers, not by letters', () => tagPush('v1.10.0', commits['merge']), 'true', 'v1.9.0'],
      [
        'a Git tag of a service, one of its own',
        () => tagPush('web-v1.10.0', commits['merge']),
        'true',
        'web-v1.9.5'
      ],
      ['a run by hand, the newest that it descends from', () => byHand('merge'), 'false', 'v1.10'],
      ['a schedule', () => byHand('topic', 'schedule'), 'true', '']
    ])('%s', async (_, run, dependencies, base) => {
      const found = await detect(run())
      expect(found).toMatchObject({changed: 'api web', dependencies})
      expect(found.notes).toEqual([expect.stringContaining(`with the Git tag ${base}`)])
    })

    it('the commit before, where the first version has none before it', async () => {
      const {notes} = await detect(tagPush('v1.8.0', commits['merge']))
      expect(notes).toEqual([expect.stringContaining('with the commit before')])
    })
  })

  it('reads names of any characters', async () => {
    commit('names', {'ümläut "x".txt': '2', 'two\nlines': '1'})
    const texts = {paths: 'api: ümläut*\nweb: two*'}
    expect((await detect(push(commits['names'], commits['merge']), texts)).changed).toBe('api web')
  })

  it('asks nobody where nothing needs it', async () => {
    const values = parseInputs(changeInputs, {})
    const ports = {exec: () => Promise.reject(new Error('asked')), signal: new AbortController().signal}
    const targets = SERVICES.map(each => ({...each, service: undefined}))
    const {outputs, notes} = await detectChanges(values, {targets, run: pull()}, ports)
    expect(outputs).toEqual({
      changed: '{"api":true,"web":true}',
      'any-changed': 'true',
      'dependencies-changed': 'true'
    })
    expect(notes).toEqual([])
  })
})

describe('the commit that a run starts from', () => {
  const BEFORE = '7fd1a60b01f91b314f59955a4e4d4e80d8edf11d'

  it.each([
    ['push-branch', BEFORE],
    ['pull_request', BEFORE],
    ['merge_group', BEFORE],
    ['push-tag', undefined],
    ['schedule', undefined],
    ['release', undefined]
  ] as const)('%s: %s', async (event, expected) => {
    expect((await runOf(event)).baseSha).toBe(expected)
  })
})
