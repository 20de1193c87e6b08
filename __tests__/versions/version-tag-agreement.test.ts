import {describe, expect, it} from '@jest/globals'
import {fc} from '../support/random.js'
import {type Tag, parseTag} from '../../src/oci/reference.js'
import {currentVersion} from '../../src/versions/version-names.js'
import {readVersionTag} from '../../src/versions/version-tag.js'

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
