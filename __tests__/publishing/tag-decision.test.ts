import {describe, expect, it} from '@jest/globals'
import {fc} from '../support/random.js'
import {digestOf} from '../../src/oci/digest.js'
import {parseTag} from '../../src/oci/reference.js'
import type {TagClass} from '../../src/contracts/plan.js'
import type {ReleaseFacts} from '../../src/contracts/planned-image.js'
import {type TagSituation, decideTag} from '../../src/publishing/decide/tag-decision.js'
import {currentVersion} from '../../src/versions/version-names.js'
import {compareOrdered, parseOrdered} from '../../src/versions/version-order.js'

const OURS = digestOf(Buffer.from('ours'))
const THEIRS = digestOf(Buffer.from('theirs'))
const [COMMIT, OTHER] = ['a'.repeat(40), 'b'.repeat(40)]
const [MONDAY, TUESDAY] = ['2026-02-02T10:00:00Z', '2026-02-03T10:00:00Z']

interface Case {
  readonly tag?: string
  readonly class?: TagClass
  readonly newest?: string
  readonly published?: readonly string[]
}

/** A tag, what is there, and what is released: a text is the version's name. */
function decide(
  given: Case,
  standing: string | ReleaseFacts | undefined,
  candidate: string | ReleaseFacts
): string {
  const situation: TagSituation = {
    tag: {
      name: parseTag(given.tag ?? 'latest'),
      class: given.class ?? 'forward',
      ...(given.newest === undefined ? {} : {newest: given.newest})
    },
    standing:
      standing === undefined
        ? undefined
        : {digest: THEIRS, ...(typeof standing === 'string' ? {named: standing} : standing)},
    ...(given.published === undefined ? {} : {published: given.published})
  }
  const released = typeof candidate === 'string' ? {version: candidate, named: candidate} : candidate
  const decision = decideTag(situation, {...released, digest: OURS})
  return 'note' in decision && decision.note ? `${decision.action}: ${decision.note}` : decision.action
}

describe('a forward tag', () => {
  it.each([
    ['1.2.3', '1.2.4', 'move'],
    ['1.2.3', '1.2.3', 'move'],
    ['2.0.1', '1.9.1', 'keep: stays at 2.0.1, which is newer than 1.9.1'],
    ['v2.0.1', '1.9.1', 'keep: stays at 2.0.1, which is newer than 1.9.1'],
    ['1.10.0', '1.9.9', 'keep: stays at 1.10.0, which is newer than 1.9.9'],
    ['1.2.3', '1.2.4-rc.1', 'move'],
    ['1.2.4', '1.2.4-rc.1', 'keep: stays at 1.2.4, which is newer than 1.2.4-rc.1'],
    ['1.2.4-rc.1', '1.2.4', 'move'],
    ['1.2.4-rc.2', '1.2.4-rc.10', 'move'],
    ['1.2.4-rc.10', '1.2.4-rc.2', 'keep: stays at 1.2.4-rc.10, which is newer than 1.2.4-rc.2'],
    ['2.0.0-beta.67', '1.9.1', 'keep: stays at 2.0.0-beta.67, which is newer than 1.9.1']
  ])('by semver: from %s with %s: %s', (standing, released, expected) => {
    expect(decide({}, standing, released)).toBe(expected)
  })

  it.each([
    ['1.2.3', '1.2.3.post1', 'move'],
    ['1.2.3.post1', '1.2.3', 'keep: stays at 1.2.3.post1, which is newer than 1.2.3'],
    ['1.2.3rc1', '1.2.3', 'move'],
    ['1.2.3', '1.2.3rc1', 'keep: stays at 1.2.3, which is newer than 1.2.3rc1'],
    ['1.2.3.dev4', '1.2.3a1', 'move'],
    ['1.2.3', '1.2.3.4', 'move'],
    ['1!1.0', '2024.1', 'keep: stays at 1!1.0, which is newer than 2024.1'],
    ['2024.01.5', '2024.1.6', 'move']
  ])('by PEP 440: from %s with %s: %s', (standing, released, expected) => {
    expect(decide({}, standing, released)).toBe(expected)
  })

  it.each([
    ['latest-alpine', '1.2.3-alpine', '1.2.4-alpine', '1.2.4', 'move'],
    [
      'latest-alpine',
      '2.0.1-alpine',
      '1.2.4-alpine',
      '1.2.4',
      'keep: stays at 2.0.1, which is newer than 1.2.4'
    ],
    [
      'latest-alpine',
      '1.2.4-alpine',
      '1.2.4-rc.1-alpine',
      '1.2.4-rc.1',
      'keep: stays at 1.2.4, which is newer than 1.2.4-rc.1'
    ],
    [
      'latest-alpine',
      '1.2.4-rc.2-alpine',
      '1.2.4-rc.1-alpine',
      '1.2.4-rc.1',
      'keep: stays at 1.2.4-rc.2, which is newer than 1.2.4-rc.1'
    ],
    [
      'python3.13',
      '2.0.1-python3.13',
      '1.9.1-python3.13',
      '1.9.1',
      'keep: stays at 2.0.1, which is newer than 1.9.1'
    ],
    ['python3.13', '1.9.0-python3.13', '1.9.1-python3.13', '1.9.1', 'move'],
    [
      'python3.13',
      'python3.13-2.0.1',
      'python3.13-1.9.1',
      '1.9.1',
      'keep: stays at 2.0.1, which is newer than 1.9.1'
    ],
    ['edge-3.20', '2.0.1-3.20', '1.9.1-3.20', '1.9.1', 'keep: stays at 2.0.1, which is newer than 1.9.1'],
    [
      'latest',
      '1.2.3-slim-bookworm',
      '1.2.3-rc.1',
      '1.2.3-rc.1',
      'keep: stays at 1.2.3, which is newer than 1.2.3-rc.1'
    ],
    ['latest', '1.2.3-rc.2-alpine', '1.2.3-rc.10', '1.2.3-rc.10', 'move'],
    ['latest', 'app-v2.0.1', '1.9.1', '1.9.1', 'keep: stays at 2.0.1, which is newer than 1.9.1'],
    ['latest', '1.2.3-train.1', '1.2.3-train.2', '1.2.3-train.2', 'move']
  ])('of a variant: %s from %s with %s: %s', (tag, standing, named, ...[version, expected]) => {
    expect(decide({tag}, standing, {version, named})).toBe(expected)
  })

  it('prefers the version that image-release wrote to the name', () => {
    const standing = {version: '2.0.0-3.13', named: '2.0.0-3.13-slim'}
    expect(decide({}, standing, '2.0.0')).toBe('move')
    expect(decide({}, {version: '2.0.1', named: 'whatever'}, '2.0.0')).toBe(
      'keep: stays at 2.0.1, which is newer than 2.0.0'
    )
  })

  it.each([
    ['1', '1.9.0', 'move'],
    ['1', '2.0.1', 'move: 2.0.1 was there, which does not belong to 1'],
    ['v1', '2.0.1', 'move: 2.0.1 was there, which does not belong to v1'],
    ['1.9', '1.9.7', 'keep: stays at 1.9.7, which is newer than 1.9.1'],
    ['1.9', '1.10.0', 'move: 1.10.0 was there, which does not belong to 1.9'],
    ['2', '2.0.1', 'keep: stays at 2.0.1, which is newer than 1.9.1'],
    ['latest', '2.0.1', 'keep: stays at 2.0.1, which is newer than 1.9.1']
  ])('of a line: %s from %s with 1.9.1: %s', (tag, standing, expected) => {
    expect(decide({tag}, standing, '1.9.1')).toBe(expected)
  })

  it.each([
    [
      TUESDAY,
      MONDAY,
      `keep: stays at a commit of ${TUESDAY}, which is newer than ${MONDAY}; what is there is called 1.2 only`
    ],
    [MONDAY, TUESDAY, 'move: what is there is called 1.2 only'],
    [
      MONDAY,
      MONDAY,
      `move: what is there is called 1.2 only; both commits are of ${MONDAY}, so that neither is newer`
    ],
    [
      undefined,
      MONDAY,
      'move: what is there is called 1.2 only; what was there names no date, so that neither is known to be newer'
    ]
  ])('lets the commits decide where 1.2 of %s meets 1.2.3 of %s: %s', (theirs, ours, expected) => {
    const standing = {named: '1.2', revision: OTHER, ...(theirs === undefined ? {} : {created: theirs})}
    const candidate = {version: '1.2.3', named: '1.2.3', revision: COMMIT, created: ours}
    expect(decide({}, standing, candidate)).toBe(expected)
  })

  it.each([
    ['1.3', 'keep: stays at 1.3, which is newer than 1.2.3'],
    ['1.1', 'move'],
    ['1', 'move: what is there is called 1 only']
  ])('compares %s with 1.2.3 as far as it goes: %s', (standing, expected) => {
    const dates = {named: standing, revision: OTHER, created: MONDAY}
    expect(decide({}, dates, {version: '1.2.3', revision: COMMIT, created: TUESDAY})).toBe(expected)
  })

  it.each([
    ['main', undefined, 'move: what was there names no version to compare with'],
    ['sha-860c190', undefined, 'move: what was there names no version to compare with'],
    ['8601904', [], 'move: what was there names no version to compare with'],
    [
      'main',
      ['1.9.0', '2.0.1-rc.1', '2.1.0-alpine', '20240131', 'latest'],
      'move: what was there names no version to compare with'
    ],
    [
      'main',
      ['1.9.0', '2.0.1', '10'],
      'keep: stays: what is there names no version, and 2.0.1, which is newer, is released already'
    ]
  ])('from %s, beside the tags %j: %s', (standing, published, expected) => {
    expect(decide(published === undefined ? {} : {published}, standing, '1.9.1')).toBe(expected)
  })

  it('looks among the tags for its own line and variant alone', () => {
    const published = ['1.9.2', '2.0.1-alpine', '1.9.0-alpine']
    const candidate = {version: '1.9.1', named: '1.9.1-alpine'}
    expect(decide({tag: '1-alpine', published}, {}, candidate)).toMatch(/^move/)
    expect(decide({tag: 'alpine', published}, {}, candidate)).toMatch(/^keep: .*2\.0\.1/)
  })

  it('that is free is set, but not where a newer version is known to be released', () => {
    expect(decide({}, undefined, '1.9.1')).toBe('create')
    expect(decide({newest: '1.9.0'}, undefined, '1.9.1')).toBe('create')
    expect(decide({newest: '2.0.1'}, undefined, '1.9.1')).toBe(
      'keep: is not set, for 2.0.1, which is newer, is released already'
    )
    expect(decide({newest: '2.0.1', class: 'immutable', tag: '1.9.1'}, undefined, '1.9.1')).toBe('create')
  })
})

describe('a moving tag', () => {
  it.each([
    ['an older commit', {revision: OTHER, created: MONDAY}, {revision: COMMIT, created: TUESDAY}, 'move'],
    [
      'a newer commit',
      {revision: OTHER, created: TUESDAY},
      {revision: COMMIT, created: MONDAY},
      `keep: stays at a commit of ${TUESDAY}, which is newer than ${MONDAY}`
    ],
    ['the same commit', {revision: COMMIT, created: TUESDAY}, {revision: COMMIT, created: MONDAY}, 'move'],
    [
      'a commit of the same second',
      {revision: OTHER, created: MONDAY},
      {revision: COMMIT, created: MONDAY},
      `move: both commits are of ${MONDAY}, so that neither is newer`
    ],
    [
      'the same second in another zone',
      {revision: OTHER, created: '2026-02-02T11:00:00+01:00'},
      {revision: COMMIT, created: MONDAY},
      `move: both commits are of ${MONDAY}, so that neither is newer`
    ],
    [
      'a commit without a date',
      {revision: OTHER},
      {revision: COMMIT, created: MONDAY},
      'move: what was there names no date, so that neither is known to be newer'
    ],
    [
      'nonsense for a date',
      {revision: OTHER, created: 'yesterday'},
      {revision: COMMIT, created: MONDAY},
      'move: what was there names no date, so that neither is known to be newer'
    ],
    [
      'an image without any facts',
      {},
      {revision: COMMIT, created: MONDAY},
      'move: what was there names no date, so that neither is known to be newer'
    ],
    [
      'anything, by a commit without a date',
      {revision: OTHER, created: MONDAY},
      {revision: COMMIT},
      'move: what is released names no date, so that neither is known to be newer'
    ],
    ['anything, by hand', {revision: OTHER, created: MONDAY}, {}, 'move']
  ])('from %s', (_, standing, candidate, expected) => {
    expect(decide({class: 'moving', tag: 'main'}, standing, candidate)).toBe(expected)
  })
})

describe('an immutable tag', () => {
  it.each([
    ['the same commit', {revision: COMMIT}, 'move'],
    ['another commit', {revision: OTHER}, `refuse: is published from commit bbbbbbbbbbbb`],
    ['an image that names none', {}, 'refuse: is published from another image']
  ])('from %s', (_, standing, expected) => {
    const decision = decide({class: 'immutable', tag: '1.2.3'}, standing, {
      version: '1.2.3',
      revision: COMMIT
    })
    expect(decision.startsWith(expected)).toBe(true)
  })
})

describe('every class', () => {
  it.each(['immutable', 'forward', 'moving'] as const)(
    '%s is set where it is free, left where it is right',
    tagClass => {
      const tag = {name: parseTag('a'), class: tagClass}
      expect(decideTag({tag, standing: undefined}, {digest: OURS})).toEqual({action: 'create'})
      expect(
        decideTag({tag, standing: {digest: OURS, named: '9.9.9'}}, {digest: OURS, version: '1.0.0'})
      ).toEqual({
        action: 'same'
      })
    }
  )
})

describe('releases in any order', () => {
  const number = fc.nat(3)
  const pre = fc.constantFrom('', '', '', '-rc.1', '-rc.2', '-beta.1', 'rc3', '.post1', '.dev2')
  const version = fc
    .tuple(number, number, number, pre)
    .map(([major, minor, patch, rest]) => `${major}.${minor}.${patch}${rest}`)
  const affixes = fc.constantFrom(
    ['', ''],
    ['v', ''],
    ['', '-alpine'],
    ['', '-python3.13'],
    ['app-v', '-slim']
  )

  it('never take a tag backward, and leave it at the newest of its line', () => {
    fc.assert(
      fc.property(
        fc.array(version, {minLength: 1, maxLength: 12}),
        affixes,
        (versions, [prefix = '', suffix = '']) => {
          const held = new Map<string, ReleaseFacts>()
          for (const released of versions) {
            const candidate: ReleaseFacts = {version: released, named: `${prefix}${released}${suffix}`}
            for (const line of [
              'latest',
              released.split('.')[0] ?? '',
              released.split('.').slice(0, 2).join('.')
            ]) {
              const tag = line === 'latest' ? `latest${suffix}` : `${prefix}${line}${suffix}`
              const standing = held.get(tag)
              const decision = decideTag(
                {
                  tag: {name: parseTag(tag), class: 'forward'},
                  standing: standing && {...standing, digest: THEIRS}
                },
                {...candidate, digest: OURS}
              )
              const isNewer = standing === undefined || order(standing.version, released) <= 0
              expect([tag, standing?.version, released, decision.action !== 'keep']).toEqual([
                tag,
                standing?.version,
                released,
                isNewer
              ])
              if (decision.action !== 'keep') held.set(tag, candidate)
            }
          }
          const newest = [...versions].sort(order).at(-1)
          expect(order(held.get(`latest${suffix}`)?.version, newest ?? '')).toBe(0)
        }
      ),
      {numRuns: 500}
    )
  })

  it('read every name back as the version that it was made of, without the annotation too', () => {
    fc.assert(
      fc.property(version, version, affixes, (theirs, ours, [prefix = '', suffix = '']) => {
        const candidate = {version: ours, named: `${prefix}${ours}${suffix}`}
        const read = currentVersion({named: `${prefix}${theirs}${suffix}`}, candidate)
        expect(read?.text).toBe(parseOrdered(theirs)?.text)
      }),
      {numRuns: 1000}
    )
  })

  function order(first = '', second = ''): number {
    const [one, other] = [parseOrdered(first), parseOrdered(second)]
    if (one === undefined || other === undefined) throw new Error(`${first}, ${second}`)
    return compareOrdered(one, other)
  }
})
