import {describe, expect, it} from '@jest/globals'
import {ReleaseError} from '../../src/errors.js'
import {formatPlan, parsePlan} from '../../src/contracts/plan-document.js'
import type {Plan} from '../../src/contracts/plan.js'
import {planId} from '../../src/contracts/plan-id.js'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'
import {planned} from '../support/planned.js'
import {tagPush} from '../support/ports.js'

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
    ['a tag twice', changedTarget({tags: [tag, tag]}), /1\.2\.3 is twice in the target hello/],
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
      /the record digest-12345678-hello-linux-amd64 is in it twice/
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

type Texts = Readonly<Record<string, string>>

const BASE: Texts = {
  images: 'ghcr.io/org/app',
  platforms: 'linux/amd64\nlinux/arm64',
  strategy: 'release',
  settings: ''
}

/** The names of the records that the build jobs of a plan hand over. */
async function recordsOf(texts: Texts, run: WorkflowRun = tagPush('v1.2.3')): Promise<string[]> {
  const {settings = '', ...given} = {...BASE, ...texts}
  const files = settings === '' ? {} : {'.github/image-release.yml': settings}
  const {plan} = await planned(run, given, files)
  return plan.targets.flatMap(({builds}) => builds.map(({record}) => record))
}

const buildOf = (build: string): Texts => ({settings: `services:\n  app: {${build}}\n`})

describe('records of two plans of one run', () => {
  it.each<[string, Texts, Texts]>([
    ['prod and dev of one image', {}, {flavor: 'suffix=-dev\nlatest=false'}],
    ['tags of other rules', {}, {strategy: '', tags: 'type=raw,value=nightly'}],
    [
      'versions',
      {version: '8.0.0', 'version-mismatch': 'file'},
      {version: '8.1.0', 'version-mismatch': 'file'}
    ],
    ['repositories of one name', {}, {images: 'ghcr.io/other/app'}],
    ['registries', {}, {images: 'docker.io/org/app'}],
    ['one registry and two', {}, {images: 'ghcr.io/org/app\ndocker.io/org/app'}],
    ['stages', buildOf('target: prod'), buildOf('target: dev')],
    ['contexts', buildOf('context: one'), buildOf('context: other')],
    ['files', buildOf('file: Containerfile'), buildOf('file: Containerfile.dev')],
    ['arguments', buildOf('build-arg: PHP=8.0'), buildOf('build-arg: PHP=8.1')],
    ['labels', {}, {labels: 'org.example.kind=dev'}],
    ['one platform and two', {}, {platforms: 'linux/amd64'}]
  ])('have names of their own: %s', async (_, one, other) => {
    const [first, second] = [await recordsOf(one), await recordsOf(other)]
    expect(first.filter(record => second.includes(record))).toEqual([])
  })

  it('have names of their own: commits', async () => {
    const first = await recordsOf({}, tagPush('v1.2.3', 'a'.repeat(40)))
    const second = await recordsOf({}, tagPush('v1.2.3', 'b'.repeat(40)))
    expect(first.filter(record => second.includes(record))).toEqual([])
  })
})

describe('records of one plan that is made again', () => {
  const undated: WorkflowRun = tagPush('v1.2.3')
  Reflect.deleteProperty(undated, 'commitDate')

  it.each<[string, Partial<WorkflowRun>, Texts]>([
    ['in another attempt, later', {attempt: 2, startedAt: '2026-02-04T09:00:00Z', runId: '77'}, {}],
    ['by somebody else', {actor: 'grace'}, {}],
    ['on other runners', {}, {runners: 'linux/arm64=self-hosted'}]
  ])('keep their names: %s', async (_title, changed, texts) => {
    expect(await recordsOf(texts, {...undated, ...changed})).toEqual(await recordsOf({}, undated))
  })
})
