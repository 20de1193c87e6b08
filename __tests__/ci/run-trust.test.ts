import {describe, expect, it} from '@jest/globals'
import {readGithubRun} from '../../src/ci/github-run.js'
import {decidePush} from '../../src/planning/push-mode.js'
import {factsOf} from '../../src/ci/run-facts.js'
import {TRUST} from '../../src/ci/run-trust.js'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {EVENT_SHA, eventVariables} from '../support/events.js'

const OWN = 'octo/hello'
const repository = {full_name: OWN, default_branch: 'main'}
const head = (full_name: string | null) => ({
  pull_request: {
    number: 7,
    base: {ref: 'main', sha: EVENT_SHA},
    head: {sha: EVENT_SHA, repo: full_name === null ? null : {full_name}}
  }
})
const after = (event: string, full_name: string | null, login = 'ada') => ({
  workflow_run: {event, actor: {login}, head_repository: full_name === null ? null : {full_name}}
})

interface Case {
  readonly event: string
  readonly payload?: object
  readonly ref?: string
  readonly actor?: string
}

/** Whether it publishes with `push: auto` and with `push: true`, and what it says with auto. */
async function decided({event, payload = {}, ref = 'refs/heads/main', actor = 'ada'}: Case) {
  const folder = await mkdtemp(path.join(tmpdir(), 'trust-'))
  try {
    const file = path.join(folder, 'event.json')
    await writeFile(file, JSON.stringify({repository, ...payload}))
    const variables = {
      ...eventVariables('push-branch'),
      GITHUB_EVENT_NAME: event,
      GITHUB_REF: ref,
      GITHUB_ACTOR: actor,
      GITHUB_EVENT_PATH: file
    }
    const run = await readGithubRun(variables, {
      exec: () => Promise.reject(new Error('no git')),
      clock: {now: () => 0, sleep: () => Promise.resolve()}
    })
    const [auto, asked] = (['auto', 'true'] as const).map(mode =>
      decidePush(mode, run, factsOf(run, 7), {images: 1, tags: 1})
    )
    return {
      auto: auto?.push,
      asked: asked?.push,
      note: [...(auto?.notes ?? []), ...(asked?.notes ?? [])].join('\n')
    }
  } finally {
    await rm(folder, {recursive: true, force: true})
  }
}

const PULL = 'refs/pull/7/merge'
const QUEUE = 'refs/heads/gh-readonly-queue/main/pr-7-7fd1a60b'
type Row = readonly [name: string, one: Case, note: RegExp]

const never: readonly Row[] = [
  ...['pull_request', 'pull_request_review', 'pull_request_review_comment'].flatMap((event): Row[] => [
    [
      `${event} of a fork`,
      {event, ref: PULL, payload: head('grace/hello')},
      /a fork, whose token cannot push/
    ],
    [
      `${event} of a deleted fork`,
      {event, ref: PULL, payload: head(null)},
      /a fork, whose token cannot push/
    ],
    [`${event} of a fork of the same name`, {event, ref: PULL, payload: head('Octo2/hello')}, /a fork/]
  ]),
  [
    'pull_request_target of a fork',
    {event: 'pull_request_target', payload: head('grace/hello')},
    /holds your secrets/
  ],
  [
    'pull_request_target of a deleted fork',
    {event: 'pull_request_target', payload: head(null)},
    /holds your secrets/
  ],
  [
    'pull_request_target of a fork by a person of the repository',
    {event: 'pull_request_target', payload: head('grace/hello'), actor: 'ada'},
    /holds your secrets/
  ],
  ...['pull_request', 'pull_request_target', 'push', 'workflow_run', 'issue_comment'].flatMap(
    (event): Row[] => [
      [
        `workflow_run after ${event} of a fork`,
        {event: 'workflow_run', payload: after(event, 'grace/hello')},
        /is of a fork/
      ],
      [
        `workflow_run after ${event} of a deleted fork`,
        {event: 'workflow_run', payload: after(event, null)},
        /is of a fork/
      ]
    ]
  ),
  ['a merge queue', {event: 'merge_group', ref: QUEUE}, /a merge queue only builds/],
  ['a push of a merge queue', {event: 'push', ref: QUEUE}, /a merge queue only builds/]
]

const asked: readonly Row[] = [
  ...['pull_request', 'pull_request_review', 'pull_request_review_comment'].map((event): Row => [
    `${event} of the repository`,
    {event, ref: PULL, payload: head(OWN)},
    /a pull request only builds/
  ]),
  [
    'pull_request_target of the repository',
    {event: 'pull_request_target', payload: head(OWN)},
    /a pull request only builds/
  ],
  ['Dependabot on its branch', {event: 'push', ref: 'refs/heads/dependabot/npm/a'}, /Dependabot/],
  ['Dependabot by name', {event: 'push', actor: 'dependabot[bot]'}, /Dependabot/],
  [
    'pull_request of Dependabot',
    {event: 'pull_request', ref: PULL, payload: head(OWN), actor: 'dependabot[bot]'},
    /pull request/
  ],
  ...['pull_request', 'pull_request_target', 'pull_request_review'].map((event): Row => [
    `workflow_run after ${event} of the repository`,
    {event: 'workflow_run', payload: after(event, OWN)},
    new RegExp(`follows a run of ${event}, which only builds`)
  ]),
  [
    'workflow_run after a push of Dependabot',
    {event: 'workflow_run', payload: after('push', OWN, 'dependabot[bot]')},
    /Dependabot/
  ],
  ...['workflow_run', 'merge_group', 'issue_comment', 'issues', 'discussion'].map((event): Row => [
    `workflow_run after ${event}`,
    {event: 'workflow_run', payload: after(event, OWN)},
    new RegExp(`follows a run of ${event}, and who set that off is not known`)
  ]),
  ...['issue_comment', 'issues', 'discussion', 'discussion_comment', 'fork', 'watch', 'gollum'].map(
    (event): Row => [event, {event}, new RegExp(`anybody can set off a run of ${event}`)]
  )
]

const auto: readonly (readonly [string, Case])[] = [
  ...['push', 'release', 'schedule', 'workflow_dispatch', 'repository_dispatch', 'create'].flatMap(
    (event): [string, Case][] => [
      [event, {event}],
      [`workflow_run after ${event} of the repository`, {event: 'workflow_run', payload: after(event, OWN)}]
    ]
  ),
  ['a push of a tag', {event: 'push', ref: 'refs/tags/v1.2.3'}]
]

describe('what a run may publish', () => {
  it.each(never)('nothing, whatever is asked: %s', async (_, one, note) => {
    const found = await decided(one)
    expect(found).toMatchObject({auto: false, asked: false})
    expect(found.note).toMatch(note)
  })

  it.each(asked)('only what is asked for: %s', async (_, one, note) => {
    const found = await decided(one)
    expect(found).toMatchObject({auto: false, asked: true})
    expect(found.note).toMatch(note)
  })

  it.each(auto)('by itself: %s', async (_, one) => {
    expect(await decided(one)).toEqual({auto: true, asked: true, note: ''})
  })

  it('has a case above for every line of the table', () => {
    const lines = TRUST.filter(({right}) => right !== 'auto')
    const notes = [...never, ...asked].map(([, , note]) => note)
    for (const {reason, event} of lines) {
      const origin = {
        event: event.replaceAll('`', '').split(',')[0]!,
        isPullRequest: false,
        isMergeQueue: false,
        isFork: false,
        isDependabot: false,
        follows: {event: 'pull_request'}
      }
      const text = reason(origin).replace('and who', ', and who')
      expect([text, notes.some(note => note.test(text) || text.includes('who set that off'))]).toEqual([
        text,
        true
      ])
    }
  })
})
