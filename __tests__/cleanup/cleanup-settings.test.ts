import {describe, expect, it} from '@jest/globals'
import {cleanupLatest} from '../../src/cleanup/cleanup-latest.js'
import {assertRules} from '../../src/cleanup/cleanup-checks.js'
import {saidOfDeletion} from '../../src/cleanup/cleanup-settings.js'
import {release} from '../../src/release/release.js'
import {readStepInputs} from '../../src/release/step-inputs.js'
import {type CleanupValues} from '../../src/cleanup/cleanup-work.js'
import {InputError} from '../../src/errors.js'
import {parseInputs} from '../../src/command/input.js'

const HERE = {images: 'ghcr.io/o/app'}
const DIGEST = `sha256:${'a'.repeat(64)}`

const given = (texts: Readonly<Record<string, string>>): CleanupValues =>
  parseInputs(cleanupLatest.inputs, {...HERE, ...texts})

/** The inputs that are refused, and why. */
function faultsOf(texts: Readonly<Record<string, string>>): string[] {
  try {
    assertRules(given(texts))
    return []
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return error.issues.map(({input, message}) => `${input}: ${message}`)
  }
}

type Kind = 'rule' | 'about rules' | 'bound' | 'way'

/** Every input: what it is, a text of it, and rules without which it has no effect, where it is about some. */
const INPUTS: Readonly<
  Record<keyof CleanupValues, readonly [Kind, string, ...Readonly<Record<string, string>>[]]>
> = {
  release: ['way', ''],
  images: ['way', 'ghcr.io/o/app'],
  packages: ['way', 'ghcr.io/o/*'],
  superseded: ['way', `ghcr.io/o/app@${DIGEST}`],
  'keep-versions': ['rule', '3'],
  'keep-patches': ['rule', '1'],
  'superseded-prereleases': ['rule', 'true'],
  'keep-newest': ['rule', '5'],
  'keep-tags': ['bound', 'stable'],
  'keep-images': ['bound', 'stable'],
  'delete-tags': ['rule', 'glob:pr-*'],
  'whole-images': [
    'about rules',
    'true',
    {'keep-versions': '1'},
    {'keep-patches': '1'},
    {'superseded-prereleases': 'true'},
    {'keep-newest': '1'},
    {'delete-tags': 'a'},
    {'pull-request-tags': 'pr-{number}'},
    {'development-tags': 'dev'},
    {'cache-tags': 'cache'}
  ],
  'older-than': [
    'about rules',
    '30d',
    {'delete-tags': 'a'},
    {'keep-newest': '1'},
    {untagged: 'true'},
    {'keep-newest-untagged': '1'},
    {orphans: 'true'},
    {'orphaned-referrers': 'true'},
    {'ghost-images': 'true'},
    {'partial-images': 'true'},
    {'delete-tags': 'a older than 1d, b'}
  ],
  untagged: ['rule', 'true'],
  'untagged-age': ['about rules', '7d', {untagged: 'true'}, {'keep-newest-untagged': '2'}],
  'keep-newest-untagged': ['rule', '2'],
  orphans: ['rule', 'true'],
  'orphaned-referrers': ['rule', 'true'],
  'orphans-age': ['about rules', '7d', {orphans: 'true'}, {'orphaned-referrers': 'true'}],
  'ghost-images': ['rule', 'true'],
  'partial-images': ['rule', 'true'],
  'pull-request-tags': ['rule', 'pr-{number}'],
  'development-tags': ['rule', 'glob:dev-*'],
  'development-age': ['about rules', '7d', {'development-tags': 'dev'}],
  'cache-tags': ['rule', 'glob:cache-*'],
  'actions-caches': ['way', 'glob:buildkit-*'],
  'cache-age': ['about rules', '7d', {'cache-tags': 'c'}, {'actions-caches': 'c'}],
  'cache-size': ['about rules', '2GiB', {'cache-tags': 'c'}, {'actions-caches': 'c'}],
  'keep-deployed': ['bound', 'deploy'],
  journal: ['bound', '[]'],
  'min-age': ['bound', '3d'],
  'allow-deletion': ['way', 'true'],
  validate: ['way', 'true'],
  'max-delete': ['bound', '9'],
  'max-share': ['bound', '50'],
  force: ['bound', 'true'],
  'expected-plan': ['bound', 'b'.repeat(64)],
  restore: ['way', `ghcr.io/o/app@${DIGEST}`],
  strict: ['bound', 'true'],
  backend: ['way', 'ghcr'],
  'github-token': ['way', 't'],
  'github-repository': ['way', 'o/app'],
  insecure: ['way', 'true'],
  config: ['way', ''],
  'registry-credentials': ['way', ''],
  'dry-run': ['way', 'true']
}
const NAMES = Object.keys(INPUTS) as (keyof CleanupValues)[]
const of = (...kinds: Kind[]): (keyof CleanupValues)[] =>
  NAMES.filter(name => kinds.includes(INPUTS[name][0]))

/** A rule that no age, size or number is about. */
const SUPERSEDED = {superseded: `ghcr.io/o/app@${DIGEST}`}

describe('settings of cleanup-latest that would have no effect', () => {
  it('are looked for among all inputs', () =>
    expect(NAMES.sort()).toEqual(Object.keys(cleanupLatest.inputs).sort()))

  it.each(of('about rules'))('%s is refused where no rule that it is about is given', name => {
    expect(faultsOf({...SUPERSEDED, [name]: INPUTS[name][1]})).toEqual([
      expect.stringMatching(new RegExp(`^${name}: has no effect`))
    ])
  })

  it.each(
    of('about rules').flatMap(name => {
      const [, text, ...rules] = INPUTS[name]
      return rules.map(rule => ({name, text, rule}))
    })
  )('$name is taken with $rule', ({name, text, rule}) => {
    expect(faultsOf({...rule, [name]: text})).toEqual([])
  })

  it.each([
    ['every delete-tags has its own', {'delete-tags': 'a older than 1d'}],
    ['every keep-newest has its own', {'keep-newest': '3 older than 1d'}],
    ['untagged has its own', {untagged: 'true', 'untagged-age': '1d'}],
    ['orphans have their own', {orphans: 'true', 'orphans-age': '1d'}],
    ['the rule knows no age', {'keep-versions': '3'}]
  ])('older-than is refused where %s', (_, rules) => {
    expect(faultsOf({...rules, 'older-than': '30d'})).toEqual([expect.stringMatching(/^older-than: has no/)])
    expect(faultsOf(rules)).toEqual([])
  })

  it('names the rules that it is about', () => {
    expect(faultsOf({...SUPERSEDED, 'untagged-age': '7d'})).toEqual([
      'untagged-age: has no effect without untagged or keep-newest-untagged'
    ])
  })

  it.each(of('rule'))('%s is a rule of its own', name => {
    expect(faultsOf({[name]: INPUTS[name][1]})).toEqual([])
  })

  it.each(of('rule', 'about rules'))('%s is refused beside validate, which deletes nothing', name => {
    expect(faultsOf({validate: 'true', [name]: INPUTS[name][1]})).toEqual([
      expect.stringContaining(`leave out ${name}.`)
    ])
  })

  it.each(of('bound', 'way'))('%s counts, or hurts nobody, whatever is done', name => {
    const texts = INPUTS[name][1] === '' ? {} : {[name]: INPUTS[name][1]}
    expect(faultsOf({untagged: 'true', ...(name === 'validate' ? {} : texts)})).toEqual([])
    expect(saidOfDeletion(given(texts))).toEqual([])
  })

  it('are said of restore, which goes on: it is what a failure names, beside the settings of every night', () => {
    const texts = {restore: `ghcr.io/o/app@${DIGEST}`, untagged: 'true', 'older-than': '30d', 'min-age': '1d'}
    expect(saidOfDeletion(given(texts))).toEqual(['older-than', 'untagged'])
  })

  it('are found before a release that they come after begins', async () => {
    const inputs = parseInputs(release.inputs, {config: 'settings.yml'})
    const readText = (): Promise<string> => Promise.resolve('cleanup-latest:\n  untagged-age: 7d\n')
    await expect(readStepInputs(inputs, {readText})).rejects.toMatchObject({
      issues: [{input: 'untagged-age'}]
    })
  })
})
