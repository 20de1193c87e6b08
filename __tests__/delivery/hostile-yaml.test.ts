import {describe, expect, it} from '@jest/globals'
import {readYaml} from '../../src/delivery/manifests/yaml-text.js'
import {translateCleanups} from '../../src/onboarding/cleanup-steps.js'
import {readWorkflow} from '../../src/onboarding/workflow-model.js'
import {failureOf} from '../support/thrown.js'

const bomb = (levels: number): string =>
  [
    'a0: &a0 [x, x, x, x, x, x, x, x, x]',
    ...Array.from(
      {length: levels},
      (_, level) =>
        `a${level + 1}: &a${level + 1} [${Array.from({length: 9}, () => `*a${level}`).join(', ')}]`
    )
  ].join('\n')

/** Documents that are made to keep whoever reads them busy, or to fill their stack. */
const DOCUMENTS: readonly (readonly [what: string, text: string, why: RegExp])[] = [
  ['aliases of lists of aliases', bomb(9), /stands for more than 500000 entries/],
  ['a map that holds itself', 'a: &a\n  x: *a', /leads back to itself/],
  ['brackets', `a: ${'['.repeat(100_000)}`, /nested more than 200 deep/],
  ['braces', `a: ${'{a: '.repeat(50_000)}`, /nested more than 200 deep/],
  ['dashes', `a:\n  ${'- '.repeat(100_000)}`, /nested more than 200 deep/],
  [
    'indentation',
    Array.from({length: 2_500}, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
    /nested more than 200 deep/
  ],
  ['anchors', Array.from({length: 5_000}, (_, key) => `a${key}: &b${key} 1`).join('\n'), /1000 anchors/],
  ['words', 'a: 1\n'.repeat(130_000), /500000 words and signs/],
  ['bytes', `a: ${'x'.repeat(5_000_000)}`, /larger than 4194304 bytes/],
  ['a key that is there twice', 'a: 1\nb: {c: 1, c: 2}', /Map keys must be unique at line 2, column 11/]
]

describe('a manifest that is made to take time or memory', () => {
  it.each(DOCUMENTS)('is refused in a sentence: %s', async (_, text, why) => {
    const {code, message} = await failureOf(() => readYaml('app.yaml', text))
    expect(code).toBe('DEPLOYMENT_INVALID')
    expect(message).toMatch(why)
  })

  it('is read where it is only large: 60,000 keys in one map', () => {
    const text = Array.from({length: 60_000}, (_, key) => `key${key}: value`).join('\n')
    expect(readYaml('app.yaml', text).documents).toHaveLength(1)
  })
})

describe('a workflow that is made to take time or memory', () => {
  const step = 'jobs: {a: {steps: [{uses: docker/build-push-action@v6}]}}\n'

  it.each(DOCUMENTS)('is none for init: %s', (_, text) => {
    const found = {file: '.github/workflows/a.yml', text: `${step}${text}`}
    expect(readWorkflow({...found, text: step})).toBeDefined()
    expect(readWorkflow(found)).toBeUndefined()
    expect(translateCleanups(found, {uses: 'x', packages: {owner: 'o', repository: 'r'}}).notes).toEqual([])
  })
})
