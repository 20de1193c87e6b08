import {describe, expect, it} from '@jest/globals'
import {fc} from '../support/random.js'
import {planInputs} from '../../src/planning/plan-inputs.js'
import {readReleaseConfig} from '../../src/planning/release-config.js'
import {InputError, ReleaseError} from '../../src/errors.js'
import {parseInputs} from '../../src/command/input.js'
import {parseDigest} from '../../src/oci/digest.js'
import {isTag, parseRepository, parseTag} from '../../src/oci/reference.js'
import {formatPlan, parsePlan} from '../../src/contracts/plan-document.js'
import type {Plan} from '../../src/contracts/plan.js'
import {decideTag} from '../../src/publishing/decide/tag-decision.js'
import {planRelease} from '../../src/planning/release-plan.js'
import {onRef} from '../support/tag-plans.js'

const CASES = 2000

const number = fc.nat({max: 12})
const numbers = fc.tuple(number, number, number)
const stable = numbers.map(parts => parts.join('.'))
const version = fc.oneof(
  stable,
  stable,
  stable.map(text => `${text}-rc.1`),
  stable.map(text => `${text}-beta`)
)
const word = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9/_.&-]{0,12}$/)
const blankOr = (...texts: string[]) => fc.constantFrom('', ...texts)

const body = fc.oneof(
  fc
    .constantFrom(
      '{{version}}',
      '{{raw}}',
      '{{major}}',
      '{{major}}.{{minor}}',
      'v{{version}}',
      'stable',
      '{{version}}-{{variant}}',
      '{{variant}}'
    )
    .map(pattern => `type=semver,pattern=${pattern}`),
  fc.constantFrom(
    'type=schedule',
    'type=edge',
    'type=sha',
    'type=sha,format=long,prefix=',
    'type=pep440,pattern={{version}}'
  ),
  fc.constantFrom('branch', 'tag', 'pr').map(event => `type=ref,event=${event}`),
  fc.constantFrom('type=match,pattern=v(\\d+),group=1', 'type=match,pattern=\\d+\\.\\d+'),
  fc
    .oneof(word, fc.constantFrom('{{branch}}', '{{service}}-{{variant}}', 'latest'))
    .map(value => `type=raw,value=${value}`)
)
const rule = fc
  .tuple(
    body,
    blankOr('prefix=p-', 'prefix={{branch}}-'),
    blankOr('suffix=-s', 'suffix=-{{variant}}'),
    blankOr('on=tag', 'on=default-branch schedule', 'on=push+branch'),
    blankOr('enable={{is_default_variant}}', 'enable={{is_default_branch}}')
  )
  .map(([start, prefix, ...rest]) =>
    [start, ...(start.includes('prefix=') ? [] : [prefix]), ...rest].filter(Boolean).join(',')
  )

/** Texts of the inputs, as a workflow would give them. */
const texts = fc.record({
  images: fc.constantFrom(
    'app',
    'App\nghcr.io/octo/app',
    'app-{{variant}}',
    'ghcr.io/octo/{{service}}-{{variant}}'
  ),
  strategy: fc.constantFrom('none', 'release', 'environments', 'variants', 'versioned-names'),
  tags: fc.array(rule, {maxLength: 5}).map(lines => lines.join('\n')),
  flavor: blankOr(
    'latest=false',
    'suffix=-{{variant}}',
    'suffix=-{{variant}},onlatest=true',
    'latest=true',
    'prefix=v'
  ),
  variants: fc.constantFrom('python=3.9,3.10', 'python=3.9,3.10\nos=alpine,debian', 'os=alpine'),
  'default-variant': blankOr('python=3.10', 'python=3.10\nos=alpine'),
  services: blankOr('api\nweb', 'api'),
  policy: blankOr('version=moving', 'alias=immutable,branch=forward'),
  'ref-names': fc.constantFrom('plain', 'unique'),
  version: fc.oneof(fc.constant(''), version),
  'version-mismatch': fc.constantFrom('error', 'tag', 'file')
})
const ref = fc.oneof(
  fc.constant('refs/heads/main'),
  word.map(name => `refs/heads/${name}`),
  fc.string({minLength: 100, maxLength: 200}).map(name => `refs/heads/${name}`),
  version.map(text => `refs/tags/v${text}`),
  version.map(text => `refs/tags/v${text}`),
  fc.nat({max: 999}).map(pull => `refs/pull/${pull}/merge`)
)
const event = fc.constantFrom('push', 'push', 'schedule', 'workflow_dispatch', 'release', 'merge_group')
const scenario = fc.record({texts, ref, event})

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never

/** The plan; undefined where the texts are refused, as wrong or as colliding. */
async function planOf({texts: given, ref: name, event: started}: Scenario): Promise<Plan | undefined> {
  const run = onRef(name, name.startsWith('refs/pull/') ? {} : {event: started})
  try {
    const config = await readReleaseConfig(parseInputs(planInputs, given), () => Promise.resolve(undefined))
    return planRelease(config, run).plan
  } catch (error) {
    const isRefused =
      error instanceof InputError ||
      (error instanceof ReleaseError && /^(VERSION_INVALID|TAG_COLLISION)$/.test(error.code))
    if (isRefused) return undefined
    throw error
  }
}

function referencesOf({targets}: Plan): string[] {
  return targets.flatMap(({images, tags}) =>
    images.flatMap(image => tags.map(({name}) => `${image}:${name}`))
  )
}

describe('the plan of several targets', () => {
  it(`holds its invariants in ${CASES} cases`, async () => {
    let plans = 0
    let tags = 0
    await fc.assert(
      fc.asyncProperty(scenario, async drawn => {
        const plan = await planOf(drawn)
        if (plan === undefined) return
        plans += 1
        const references = referencesOf(plan)
        tags += references.length
        expect(new Set(references).size).toBe(references.length)
        for (const target of plan.targets) {
          expect(target.tags.filter(({name}) => !isTag(name))).toEqual([])
          for (const image of target.images) expect(() => parseRepository(image)).not.toThrow()
          expect(target.images.join()).toBe(target.images.join().toLowerCase())
        }
        const names = plan.targets.map(({name}) => name)
        const records = plan.targets.flatMap(({builds}) => builds.map(({record}) => record))
        expect([new Set(names).size, new Set(records).size]).toEqual([names.length, records.length])
        const text = formatPlan(plan)
        expect(formatPlan(parsePlan(text))).toBe(text)
        expect(formatPlan((await planOf(drawn))!)).toBe(text)
        const isBuild = drawn.ref.startsWith('refs/pull/') || drawn.event === 'merge_group'
        if (isBuild) expect(plan.push).toBe(false)
      }),
      {numRuns: CASES}
    )
    expect(plans).toBeGreaterThan(CASES / 10)
    expect(tags).toBeGreaterThan(CASES / 2)
  }, 120_000)

  it('moves no tag back', async () => {
    const seen = {keep: 0, move: 0}
    await fc.assert(
      fc.asyncProperty(scenario, numbers, numbers, async (drawn, ours, theirs) => {
        const plan = await planOf({
          texts: {...drawn.texts, version: '', policy: ''},
          ref: `refs/tags/v${ours.join('.')}`,
          event: 'push'
        })
        const isOlder = compare(ours, theirs) < 0
        for (const {name, class: tagClass} of (plan?.targets ?? []).flatMap(target => target.tags)) {
          if (tagClass !== 'forward' || !isOfLine(name, theirs)) continue
          const standing = {digest: DIGEST, version: theirs.join('.'), revision: 'b'.repeat(40)}
          const candidate = {version: ours.join('.'), revision: 'a'.repeat(40)}
          const {action} = decideTag({tag: {name: parseTag(name), class: tagClass}, standing}, candidate)
          const expected = isOlder ? 'keep' : 'move'
          seen[expected] += 1
          expect([name, action]).toEqual([name, expected])
        }
      }),
      {numRuns: CASES}
    )
    expect(Math.min(seen.keep, seen.move)).toBeGreaterThan(CASES / 50)
  }, 120_000)
})

const DIGEST = parseDigest(`sha256:${'1'.repeat(64)}`)

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((each, index) => each !== b[index])
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
}

/** 1 and 1.2 are shared by versions that begin so; every other name by all. */
function isOfLine(name: string, standing: readonly number[]): boolean {
  const [, line] = /^(?:p-|v)?(\d+(?:\.\d+)?)(?:-.*)?$/.exec(name) ?? []
  return line === undefined || `${standing.join('.')}.`.startsWith(`${line}.`)
}
