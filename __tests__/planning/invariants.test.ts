import {describe, expect, it} from '@jest/globals'
import {fc} from '../support/random.js'
import parseSemver from 'semver/functions/parse.js'
import {InputError, ReleaseError} from '../../src/errors.js'
import {isTag} from '../../src/oci/reference.js'
import {formatPlan, parsePlan} from '../../src/contracts/plan-document.js'
import {parseFlavor} from '../../src/planning/rules/flavor.js'
import {parseImages} from '../../src/planning/targets/image-names.js'
import {planRelease} from '../../src/planning/release-plan.js'
import {parseRules} from '../../src/planning/rules/rule-grammar.js'
import {NO_VARIANT} from '../../src/planning/targets/variant.js'
import {versionFault} from '../../src/versions/version-fault.js'
import {parsePlatform} from '../../src/oci/platform.js'
import {onRef} from '../support/tag-plans.js'

const word = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9/_.&-]{0,12}$/)
const number = fc.nat({max: 30})
const stable = fc.tuple(number, number, number).map(parts => parts.join('.'))
const prerelease = fc
  .tuple(stable, fc.constantFrom('rc.1', 'beta', 'alpha.2.x', '0.3.7', 'x-y-z'))
  .map(parts => parts.join('-'))
const affix = fc.constantFrom('', '', 'p-', '-s', 'x{{sha}}', '{{branch}}-', "{{commit_date 'YYYYMMDD'}}")

const body = fc.oneof(
  fc
    .constantFrom(
      '{{version}}',
      '{{raw}}',
      '{{major}}',
      '{{major}}.{{minor}}',
      'v{{major}}.{{minor}}.{{patch}}',
      'x'
    )
    .map(pattern => `type=semver,pattern=${pattern}`),
  fc.constantFrom('type=pep440,pattern={{version}}', 'type=pep440,pattern={{major}}'),
  fc.constantFrom(
    'type=match,pattern=v(\\d+),group=1',
    'type=match,pattern=\\d+\\.\\d+',
    'type=match,pattern=v(.*),group=1'
  ),
  fc.constantFrom('type=schedule', 'type=edge', 'type=sha', 'type=sha,format=long'),
  fc.constantFrom('branch', 'tag', 'pr').map(event => `type=ref,event=${event}`),
  fc
    .oneof(word, fc.constantFrom('{{branch}}', '{{tag}}', '{{base_ref}}'))
    .map(value => `type=raw,value=${value}`)
)
const rule = fc
  .tuple(body, fc.option(affix), fc.option(affix), fc.option(fc.integer({min: -5, max: 2000})))
  .map(([start, prefix, suffix, priority]) =>
    [
      start,
      ...(prefix === null ? [] : [`prefix=${prefix}`]),
      ...(suffix === null ? [] : [`suffix=${suffix}`]),
      ...(priority === null ? [] : [`priority=${priority}`])
    ].join(',')
  )
const flavor = fc
  .record({
    latest: fc.constantFrom('auto', 'true', 'false'),
    prefix: affix,
    suffix: affix,
    only: fc.boolean()
  })
  .map(
    ({latest, prefix, suffix, only}) =>
      `latest=${latest}\nprefix=${prefix},onlatest=${only}\nsuffix=${suffix}`
  )
const ref = fc.oneof(
  word.map(name => `refs/heads/${name}`),
  fc.string({minLength: 100, maxLength: 200}).map(name => `refs/heads/${name}`),
  stable.map(version => `refs/tags/v${version}`),
  prerelease.map(version => `refs/tags/v${version}`),
  word.map(name => `refs/tags/${name}`),
  fc.nat({max: 999}).map(pull => `refs/pull/${pull}/merge`)
)
const event = fc.constantFrom(
  'push',
  'push',
  'push',
  'schedule',
  'workflow_dispatch',
  'release',
  'merge_group'
)
const scenario = fc.record({rules: fc.array(rule, {minLength: 1, maxLength: 8}), flavor, ref, event})

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never

function planOf({
  rules,
  flavor: written,
  ref: name,
  event: started
}: Scenario): ReturnType<typeof planRelease> | undefined {
  const run = onRef(name, name.startsWith('refs/pull/') ? {} : {event: started})
  const config = {
    rules: parseRules(rules.join('\n')),
    flavor: parseFlavor(written),
    images: parseImages('app\nghcr.io/octo/app'),
    build: {args: []},
    services: [],
    variants: [NO_VARIANT],
    labels: [],
    annotations: [],
    platforms: [parsePlatform('linux/amd64'), parsePlatform('linux/arm64')],
    runners: [],
    push: 'auto',
    shortShaLength: 7
  } as const
  try {
    return planRelease(config, run)
  } catch (error) {
    if (error instanceof InputError || (error instanceof ReleaseError && error.code === 'VERSION_INVALID'))
      return undefined
    throw error
  }
}

describe('the plan of any rules in any run', () => {
  const options = {numRuns: 1000}

  it('is a plan that its readers take, with equal bytes for equal input', () => {
    fc.assert(
      fc.property(scenario, drawn => {
        const release = planOf(drawn)
        if (release === undefined) return
        const text = formatPlan(release.plan)
        expect(formatPlan(parsePlan(text))).toBe(text)
        expect(formatPlan(planOf(drawn)!.plan)).toBe(text)
      }),
      options
    )
  })

  it('has tags by the grammar, each once', () => {
    fc.assert(
      fc.property(scenario, drawn => {
        const tags = planOf(drawn)?.main.target.tags.map(({name}) => name) ?? []
        expect(tags.filter(tag => !isTag(tag))).toEqual([])
        expect(new Set(tags).size).toBe(tags.length)
      }),
      options
    )
  })

  it('moves no shared tag to a pre-release that does not ask for it by name', () => {
    fc.assert(
      fc.property(scenario, prerelease, (drawn, version) => {
        const flavored = drawn.flavor.replace(/^latest=true/, 'latest=auto')
        const rules = drawn.rules.filter(line => !line.startsWith('type=raw'))
        if (rules.length === 0) return
        const release = planOf({
          ...drawn,
          rules,
          flavor: flavored,
          ref: `refs/tags/v${version}`,
          event: 'push'
        })
        const shared = release?.main.target.tags.filter(
          tag => tag.class === 'forward' || tag.name === 'latest'
        )
        expect(shared ?? []).toEqual([])
      }),
      options
    )
  })

  it('compares versions only where it releases one', () => {
    fc.assert(
      fc.property(scenario, drawn => {
        const release = planOf(drawn)
        if (release?.main.target.tags.some(tag => tag.class === 'forward'))
          expect(release.plan.version).toBeDefined()
      }),
      options
    )
  })

  it('publishes nothing from a merge queue or a pull request', () => {
    fc.assert(
      fc.property(scenario, drawn => {
        const release = planOf(drawn)
        const isBuild = drawn.ref.startsWith('refs/pull/') || drawn.event === 'merge_group'
        if (release !== undefined && isBuild) expect(release.plan.push).toBe(false)
      }),
      options
    )
  })
})

describe('text of any kind', () => {
  const hostile = fc.array(
    fc.oneof(
      fc.string(),
      fc.constantFrom(
        'type=',
        'semver',
        'raw',
        ',',
        'pattern=',
        'value=',
        '{{',
        '}}',
        '"',
        '\n',
        'date',
        "'YYYY'",
        'tz=',
        '#',
        '=',
        'match=(',
        '{{{',
        '~',
        '\\'
      )
    ),
    {maxLength: 12}
  )

  it.each([
    ['rules', parseRules],
    ['a flavor', parseFlavor],
    ['images', parseImages]
  ])('is read as %s, or refused with its faults', (_, parse) => {
    fc.assert(
      fc.property(hostile, pieces => {
        try {
          parse(pieces.join(''))
        } catch (error) {
          expect(error).toBeInstanceOf(InputError)
        }
      }),
      {numRuns: 2000}
    )
  })
})

describe('the nearest version', () => {
  it('is a version', () => {
    const broken = fc.oneof(fc.string(), fc.stringMatching(/^v?[0-9.]{1,9}([-+.a-z0-9]{0,9})$/))
    fc.assert(
      fc.property(broken, text => {
        const {nearest} = versionFault('semver', text)
        if (nearest !== undefined) expect(parseSemver(nearest)).not.toBeNull()
      }),
      {numRuns: 1000}
    )
  })
})
