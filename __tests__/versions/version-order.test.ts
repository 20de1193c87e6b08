import {describe, expect, it} from '@jest/globals'
import {fc} from '../support/random.js'
import semver from 'semver'
import {compareOrdered, isOfLine, parseOrdered} from '../../src/versions/version-order.js'
import {parseTag, type Tag} from '../../src/oci/reference.js'
import {currentVersion} from '../../src/versions/version-names.js'
import {readVersionTag} from '../../src/versions/version-tag.js'

function ordered(text: string) {
  const version = parseOrdered(text)
  if (version === undefined) throw new Error(`${text} is no version`)
  return version
}

const sign = (first: string, second: string): number =>
  Math.sign(compareOrdered(ordered(first), ordered(second)))

describe('compareOrdered', () => {
  it.each([
    [
      'by the precedence of semver.org',
      '1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0'
    ],
    [
      'by the order of PEP 440',
      '1.dev0 1.0.dev456 1.0a1 1.0a2.dev456 1.0a12.dev456 1.0a12 1.0b1.dev456 1.0b2 1.0b2.post345.dev456 1.0b2.post345 1.0rc1.dev456 1.0rc1 1.0 1.0.post456.dev34 1.0.post456 1.1.dev1'
    ],
    ['across both schemes', '1.2.3.dev1 1.2.3a1 1.2.3-beta.1 1.2.3rc1 1.2.3-rc.2 v1.2.3 1.2.3.post1 1.2.4'],
    ['by numbers, not by characters', '1.9.9 1.10.0 9.0.0 10.0.0 99999999999999999999.0.0'],
    ['with an epoch first', '2025.1 1!0.1'],
    ['by any number of numbers', '1 1.0.1 1.2 1.2.3 1.2.3.4']
  ])('orders %s', (_, line) => {
    const versions = line.split(' ')
    for (const [position, earlier] of versions.entries())
      for (const later of versions.slice(position + 1)) {
        expect([earlier, later, sign(earlier, later)]).toEqual([earlier, later, -1])
        expect([later, earlier, sign(later, earlier)]).toEqual([later, earlier, 1])
      }
  })

  it.each([
    ['1.2.3', 'v1.2.3'],
    ['1.2.3', '1.2.3+build.7'],
    ['1.2', '1.2.0'],
    ['1.2.3rc1', '1.2.3-rc.1'],
    ['1.2.3.post0', '1.2.3.post']
  ])('takes %s and %s for one version', (first, second) => {
    expect(sign(first, second)).toBe(0)
  })

  it('agrees with the library semver on every two versions that it reads', () => {
    const identifier = fc.oneof(fc.nat(20).map(String), fc.stringMatching(/^[a-z][a-z0-9-]{0,4}$/))
    const version = fc
      .tuple(fc.tuple(fc.nat(3), fc.nat(3), fc.nat(12)), fc.array(identifier, {maxLength: 3}))
      .map(([numbers, pre]) => [numbers.join('.'), pre.join('.')].filter(Boolean).join('-'))
    fc.assert(
      fc.property(version, version, (first, second) => {
        expect(sign(first, second)).toBe(semver.compare(first, second))
      }),
      {numRuns: 1000}
    )
  })
})

describe('parseOrdered', () => {
  it.each([
    '',
    'main',
    'latest',
    'sha-860c190',
    '860c190',
    '8601904',
    '20240131',
    'nightly',
    '1.2.x',
    '1..2',
    'v'
  ])('reads no version in %j', text => {
    expect(parseOrdered(text)).toBeUndefined()
  })

  it.each([
    ['v1.2.3-rc.1', '1.2.3-rc.1', true],
    ['1.2.3+local', '1.2.3', false],
    ['v2', '2', false],
    ['2024.01.5', '2024.01.5', false],
    ['1.0.POST2', '1.0.post2', false]
  ])('reads %s as %s', (text, expected, isPrerelease) => {
    expect(parseOrdered(text)).toMatchObject({text: expected, isPrerelease})
  })
})

describe('isOfLine', () => {
  it.each([
    ['1.2.9', [1n, 2n], true],
    ['1.3.0', [1n, 2n], false],
    ['1', [1n, 0n], true],
    ['2.0.1', [], true]
  ])('%s in the line %p: %p', (text, line, expected) => {
    expect(isOfLine(ordered(text), line)).toBe(expected)
  })
})

const words =
  'a alpha b beta c rc cr pre preview prerelease dev snapshot m milestone canary next nightly ea insider insiders experimental unstable'.split(
    ' '
  )
const variants = [
  'alpine',
  'alpine3.19',
  'slim',
  'bookworm',
  'debug',
  'python3.13',
  'cuda',
  'amd64',
  'release'
]

/** What a release and what clean-up read in a tag: the version, and whether it is a pre-release. */
function readings(name: string): (string | undefined)[] {
  const tag: Tag = parseTag(name)
  return [currentVersion({named: tag}, {version: '9.9.9', named: '9.9.9'}), readVersionTag(tag)?.version].map(
    version => version && `${version.text} ${version.isPrerelease ? 'pre-release' : 'release'}`
  )
}

describe('a release and clean-up read the same version in a tag', () => {
  it.each(words.flatMap(word => [word, `${word}1`, `${word}.2`, `${word}.f00`, word.toUpperCase()]))(
    '1.2.3-%s is a pre-release',
    part => {
      const expected = `1.2.3-${part} pre-release`
      expect(readings(`1.2.3-${part}`)).toEqual([expected, expected])
      expect(readings(`v1.2.3-${part}-alpine`)).toEqual([expected, expected])
    }
  )

  it.each(variants)('1.2.3-%s is a variant of a release', part => {
    expect(readings(`1.2.3-${part}`)).toEqual(['1.2.3 release', '1.2.3 release'])
  })

  it('for every version, pre-release and variant', () => {
    const number = fc.nat({max: 30})
    const part = fc.oneof(
      fc.constantFrom('', ...variants.map(name => `-${name}`)),
      fc
        .tuple(fc.constantFrom(...words), fc.constantFrom('', '.', '.f0'), number)
        .map(all => `-${all.join('')}`)
    )
    fc.assert(
      fc.property(
        fc.tuple(number, number, number),
        fc.constantFrom('', 'v'),
        part,
        part,
        (core, v, one, two) => {
          const [release, cleanUp] = readings(`${v}${core.join('.')}${one}${two}`)
          expect(cleanUp).toBe(release)
        }
      )
    )
  })
})
