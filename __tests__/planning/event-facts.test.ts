import {describe, expect, it} from '@jest/globals'
import {runOf} from '../support/events.js'
import {decide, names} from '../support/tag-plans.js'

const FACTS = [
  'type=raw,value=branch.{{branch}}',
  'type=raw,value=tag.{{tag}}',
  'type=raw,value=base.{{base_ref}}',
  'type=raw,value=default.{{is_default_branch}}.{{is_not_default_branch}}',
  "type=raw,value=committed.{{commit_date 'HHmm'}}",
  "type=raw,value=run.{{date 'DD'}}"
].join('\n')

describe('what a template knows of an event', () => {
  it.each([
    ['push-branch', 'branch.main tag. base. default.true.false committed.0030 run.11'],
    ['push-tag', 'branch. tag.v1.2.3 base.main default.false.true committed.0030 run.11'],
    ['pull_request', 'branch. tag. base.main default.false.true committed.0030 run.11'],
    ['schedule', 'branch.main tag. base. default.true.false committed.0030 run.11'],
    ['workflow_dispatch', 'branch.main tag. base. default.true.false committed.0030 run.11'],
    ['release', 'branch. tag.v1.2.3 base. default.false.true committed.0030 run.11']
  ] as const)('%s: %s', async (event, facts) => {
    expect(names(decide(await runOf(event), FACTS, 'latest=false'))).toBe(facts)
  })

  it('a release that is marked as a pre-release', async () => {
    expect(names(decide(await runOf('release', {prerelease: true}), 'type=ref,event=tag'))).toBe('v1.2.3')
    expect((await runOf('release')).prerelease).toBe(false)
  })
})
