import {describe, expect, it} from '@jest/globals'
import {ReleaseError} from '../../src/errors.js'
import {DEFAULT_RULES} from '../../src/planning/rules/rule-grammar.js'
import {decide, names, on} from '../support/tag-plans.js'

const SEMVER = 'type=semver,pattern={{version}}'

interface Surprise {
  readonly ref: string
  readonly rules: string
  readonly flavor?: string
  readonly tags: string
  readonly note?: RegExp
}

/** Where docker/metadata-action surprises its users, the safe result is the default, and the notes say so. */
describe('what docker/metadata-action does otherwise', () => {
  it.each<[string, Surprise]>([
    [
      'a pre-release and the default rules',
      {
        ref: 'v2.0.8-beta.67',
        rules: DEFAULT_RULES,
        tags: 'v2.0.8-beta.67',
        note: /latest does not move to the pre-release 2.0.8-beta.67.*latest=true/
      }
    ],
    [
      'a pre-release of Python',
      {ref: '1.2.3rc2', rules: 'type=ref,event=tag', tags: '1.2.3rc2', note: /latest does not move/}
    ],
    [
      'a pre-release and type=match',
      {
        ref: 'v2.0.0-rc.1',
        rules: 'type=match,pattern=v(\\d+),group=1',
        tags: '',
        note: /2 does not move to the pre-release.*type=raw,value=2/
      }
    ],
    [
      'a version of a pull request',
      {
        ref: 'pr:2',
        rules: 'type=ref,event=pr\ntype=semver,pattern={{version}},value=v1.2.3',
        tags: 'pr-2',
        note: /No tag from line 2: a pull request releases no version.*type=raw/
      }
    ],
    [
      'latest=true on a pull request',
      {
        ref: 'pr:2',
        rules: 'type=ref,event=pr',
        flavor: 'latest=true',
        tags: 'pr-2',
        note: /latest does not move to a pull request/
      }
    ],
    [
      'a variant',
      {
        ref: 'v1.2.3',
        rules: SEMVER,
        flavor: 'suffix=-alpine',
        tags: '1.2.3-alpine',
        note: /latest is left to the image without the flavor’s suffix.*onlatest=true/
      }
    ],
    [
      'a template around latest',
      {
        ref: 'main',
        rules: 'type=ref,event=branch',
        flavor: 'latest=true\nprefix={{branch}}-,onlatest=true',
        tags: 'main-main main-latest',
        note: /filled in: main-latest/
      }
    ],
    [
      'a sha of high priority',
      {
        ref: 'v1.2.3',
        rules: `type=sha,priority=1000\n${SEMVER}`,
        tags: 'sha-860c190 1.2.3 latest',
        note: /although line 1 comes first.*latest=false/
      }
    ],
    [
      'a prefix of the flavor beside type=sha',
      {
        ref: 'main',
        rules: 'type=sha',
        flavor: 'prefix=p-',
        tags: 'sha-860c190',
        note: /prefix is not put before the tag of type=sha/
      }
    ],
    [
      'a match that finds nothing',
      {
        ref: 'v1.2.3',
        rules: 'type=semver,pattern={{version}},match=p1/v(.*)',
        tags: '',
        note: /v1.2.3 does not match/
      }
    ],
    [
      'a "v" in the pattern of a pre-release',
      {
        ref: 'v2.0.0-rc.1',
        rules: 'type=semver,pattern=v{{version}}\ntype=semver,pattern=v{{major}}',
        tags: 'v2.0.0-rc.1',
        note: /The text around the version stays/
      }
    ],
    [
      'two branches that are written the same',
      {
        ref: 'feature/foo',
        rules: 'type=ref,event=branch',
        tags: 'feature-foo',
        note: /"feature\/foo" is written feature-foo/
      }
    ],
    ['latest twice', {ref: 'v1.2.3', rules: `${SEMVER}\ntype=raw,value=latest`, tags: '1.2.3 latest'}],
    [
      'major version 0',
      {
        ref: 'v0.1.2',
        rules: `${SEMVER}\ntype=semver,pattern={{major}}`,
        tags: '0.1.2 latest',
        note: /major version 0.*enable=true/
      }
    ],
    [
      'major version 0, asked for',
      {ref: 'v0.1.2', rules: 'type=semver,pattern={{major}},enable=true', tags: '0 latest'}
    ],
    [
      'a post-release',
      {
        ref: '1.2.3.post1',
        rules: 'type=pep440,pattern={{version}}\ntype=pep440,pattern={{major}}.{{minor}}',
        tags: '1.2.3.post1 1.2 latest'
      }
    ],
    [
      'a merge queue',
      {ref: 'gh-readonly-queue/main/pr-7-abc', rules: DEFAULT_RULES, tags: '', note: /merge queue/}
    ],
    [
      'characters of HTML',
      {ref: 'a&b', rules: 'type=raw,value=x-{{branch}}', tags: 'x-a-b', note: /escapes it for HTML/}
    ]
  ])('%s', (_, {ref, rules, flavor = '', tags, note = /^/}) => {
    const plan = decide(on(ref), rules, flavor)
    expect(names(plan)).toBe(tags)
    expect(plan.notes.join('\n')).toMatch(note)
  })

  it.each([
    ['latest=true', 'type=semver,pattern={{version}}', 'latest=true', '2.0.0-rc.1 latest'],
    ['type=raw', 'type=semver,pattern={{version}}\nlatest', '', '2.0.0-rc.1 latest']
  ])('a pre-release moves latest where %s asks by name', (_, rules, flavor, tags) => {
    expect(names(decide(on('v2.0.0-rc.1'), rules, flavor))).toBe(tags)
  })

  it('believes a GitHub release that is marked as a pre-release', () => {
    const run = on('v1.2.3', {event: 'release', prerelease: true})
    const rules = `${SEMVER}\ntype=semver,pattern={{major}}.{{minor}}\ntype=match,pattern=v(.*),group=1\ntype=match,pattern=v(\\d),group=1`
    expect(names(decide(run, rules))).toBe('1.2.3')
    expect(names(decide(run, 'type=ref,event=tag'))).toBe('v1.2.3')
  })

  it('leaves latest alone for a version that a nightly run rebuilds', () => {
    const rules = `type=schedule\n${SEMVER},value=v1.0.0`
    expect(names(decide(on('main', {event: 'schedule'}), rules))).toBe('nightly 1.0.0')
  })

  it('shortens a long tag with a hash of the whole, so that two of them stay apart', () => {
    const long = 'b'.repeat(150)
    const [a, b] = [
      decide(on(`${long}1`), 'type=ref,event=branch'),
      decide(on(`${long}2`), 'type=ref,event=branch')
    ]
    expect(names(a)).toMatch(/^b{119}-[0-9a-f]{8}$/)
    expect(names(a)).not.toBe(names(b))
    expect(a.notes[0]).toMatch(/too long: it is shortened to/)
  })

  it('refuses what is no tag even so, all at once', () => {
    expect(() =>
      decide(on('v1.2.3'), 'type=raw,value={{branch}}-{{sha}}\ntype=ref,event=tag,prefix=.')
    ).toThrow(
      'tags: line 2: ".v1.2.3" is not a tag: it starts with "."\ntags: line 1: "-860c190" is not a tag: it starts with "-"'
    )
  })
})

describe('the version gate', () => {
  it.each([
    ['v1.2', 'it has 2 numbers, a version has three: major.minor.patch', 'v1.2.0'],
    ['v1', 'it has one number, a version has three: major.minor.patch', 'v1.0.0'],
    ['v1.2.3.4', 'it has 4 numbers, a version has three: major.minor.patch', 'v1.2.3'],
    ['v01.2.3', 'the number 01 starts with a zero', 'v1.2.3'],
    ['2024.01.5', 'the number 01 starts with a zero', '2024.1.5'],
    ['v1.2.3+build.1', 'it has build metadata', 'v1.2.3'],
    ['1.2.3rc1', '"-" is missing in front of "rc1"', '1.2.3-rc.1'],
    ['v1.2.3-01', 'the number 01 of its pre-release starts with a zero', 'v1.2.3-1'],
    ['v1.2.3-a..b', 'an identifier of its pre-release is empty', 'v1.2.3-a.b'],
    ['v1.2.3-ä', '"ä" is not allowed in a version', 'v1.2.3'],
    ['tag:p1/v1.2.3', '"p1/v" is in front of the version', 'v1.2.3'],
    ['tag:nightly', 'it holds no number', 'a version such as v1.2.3'],
    ['v99999999999999999999.0.0', 'the number 99999999999999999999 is too large', 'a version such as v1.2.3']
  ])('refuses %s: %s; %s', (ref, fault, nearest) => {
    const refused = errorOf(() => decide(on(ref), 'type=semver,pattern={{version}}'))
    expect(refused.code).toBe('VERSION_INVALID')
    expect(refused.message).toContain(fault)
    expect(refused.hint).toContain(`Tag the commit ${nearest},`)
  })

  it('is passed where another rule can read the Git tag, or where a match leaves it out', () => {
    expect(names(decide(on('v1.2'), `${SEMVER}\ntype=pep440,pattern={{version}}`))).toBe('1.2 latest')
    expect(names(decide(on('tag:nightly'), `${SEMVER},match=^v(.+)\ntype=ref,event=tag`))).toBe(
      'nightly latest'
    )
  })

  it.each([
    ['tag:nightly-1', 'type=ref,event=tag', 'nightly-1 latest'],
    ['v1.2', 'type=ref,event=tag', 'v1.2 latest'],
    ['tag:build-77', 'type=match,pattern=\\d+', '77 latest']
  ])('lets %s through where %s names the Git tag itself, and says so', (ref, rule, tags) => {
    const plan = decide(on(ref), `${SEMVER}\n${rule}`)
    expect(names(plan)).toBe(tags)
    expect(plan.notes[0]).toMatch(
      /^No tag from line 1: .* is no version: .*published by its own name, as line 2 asks/
    )
  })

  it('holds where only rules that know nothing of the Git tag give one', () => {
    const refused = errorOf(() => decide(on('tag:nightly-1'), `${SEMVER}\ntype=sha\nlatest`))
    expect(refused.code).toBe('VERSION_INVALID')
  })

  it('does not hold for what value gives on a branch', () => {
    const plan = decide(on('main'), 'type=semver,pattern={{version}},value={{branch}}\ntype=ref,event=branch')
    expect(names(plan)).toBe('main')
    expect(plan.notes[0]).toBe('No tag from line 1: main is no version: it holds no number.')
  })
})

function errorOf(action: () => unknown): ReleaseError {
  try {
    action()
  } catch (error) {
    if (error instanceof ReleaseError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
