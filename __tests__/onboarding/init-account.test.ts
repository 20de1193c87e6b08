import {describe, expect, it} from '@jest/globals'
import {stringify} from 'yaml'
import {type AccountLine, Claims, accountOf} from '../../src/onboarding/account.js'
import {SAME_INPUTS} from '../../src/onboarding/build-step.js'
import {buildInputs} from '../../src/building/inputs/build-inputs.js'
import {formatPath, readEntries} from '../../src/onboarding/github-workflow.js'
import {accountsOf} from '../../src/onboarding/onboarding-plan.js'
import {fc} from '../support/random.js'
import {FILE, planned, writtenText} from './written-workflow.js'

type Keys = Readonly<Record<string, unknown>>

const word = fc.constantFrom(
  'a',
  'main',
  '1.2.3',
  "it's",
  'x: y',
  '#no',
  '${{ github.sha }}',
  '- b',
  '"q"',
  'ü'
)
const flag = <T>(value: T) => fc.constantFrom<(T | undefined)[]>(undefined, value)
const without = (keys: Keys): Keys =>
  Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined))
const record = (keys: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<Keys> =>
  fc.record(keys).map(without)

const runStep = record({
  name: fc.option(word, {nil: undefined}),
  if: flag("github.event_name == 'push'"),
  run: fc.constantFrom('make', 'echo "${{ steps.build.outputs.digest }}"\nmake test', '# nothing\n\ntrue'),
  env: fc.option(fc.dictionary(fc.constantFrom('A', 'B'), word), {nil: undefined}),
  'timeout-minutes': flag(5),
  'continue-on-error': flag(true)
})
const otherStep = record({
  uses: fc.constantFrom('actions/checkout@v4', 'acme/sign@v1', 'docker/setup-buildx-action@v3'),
  with: fc.option(fc.dictionary(fc.constantFrom('submodules', 'key', 'list'), word), {nil: undefined})
})
const tags = fc.constantFrom(
  'acme/app:latest',
  'acme/app:latest,ghcr.io/acme/app:latest',
  'ghcr.io/acme/app:${{ github.sha }}\nghcr.io/acme/app:v1',
  '${{ steps.meta.outputs.tags }}',
  '${{ steps.elsewhere.outputs.tags }}',
  'a/b:1\nc/d:2'
)
const buildStep = record({
  name: fc.option(word, {nil: undefined}),
  id: flag('build'),
  if: flag('always()'),
  uses: fc.constant('docker/build-push-action@v6'),
  with: record({
    context: flag('.'),
    push: fc.constantFrom(undefined, true, false, "${{ github.ref == 'refs/heads/main' }}"),
    tags,
    platforms: flag('linux/amd64,linux/arm64'),
    labels: fc.constantFrom(undefined, '${{ steps.meta.outputs.labels }}', 'a=b'),
    outputs: flag('type=image,compression=zstd'),
    load: fc.constantFrom(undefined, true, false),
    'add-hosts': flag('a:1,b:2'),
    'no-such-input': flag('x'),
    secrets: flag('a=${{ secrets.A }}')
  })
})
const metaStep = record({
  id: fc.constant('meta'),
  uses: fc.constant('docker/metadata-action@v5'),
  if: flag("github.event_name == 'push'"),
  with: record({images: fc.constant('ghcr.io/acme/app'), tags: flag('type=sha\ntype=ref,event=branch')})
})
const job = record({
  name: fc.option(word, {nil: undefined}),
  'runs-on': fc.constantFrom<unknown[]>('ubuntu-latest', ['self-hosted', 'arm64'], 'ubuntu-24.04-arm'),
  needs: flag('test'),
  environment: flag('production'),
  permissions: flag({contents: 'read', packages: 'write'}),
  strategy: flag({matrix: {a: [1, 2], include: [{a: 3, b: '${{ github.ref }}'}]}}),
  outputs: flag({digest: '${{ steps.build.outputs.digest }}', meta: '${{ steps.build.outputs.metadata }}'}),
  concurrency: flag({group: 'x', 'cancel-in-progress': false}),
  services: flag({db: {image: 'postgres', ports: ['5432:5432'], env: {}}}),
  steps: fc
    .tuple(
      fc.array(fc.oneof(runStep, otherStep), {maxLength: 2}),
      fc.option(metaStep, {nil: undefined}),
      fc.array(fc.oneof(runStep, otherStep), {maxLength: 1}),
      buildStep,
      fc.array(fc.oneof(runStep, otherStep), {maxLength: 2})
    )
    .map(([before, meta, between, build, after]) =>
      [...before, meta, ...between, build, ...after].filter(step => step !== undefined)
    )
})
const workflow = record({
  name: flag('build: all'),
  on: fc.constantFrom<unknown[]>('push', ['push', 'pull_request'], {
    push: {branches: ['main'], tags: ['v*']},
    schedule: [{cron: '0 3 * * *'}]
  }),
  env: flag({REGISTRY: 'ghcr.io'}),
  permissions: fc.constantFrom<unknown[]>(undefined, {}, 'read-all'),
  jobs: fc.tuple(job, fc.boolean()).map(([build, isTested]) => ({
    ...(isTested || build['needs'] !== undefined
      ? {test: {'runs-on': 'ubuntu-latest', steps: [{run: 'make test'}]}}
      : {}),
    build,
    deploy: {needs: ['build'], 'runs-on': 'ubuntu-latest', steps: [{run: './deploy'}]}
  }))
}).map(value => stringify(value, {lineWidth: 0, indentSeq: value['env'] === undefined}))

describe('the account of init', () => {
  it('has a line for every value of any workflow, and tells the truth of each', () => {
    const seen = {translated: 0, left: 0, taken: 0}
    fc.assert(
      fc.property(workflow, text => {
        const {entries, faults} = readEntries({file: FILE, text})
        expect(faults).toEqual([])
        const plan = planned(text)
        const [account] = plan.accounts
        const after = writtenText(plan)
        if (account === undefined) {
          expect(after).toBe('')
          return
        }
        seen.translated += 1
        expect(account.lost).toEqual([])
        expect(account.lines.map(({entry}) => formatPath(entry.path))).toEqual(
          entries.map(({path}) => formatPath(path))
        )
        const written = readEntries({file: FILE, text: after})
        expect(written.faults).toEqual([])
        const texts = new Set(written.entries.map(entry => entry.text))
        for (const {entry, fate} of account.lines) {
          if (fate.kind === 'kept') expect(texts.has(entry.text)).toBe(true)
          else seen[fate.kind] += 1
          if (fate.kind === 'left')
            expect(after).toContain(`# init: ${String(entry.path.at(-1))} is not taken over`)
        }
        // Each step of another kind is there as often as before.
        for (const step of ['run: make', 'uses: acme/sign@v1', 'uses: actions/checkout@v4'])
          expect(timesIn(after, step)).toBe(timesIn(text, step))
      }),
      {numRuns: 100}
    )
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(20)
  })

  it('finds a value that nobody accounted for', () => {
    const before = readEntries({
      file: FILE,
      text: 'on: push\njobs: {a: {runs-on: x, steps: [{run: a}, {run: b}]}}\n'
    })
    const after = readEntries({file: FILE, text: 'on: push\njobs: {a: {runs-on: x, steps: [{run: a}]}}\n'})
    const {lines, lost} = accountOf(before, after, new Claims())
    expect(lost.map(({path}) => formatPath(path))).toEqual(['jobs.a.steps[1].run'])
    expect(lines.map(({fate}: AccountLine) => fate.kind)).toEqual(['kept', 'kept', 'kept'])
  })

  it('counts values and expressions, and joins what has one fate', () => {
    const text = `on: push
jobs:
  build:
    runs-on: [self-hosted]
    if: github.ref == 'refs/heads/main'
    steps:
      - uses: docker/build-push-action@v6
        with:
          context: .
          push: true
          tags: a/b:\${{ github.sha }}-\${{ github.run_id }}
`
    expect(accountsOf(planned(text)).split('\n')).toEqual([
      '.github/workflows/docker.yml: 7 values with 3 expressions: 4 kept as they are, 3 taken over, 0 not taken over.',
      '  on: kept as it is',
      '  jobs.build.runs-on: kept as it is',
      '  jobs.build.if: kept as it is',
      '  jobs.build.steps[0].uses: taken over: build-by-digest, and merge-manifest in the step after it',
      '  jobs.build.steps[0].with.context: kept as it is',
      '  jobs.build.steps[0].with.push: taken over: the output push of the step plan',
      '  jobs.build.steps[0].with.tags: taken over: the rules of the step plan'
    ])
  })

  it('leaves only inputs in the step of a build that build-by-digest has', () => {
    expect(SAME_INPUTS.filter(name => !(name in buildInputs))).toEqual([])
  })
})

function timesIn(text: string, part: string): number {
  return text.split(part).length - 1
}
