import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {matchesPattern} from '../../src/patterns/name-pattern.js'
import {wildcardTest} from '../../src/onboarding/step-patterns.js'
import {parseNamePattern, parseNumberedPattern, parseTagPattern} from '../../src/patterns/tag-pattern.js'
import {findChanges} from '../../src/planning/targets/changed-targets.js'
import {parseConditions} from '../../src/planning/rules/rule-condition.js'
import {parsePaths} from '../../src/planning/targets/path-pattern.js'
import {parseRules} from '../../src/planning/rules/rule-grammar.js'
import {readSources} from '../support/import-rule.js'

/** A pattern as its input has it, and the name that a stranger gives a tag, a branch, a cache or a file. */
type Row = readonly [what: string, pattern: string, name: string]

const A = 'a'.repeat(100)
const fail = (message: string): never => {
  throw new Error(message)
}

/** How each kind of pattern is held against a name. */
const HOLD = {
  tags: (pattern: string, name: string) => parseTagPattern(pattern).matches(name),
  names: (pattern: string, name: string) => parseNamePattern(pattern).matches(name),
  numbers: (pattern: string, name: string) => parseNumberedPattern(pattern).numberOf(name) !== undefined,
  packages: (pattern: string, name: string) => matchesPattern(pattern)(name),
  wildcards: (pattern: string, name: string) => wildcardTest(pattern)(name),
  branches: (pattern: string, name: string) =>
    parseConditions(`branch:${pattern}`, fail)[0]?.[0]?.name?.test(name) ?? true,
  rules: (pattern: string, name: string) => {
    const [rule] = parseRules(`type=match,"pattern=${pattern}"`)
    return rule?.type === 'match' ? rule.pattern.test(name) : true
  },
  versions: (pattern: string, name: string) => {
    const [rule] = parseRules(`type=semver,pattern={{version}},"match=${pattern}"`)
    return rule?.type === 'semver' ? (rule.match?.test(name) ?? true) : true
  },
  paths: (pattern: string, name: string) =>
    findChanges({targets: [], paths: [], dependencyPaths: parsePaths(pattern)}, [name]).dependencies
} satisfies Record<string, (pattern: string, name: string) => boolean>

const ROWS: Readonly<Record<keyof typeof HOLD, readonly Row[]>> = {
  tags: [
    ['nested repetitions', 'regex:(a+)+', `${A}.`],
    ['a repetition of a choice', 'regex:(a|a)*', `${A}.`],
    ['many wildcards', `glob:${'*a'.repeat(15)}b`, A],
    ['wildcards in groups', 'glob:+(*a|*aa)b', A],
    ['what is not many wildcards', `glob:!(${'*a'.repeat(15)})c`, `${A}b`]
  ],
  names: [
    ['nested repetitions', 'regex:(.*)*=', A],
    ['many wildcards', `glob:${'*a'.repeat(15)}b`, A],
    ['folders', `glob:${'**/a/'.repeat(15)}b`, 'a/'.repeat(100)]
  ],
  numbers: [['many wildcards', `${'*a'.repeat(15)}{number}b`, `${A}1`]],
  packages: [['many wildcards', `${'*a'.repeat(15)}b`, A]],
  wildcards: [['many wildcards', `${'*a'.repeat(15)}b`, A]],
  branches: [['many wildcards', `${'*a'.repeat(15)}b`, A]],
  rules: [
    ['nested repetitions', '/^v(\\d+)+$/', `v${'1'.repeat(60)}!`],
    ['nested repetitions with a flag', '/^(\\w+\\s?)*$/i', `${A}!`],
    ['neighbours that overlap', '^\\d*\\d*\\d*\\d*\\d*\\d*\\d*\\d*-', '1'.repeat(200)]
  ],
  versions: [
    ['nested repetitions', '^((?:\\d+\\.?)+)$', `${'1'.repeat(60)}!`],
    ['what looks ahead', '^(?=(\\d+)+$)(.*)$', `${'1'.repeat(60)}!`]
  ],
  paths: [
    ['many wildcards', `${'*a'.repeat(15)}b`, 'a'.repeat(250)],
    ['groups', '(a+)+b', 'a'.repeat(250)],
    ['many folders', `${'**/a/'.repeat(15)}b`, `${'a/'.repeat(100)}c`]
  ]
}

describe('a name that a stranger made for a pattern', () => {
  it.each(
    Object.entries(ROWS).flatMap(([kind, rows]) =>
      rows.map(([what, ...row]) => [kind, what, ...row] as const)
    )
  )('is decided on at once, of %s with %s', (kind, _what, pattern, name) => {
    expect(HOLD[kind as keyof typeof HOLD](pattern, name)).toBe(false)
  })
})

describe('an expression that is made of a text', () => {
  it('is where the text is known, or is bounded', () => {
    const root = path.resolve(import.meta.dirname, '../../src')
    const makers = [...readSources(root)]
      .filter(([, text]) => /new RegExp\(/.test(text))
      .map(([file]) => file)
    expect(makers).toEqual([
      'building/builders/git-token.ts',
      'building/builders/lost-instructions.ts',
      'building/builders/stale-cache.ts',
      'building/gate-plan.ts',
      'checks/image-engine.ts',
      'checks/name-template.ts',
      'checks/scan/openvex.ts',
      'embedded-registry/faults.ts',
      'embedded-registry/route.ts',
      'onboarding/recipe-merge-job.ts',
      'onboarding/recipe-plan-job.ts',
      'onboarding/recipe-tags.ts',
      'onboarding/rewiring.ts',
      'onboarding/text-edits.ts',
      'patterns/bounded-expression.ts',
      'planning/needed-tools.ts',
      'registry/auth/challenge.ts',
      // Colours of d3, in the page of a release.
      'reporting/page-assets.ts'
    ])
  })
})

describe('a pattern that would try every way', () => {
  it.each([
    ['regex:(a)\\1', /refers to a group/],
    ['regex:(((a{1000}){1000}){1000})', /steps/],
    [`regex:${'a'.repeat(3_000)}`, /2000 characters/]
  ])('is refused as a pattern of tags: %s', (pattern, why) => {
    expect(() => parseTagPattern(pattern)).toThrow(why)
  })

  it('is refused as a rule, with its line', () => {
    expect(() => parseRules('type=sha\ntype=match,pattern=(a)\\1')).toThrow(/line 2: .*refers to a group/)
  })
})
