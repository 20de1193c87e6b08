import {describe, expect, it} from '@jest/globals'
import {describeMutation, mutated, mutationsOf} from '../scripts/mutants/mutations.js'
import {relatedTests, usersOf} from '../scripts/mutants/related-tests.js'
import {drawSample} from '../scripts/mutants/sample.js'
import {generatorOf} from './support/random.js'

describe('the mutations of a source', () => {
  it.each([
    ['const a = b === c', ['const a = b !== c']],
    ['const a = b < 1', ['const a = b <= 1', 'const a = b < (1 + 1)']],
    ['const a = !b', ['const a = b']],
    ['if (a) b()', ['if (true) b()', 'if (false) b()', 'if (a) ;']],
    ['const a = b ? c : d', ['const a = true ? c : d', 'const a = false ? c : d']],
    ['const a = b.filter(c => c.d)', ['const a = b']],
    ['const a = b.some(c)', ['const a = b.every(c)']],
    ['await a(true)', ['await a(false)', ';']],
    ["throw new Error('a')", []],
    ["import {a} from './a.js'\ntype B = 1 | true\nconst c: 1 = d", []]
  ])('of %j are those that change what it does', (source, expected) => {
    const found = mutationsOf(source).map(mutation => mutated(source, mutation))
    expect(found.toSorted()).toEqual(expected.toSorted())
  })

  it('are told by line, old and new text', () => {
    const source = 'const a =\n  b === c\n'
    expect(mutationsOf(source).map(mutation => describeMutation(source, mutation))).toEqual(['2: === -> !=='])
  })
})

describe('the tests of a source', () => {
  it('are those that lead to it, the nearest first, and of two as near the one of its room', () => {
    const users = usersOf(
      new Map([
        ['src/a/one.ts', ''],
        ['src/a/two.ts', "import {\n  one\n} from './one.js'"],
        ['__tests__/a/two.test.ts', "import {two} from '../../src/a/two.js'"],
        ['__tests__/a/one.test.ts', "const one = await import('../../src/a/one.js')"],
        ['__tests__/0/one.test.ts', "import {one} from '../../src/a/one.js'"],
        ['__tests__/a/types.test.ts', "import type {One} from '../../src/a/one.js'"]
      ])
    )
    expect(relatedTests('src/a/one.ts', users)).toEqual([
      '__tests__/a/one.test.ts',
      '__tests__/0/one.test.ts',
      '__tests__/a/two.test.ts'
    ])
  })
})

it('draws the same sample with the same seed, and nothing twice', () => {
  const list = Array.from({length: 50}, (_, index) => index)
  const draw = (seed: number): number[] => drawSample(list, 20, generatorOf(seed))
  expect(draw(1)).toEqual(draw(1))
  expect(draw(1)).not.toEqual(draw(2))
  expect(new Set(draw(1)).size).toBe(20)
})
