import {describe, expect, it} from '@jest/globals'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {cacheOf, decideCache} from '../../src/building/caches/build-cache.js'
import {parseInputs} from '../../src/command/input.js'
import type {Ports} from '../../src/ports.js'
import type {BuildJob} from '../../src/building/build-job.js'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'

const PULL = 'refs/pull/7/merge'
const MAIN = 'refs/heads/main'

/** Runs in which what is built may be a stranger's. */
const STRANGE: readonly (readonly [what: string, run: Partial<WorkflowRun>])[] = [
  ['pull_request of a fork', {event: 'pull_request', ref: PULL, fork: true}],
  ['pull_request of the repository', {event: 'pull_request', ref: PULL, fork: false}],
  ['pull_request_target of a fork', {event: 'pull_request_target', ref: MAIN, fork: true}],
  ['pull_request_target of the repository', {event: 'pull_request_target', ref: MAIN, fork: false}],
  ['merge_group', {event: 'merge_group', ref: 'refs/heads/gh-readonly-queue/main/pr-7'}],
  [
    'workflow_run after a pull request of a fork',
    {event: 'workflow_run', ref: MAIN, fork: true, follows: {event: 'pull_request'}}
  ],
  [
    'workflow_run after a pull request of the repository',
    {event: 'workflow_run', ref: MAIN, fork: false, follows: {event: 'pull_request'}}
  ],
  ['workflow_run after a workflow_run', {event: 'workflow_run', ref: MAIN, follows: {event: 'workflow_run'}}],
  [
    'workflow_run after an issue_comment',
    {event: 'workflow_run', ref: MAIN, follows: {event: 'issue_comment'}}
  ],
  ['issue_comment', {event: 'issue_comment', ref: MAIN}],
  ['issues', {event: 'issues', ref: MAIN}],
  ['discussion_comment', {event: 'discussion_comment', ref: MAIN}]
]

/** Of these, what never publishes: there not even what the caller wrote out is written. */
const NEVER = ['pull_request_target of a fork', 'workflow_run after a pull request of a fork']

const TIERS = ['gha', 'registry', 'inline', 'previous', 'local=/var/cache/layers']
const JOB = {
  target: 'app',
  images: [{registry: 'ghcr.io', name: 'octo/hello'}],
  platform: {os: 'linux', architecture: 'amd64'}
} as unknown as BuildJob

/** The caches that a build in a run would read and write. */
async function cachesIn(changes: Partial<WorkflowRun>, texts: Record<string, string>) {
  const run: WorkflowRun = {
    event: 'push',
    ref: MAIN,
    sha: 'a'.repeat(40),
    startedAt: '2026-11-27T00:00:00Z',
    source: {fullName: 'octo/hello'},
    attempt: 1,
    ...changes
  }
  const ports = {
    environment: (name: string) => (name === 'GITHUB_EVENT_NAME' ? run.event : undefined),
    workflowRun: () => Promise.resolve(run),
    reporter: {info: () => undefined}
  } as unknown as Ports
  const given = parseInputs(buildByDigest.inputs, {
    platform: 'linux/amd64',
    images: 'ghcr.io/octo/hello',
    ...texts
  })
  const use = await decideCache(given, ports)
  return cacheOf(given, JOB, use)
}

describe('a build of what a stranger wrote', () => {
  it.each(STRANGE.flatMap(([what, run]) => TIERS.map(tier => [tier, what, run] as const)))(
    'neither reads nor writes the cache %s in %s',
    async (tier, _, run) => {
      expect(await cachesIn(run, {cache: tier})).toMatchObject({from: [], to: [], fresh: true})
    }
  )

  it.each(STRANGE.filter(([what]) => NEVER.includes(what)))(
    'writes no cache where it never publishes, though it is asked for: %s',
    async (_, run) => {
      const asked = {'cache-mode': 'read-write', 'cache-to': 'type=registry,ref=ghcr.io/octo/hello:cache'}
      expect(await cachesIn(run, {...asked, cache: 'registry'})).toMatchObject({from: [], to: []})
      expect(await cachesIn(run, asked)).toMatchObject({to: []})
    }
  )
})

describe('a build of what was merged', () => {
  it.each(TIERS.filter(tier => tier !== 'previous'))(
    'writes the cache %s on main, for others',
    async tier => {
      expect((await cachesIn({}, {cache: tier})).to).toHaveLength(1)
    }
  )

  it('reads and writes what the caller wrote out', async () => {
    const entry = 'type=registry,ref=ghcr.io/octo/hello:cache'
    expect(await cachesIn({}, {'cache-to': entry, 'cache-from': entry})).toMatchObject({
      from: [entry],
      to: [entry]
    })
  })
})
