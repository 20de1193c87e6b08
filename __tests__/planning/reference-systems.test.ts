import {describe, expect, it} from '@jest/globals'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'
import {decide, names, on} from '../support/tag-plans.js'

/** Each tag with its class, as `name:class`. */
function classes(run: WorkflowRun, rules: string, flavor = ''): string {
  return decide(run, rules, flavor)
    .tags.map(tag => `${tag.name}:${tag.class}`)
    .join(' ')
}

const release = on('v0.2.3', {event: 'release'})

describe('Python variants of one image', () => {
  const DEFAULT =
    'type=semver,pattern={{version}}\ntype=ref,event=branch,enable={{is_default_branch}}\ntype=raw,value=dev,enable={{is_default_branch}}'
  const VARIANT = (version: string): string =>
    `type=semver,pattern={{version}}-python${version}\ntype=raw,value=python${version},enable=${String(true)}`

  it('gives the default variant latest and the bare version', () => {
    expect(classes(release, DEFAULT)).toBe('0.2.3:immutable latest:forward')
  })

  it.each(['3.9', '3.10', '3.11', '3.12', '3.13'])('gives Python %s its own tags', version => {
    expect(classes(release, VARIANT(version), 'latest=false')).toBe(
      `0.2.3-python${version}:immutable python${version}:forward`
    )
  })

  it('gives main and dev on the default branch, nothing else', () => {
    expect(classes(on('main'), DEFAULT)).toBe('main:moving dev:moving')
    expect(names(decide(on('feature'), DEFAULT))).toBe('')
    expect(names(decide(on('pr:7'), DEFAULT))).toBe('')
  })
})

describe('latest for main, versions for Git tags', () => {
  const RULES =
    'type=semver,pattern={{raw}}\ntype=raw,value=latest,enable={{is_default_branch}}\ntype=raw,value=test-{{sha}},enable=false'

  it.each([
    ['main', 'latest:moving'],
    ['v1.2.3', 'v1.2.3:immutable'],
    ['feature', '']
  ])('%s: %s', (ref, tags) => {
    expect(classes(on(ref), RULES, 'latest=false')).toBe(tags)
  })

  it('rejects v1.2 before anything is built', () => {
    expect(() => decide(on('v1.2'), RULES)).toThrow('"v1.2" is not a version that line 1 of tags can release')
  })
})

describe('one image name for each variant, the version in a file', () => {
  const RULES = (isTag: boolean): string =>
    `type=semver,pattern=v{{version}},value=v0.1.0-rc\ntype=raw,value=latest,enable=${String(isTag)}`

  it('tags a pre-release latest where that is asked for by name', () => {
    expect(classes(on('v0.1.0-rc'), RULES(true))).toBe('v0.1.0-rc:immutable latest:forward')
  })

  it.each(['schedule', 'workflow_dispatch'])('does not move latest on %s', event => {
    expect(names(decide(on('main', {event}), RULES(false)))).toBe('v0.1.0-rc')
  })
})

describe('environments', () => {
  const RULES = (branch: string): string =>
    [
      'type=semver,pattern=v{{version}}',
      `type=sha,prefix=develop-,enable=${String(branch === 'develop')}`,
      `type=sha,prefix=staging-,enable=${String(branch === 'staging')}`,
      `type=ref,event=branch,suffix=-latest`,
      'type=sha,format=long,prefix=',
      'type=raw,value=latest,enable={{is_default_branch}}'
    ].join('\n')
  const SHA = '860c1904a1ce19322e91ac35af1ab07466440c37'

  it.each([
    ['develop', `develop-latest:moving develop-860c190:immutable ${SHA}:immutable`],
    ['staging', `staging-latest:moving staging-860c190:immutable ${SHA}:immutable`],
    ['main', `main-latest:moving latest:moving ${SHA}:immutable`],
    ['v1.2.3', `v1.2.3:immutable ${SHA}:immutable`]
  ])('%s: %s', (ref, tags) => {
    expect(classes(on(ref), RULES(ref), 'latest=false')).toBe(tags)
  })
})

describe('the class of a tag', () => {
  it.each([
    ['v1.2.3', 'type=semver,pattern={{version}}', '1.2.3:immutable latest:forward'],
    [
      'v1.2.3',
      'type=semver,pattern={{major}}.{{minor}}.{{patch}}-alpine',
      '1.2.3-alpine:immutable latest:forward'
    ],
    ['v1.2.3', 'type=semver,pattern={{major}}', '1:forward latest:forward'],
    ['v1.2.3', 'type=ref,event=tag', 'v1.2.3:immutable latest:forward'],
    ['v1', 'type=ref,event=tag', 'v1:forward latest:forward'],
    ['tag:nightly', 'type=ref,event=tag', 'nightly:moving latest:moving'],
    ['20200110', 'type=ref,event=tag', '20200110:immutable latest:moving'],
    ['v1.2.3', 'type=match,pattern=v(\\d),group=1', '1:forward latest:forward'],
    ['v1.2.3', 'type=raw,value={{tag}}', 'v1.2.3:immutable'],
    ['v1.2.3', 'stable', 'stable:forward'],
    ['main', 'stable', 'stable:moving'],
    ['main', 'type=edge', 'edge:moving'],
    ['pr:7', 'type=ref,event=pr', 'pr-7:moving'],
    ['main', 'type=raw,value=x-{{sha}}', 'x-860c190:immutable'],
    [
      'v1.2.3',
      'type=semver,pattern={{version}}\ntype=raw,value=1.2.3,priority=2000',
      '1.2.3:immutable latest:forward'
    ]
  ])('%s with %s: %s', (ref, rules, tags) => {
    expect(classes(on(ref), rules)).toBe(tags)
  })
})
