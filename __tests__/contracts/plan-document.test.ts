import {describe, expect, it} from '@jest/globals'
import {ReleaseError} from '../../src/errors.js'
import {formatPlan, parsePlan} from '../../src/contracts/plan-document.js'
import type {Plan} from '../../src/contracts/plan.js'
import {planId} from '../../src/contracts/plan-id.js'

const CONTENT: Omit<Plan, 'schema' | 'id' | 'notes'> = {
  source: {
    event: 'push',
    ref: 'refs/tags/v1.2.3',
    revision: '860c1904a1ce19322e91ac35af1ab07466440c37',
    created: '2020-01-10T00:30:00.000Z',
    repository: 'octo/hello'
  },
  version: '1.2.3',
  push: true,
  targets: [
    {
      name: 'hello',
      images: ['ghcr.io/octo/hello', 'docker.io/octo/hello'],
      tags: [
        {name: '1.2.3', class: 'immutable', rule: 'type=semver,pattern={{version}}'},
        {name: 'latest', class: 'forward', rule: 'flavor'}
      ],
      builds: [
        {platform: 'linux/amd64', runner: 'ubuntu-24.04', record: 'digest-12345678-hello-linux-amd64'},
        {
          platform: 'linux/arm/v7',
          runner: ['self-hosted', 'arm'],
          record: 'digest-12345678-hello-linux-arm-v7'
        }
      ],
      labels: {b: '2', a: '1'},
      annotations: {'org.opencontainers.image.version': '1.2.3'}
    }
  ]
}
const PLAN: Plan = {schema: 1, id: planId(CONTENT), ...CONTENT, notes: ['A note.']}

function changed(changes: object): string {
  return JSON.stringify({...PLAN, ...changes})
}

function changedTarget(changes: object): string {
  return changed({targets: [{...PLAN.targets[0], ...changes}]})
}

describe('a plan as a document', () => {
  it('is read as it was written', () => {
    expect(parsePlan(formatPlan(PLAN))).toEqual(PLAN)
  })

  it('has one form, whatever the order of its fields', () => {
    const reversed = JSON.parse(JSON.stringify(PLAN), (_, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value
    ) as Plan
    expect(formatPlan(reversed)).toBe(formatPlan(PLAN))
    expect(formatPlan(PLAN)).toContain('"labels":{"a":"1","b":"2"}')
    expect(formatPlan(PLAN)).not.toContain('\n')
  })

  it('may do without a version', () => {
    const {schema, source, push, targets, notes} = PLAN
    const plan = {schema, id: planId({source, push, targets}), source, push, targets, notes}
    expect(parsePlan(formatPlan(plan))).toEqual(plan)
  })

  it('has an id, which a plan that an earlier version wrote is given', () => {
    expect(PLAN.id).toMatch(/^[0-9a-f]{12}$/)
    expect(parsePlan(changed({id: undefined}))).toEqual(PLAN)
  })

  it('is another plan where it was changed by hand, whatever it calls itself', () => {
    expect(parsePlan(changed({version: '1.2.4'})).id).not.toBe(PLAN.id)
    expect(parsePlan(changed({notes: []})).id).toBe(PLAN.id)
  })

  const [target] = PLAN.targets
  const tag = target!.tags[0]!
  const build = target!.builds[0]!
  it.each([
    ['nothing', '', /^not a valid plan: it is not JSON/],
    ['no object', '7', /^not a valid plan: the plan: /],
    [
      'another schema',
      changed({schema: 2}),
      /^the plan has schema 2, this version of image-release reads schema 1$/
    ],
    ['no schema', changed({schema: undefined}), /schema: /],
    ['an unknown field', changed({extra: 1}), /"extra"/],
    [
      'a wrong commit',
      changed({source: {...PLAN.source, revision: 'main'}}),
      /source\.revision: is not a commit/
    ],
    ['a wrong date', changed({source: {...PLAN.source, created: 'today'}}), /source\.created: /],
    [
      'a wrong tag',
      changedTarget({tags: [{...tag, name: '-x'}]}),
      /targets\[0\]\.tags\[0\]\.name: is not a tag/
    ],
    ['a wrong class', changedTarget({tags: [{...tag, class: 'free'}]}), /targets\[0\]\.tags\[0\]\.class: /],
    ['a tag twice', changedTarget({tags: [tag, tag]}), /1\.2\.3 stands twice in the target hello/],
    [
      'an image without registry',
      changedTarget({images: ['octo/hello']}),
      /targets\[0\]\.images\[0\]: is not a repository/
    ],
    [
      'a wrong platform',
      changedTarget({builds: [{...build, platform: 'arm64'}]}),
      /builds\[0\]\.platform: "arm64" is not a platform/
    ],
    [
      'a platform in another spelling',
      changedTarget({builds: [{...build, platform: 'linux/arm64/v8'}]}),
      /is not a platform/
    ],
    [
      'a record that is a path',
      changedTarget({builds: [{...build, record: '../x'}]}),
      /record: is not the name of a record/
    ],
    [
      'a record twice',
      changedTarget({builds: [build, {...build, platform: 'linux/arm64'}]}),
      /the record digest-12345678-hello-linux-amd64 stands in it twice/
    ],
    ['no builds', changedTarget({builds: []}), /targets\[0\]\.builds: /],
    [
      'a target that is a path',
      changedTarget({name: '../x'}),
      /targets\[0\]\.name: is not the name of a target/
    ]
  ])('is refused with %s', (_, text, message) => {
    const error = errorOf(() => parsePlan(text))
    expect(error.code).toBe('PLAN_INVALID')
    expect(error.message).toMatch(message)
  })

  it('is refused with all its faults', () => {
    const text = changed({push: 'yes', targets: [{...target, name: '', images: ['x']}]})
    expect(
      errorOf(() => parsePlan(text)).message.match(/push:|targets\[0\]\.name:|targets\[0\]\.images\[0\]:/g)
    ).toHaveLength(3)
  })

  it('is refused where two targets claim one tag', () => {
    const other = {
      ...target!,
      name: 'other',
      builds: target!.builds.map(each => ({...each, record: `${each.record}-2`}))
    }
    const error = errorOf(() => parsePlan(changed({targets: [target, other]})))
    expect(error.code).toBe('TAG_COLLISION')
    expect(error.message).toContain('ghcr.io/octo/hello:latest is claimed by hello and other')
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
