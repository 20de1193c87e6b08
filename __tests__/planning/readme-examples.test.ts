import {describe, expect, it} from '@jest/globals'
import {DEFAULT_RULES} from '../../src/planning/rules/rule-grammar.js'
import {decide, names, on} from '../support/tag-plans.js'

/** The examples of docker/metadata-action's README (v6.2.0), and the same tags. */
describe('the same tags as docker/metadata-action', () => {
  it.each([
    ['pr:2', 'pr-2'],
    ['master', 'master'],
    ['releases/v1', 'releases-v1'],
    ['v1.2.3', 'v1.2.3 latest']
  ])('default rules on %s: %s', (ref, tags) => {
    expect(names(decide(on(ref), DEFAULT_RULES))).toBe(tags)
  })

  const SEMVER =
    'type=ref,event=branch\ntype=ref,event=pr\ntype=semver,pattern={{version}}\ntype=semver,pattern={{major}}.{{minor}}'
  it.each([
    ['pr:2', 'pr-2'],
    ['master', 'master'],
    ['releases/v1', 'releases-v1'],
    ['v1.2.3', '1.2.3 1.2 latest'],
    ['v2.0.8-beta.67', '2.0.8-beta.67']
  ])('semver on %s: %s', (ref, tags) => {
    expect(names(decide(on(ref), SEMVER))).toBe(tags)
  })

  it.each([
    ['v1.2.3', 'type=semver,pattern={{raw}}', 'v1.2.3 latest'],
    ['v1.2.3', 'type=semver,pattern={{version}}', '1.2.3 latest'],
    ['v1.2.3', 'type=semver,pattern={{major}}.{{minor}}', '1.2 latest'],
    ['v1.2.3', 'type=semver,pattern=v{{major}}', 'v1 latest'],
    ['v1.2.3', 'type=semver,pattern={{minor}}', '2 latest'],
    ['v1.2.3', 'type=semver,pattern={{patch}}', '3 latest'],
    ['tag:p1/v1.2.3', 'type=semver,pattern={{version}},match=v(\\d.\\d.\\d)$', '1.2.3 latest'],
    ['v2.0.8-beta.67', 'type=semver,pattern={{raw}}', 'v2.0.8-beta.67'],
    ['v2.0.8-beta.67', 'type=semver,pattern={{version}}', '2.0.8-beta.67'],
    ['v2.0.8-beta.67', 'type=semver,pattern={{major}}', '2.0.8-beta.67'],
    ['v2.0.8-beta.67', 'type=semver,pattern={{major}}.{{minor}}', '2.0.8-beta.67'],
    ['main', 'type=semver,pattern={{version}},value=v1.0.0', '1.0.0 latest'],
    ['main', 'type=semver,pattern={{version}},value=p1/v1.0.0,match=v(\\d.\\d.\\d)$', '1.0.0 latest'],
    ['main', 'type=semver,pattern={{version}}', ''],
    ['1.2.3', 'type=pep440,pattern={{raw}}', '1.2.3 latest'],
    ['v1.2.3', 'type=pep440,pattern={{version}}', '1.2.3 latest'],
    ['1.2.3', 'type=pep440,pattern={{major}}.{{minor}}', '1.2 latest'],
    ['1.2.3', 'type=pep440,pattern=v{{major}}', 'v1 latest'],
    ['v1.2.3rc2', 'type=pep440,pattern={{raw}}', 'v1.2.3rc2'],
    ['1.2.3rc2', 'type=pep440,pattern={{version}}', '1.2.3rc2'],
    ['tag:p1/v1.2.3', 'type=pep440,pattern={{version}},match=v(\\d.\\d.\\d)$', '1.2.3 latest'],
    ['1.2.3rc2', 'type=pep440,pattern={{major}}.{{minor}}', '1.2.3rc2'],
    ['1.2.3beta2', 'type=pep440,pattern={{major}}.{{minor}}', '1.2.3b2'],
    ['1.0dev4', 'type=pep440,pattern={{major}}.{{minor}}', '1.0.dev4'],
    ['v1.2.3', 'type=match,pattern=\\d.\\d.\\d', '1.2.3 latest'],
    ['v2.0.8-beta.67', 'type=match,pattern=v(.*),group=1', '2.0.8-beta.67'],
    ['20200110-RC2', 'type=match,pattern=\\d+', '20200110'],
    ['tag:p1/v1.2.3', 'type=match,pattern=p1/v(\\d.\\d.\\d),group=1', '1.2.3 latest'],
    ['main', 'type=edge', 'edge'],
    ['dev', 'type=edge', ''],
    ['dev', 'type=edge,branch=dev', 'edge'],
    ['my/branch', 'type=ref,event=branch', 'my-branch'],
    ['v2.0.8-beta.67', 'type=ref,event=tag', 'v2.0.8-beta.67'],
    ['main', 'type=raw,value=foo\ntype=raw,bar\nbaz', 'foo bar baz'],
    ['main', 'type=sha', 'sha-860c190'],
    ['main', 'type=sha,format=long', 'sha-860c1904a1ce19322e91ac35af1ab07466440c37'],
    ['main', 'type=raw,value=latest,enable={{is_default_branch}}', 'latest'],
    ['dev', 'type=raw,value=latest,enable={{is_default_branch}}', ''],
    ['dev', 'type=sha,prefix={{branch}}-', 'dev-860c190'],
    ['my/branch', 'type=raw,value=mytag-{{branch}}-{{sha}}', 'mytag-my-branch-860c190'],
    ['pr:2', 'type=raw,value=into-{{base_ref}}', 'into-main'],
    ['v1.2.3', 'type=raw,value=of-{{tag}}', 'of-v1.2.3'],
    ['main', "type=raw,value={{commit_date 'YYYYMMDD-HHmmss' tz='Asia/Tokyo'}}", '20200110-093000'],
    ['main', "type=raw,value={{date 'YYYYMMDD'}}", '20200111'],
    [
      'main',
      "type=raw,value={{commit_date 'dddd, MMMM Do YYYY, h:mm:ss a'}}",
      'Friday-January-10th-2020-12-30-00-am'
    ]
  ])('%s with %s: %s', (ref, rules, tags) => {
    expect(names(decide(on(ref), rules))).toBe(tags)
  })

  it.each([
    ['type=schedule', 'nightly'],
    ["type=schedule,pattern={{date 'YYYYMMDD'}}", '20200111'],
    ["type=schedule,pattern={{date 'YYYYMMDD-HHmmss' tz='Asia/Tokyo'}}", '20200111-210000'],
    [DEFAULT_RULES, 'nightly main']
  ])('a schedule with %s: %s', (rules, tags) => {
    expect(names(decide(on('main', {event: 'schedule'}), rules))).toBe(tags)
  })

  it.each([
    ['latest=false', '1.2.3'],
    ['latest=true', '1.2.3 latest'],
    ['prefix=v', 'v1.2.3 latest'],
    ['prefix=foo-,onlatest=true', 'foo-1.2.3 foo-latest'],
    ['suffix=-bar,onlatest=true', '1.2.3-bar latest-bar'],
    ['latest=true\nsuffix=-bar', '1.2.3-bar latest']
  ])('flavor %s: %s', (flavor, tags) => {
    expect(names(decide(on('v1.2.3'), 'type=semver,pattern={{version}}', flavor))).toBe(tags)
  })

  it.each([
    ['type=semver,pattern={{version}},prefix=,suffix=', '1.2.3'],
    ['type=sha', 'sha-860c190-s'],
    ['type=sha,prefix=', '860c190-s'],
    ['type=ref,event=tag,prefix=a-', 'a-v1.2.3-s'],
    ['foo', 'p-foo-s']
  ])('%s beside prefix and suffix of the flavor: %s', (rule, tag) => {
    expect(names(decide(on('v1.2.3'), rule, 'latest=false\nprefix=p-\nsuffix=-s'))).toBe(tag)
  })

  it('sorts by priority, and as written within one priority', () => {
    const rules =
      'type=sha\nb\na\ntype=raw,value=first,priority=9000\ntype=ref,event=branch\ntype=raw,last,priority=-1.5'
    expect(names(decide(on('main'), rules))).toBe('first main b a sha-860c190 last')
  })

  it('reads quotes as CSV does, of a field and of the whole line', () => {
    expect(names(decide(on('v1.2.3'), '"type=semver,pattern={{version}}"', 'latest=false'))).toBe('1.2.3')
    expect(() => decide(on('v1.2.3'), 'type=match,pattern=v(\\d{1,3}),group=1')).toThrow(
      /put a field with a comma in double quotes/
    )
    expect(names(decide(on('v1.2.3'), 'type=match,"pattern=v(\\d{1,3})",group=1', 'latest=false'))).toBe('1')
  })

  it('gives a pull request target the tags of its pull request', () => {
    const run = on('main', {event: 'pull_request_target', pullRequest: 2, baseRef: 'main'})
    expect(names(decide(run, DEFAULT_RULES))).toBe('pr-2')
  })
})
