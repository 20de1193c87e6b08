import {describe, expect, it} from '@jest/globals'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'
import {planned} from '../support/planned.js'
import {tagPush} from '../support/ports.js'

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
