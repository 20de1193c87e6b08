import {describe, expect, it} from '@jest/globals'
import {buildxArguments} from '../../../src/building/builders/buildx-arguments.js'
import {InputError} from '../../../src/errors.js'
import {parseInputs} from '../../../src/command/input.js'
import type {WorkflowRun} from '../../../src/contracts/workflow-run.js'
import {parseTag} from '../../../src/oci/reference.js'
import {digestOf} from '../../../src/oci/digest.js'
import {computeTags} from '../../../src/planning/compute-tags.js'
import {BESIDE_DIFFERENCES} from '../../../src/planning/metadata-action/beside-tags.js'
import type {BesideFacts} from '../../../src/planning/metadata-action/difference-row.js'
import {DIFFERENCES} from '../../../src/planning/metadata-action/differences.js'
import {decideTag} from '../../../src/publishing/decide/tag-decision.js'
import {parseOrdered} from '../../../src/versions/version-order.js'
import {buildRequest} from '../../building/requests.js'
import {itWithMetadataAction, runMetadataAction} from '../../support/metadata-action.js'
import {testPorts} from '../../support/ports.js'
import {fc} from '../../support/random.js'
import {SHA, decide, names, on} from '../../support/tag-plans.js'

const CREATED = 'org.opencontainers.image.created'

/** Whether the row of this id holds. */
function holds(id: string, facts: BesideFacts): boolean {
  const row = BESIDE_DIFFERENCES.find(one => one.id === id)
  if (row?.isBeside === undefined) throw new Error(`${id} is no row with a condition`)
  return row.isBeside(facts)
}

/** What compute-tags gives: its outputs, and what the plan notes. */
async function computed(
  run: WorkflowRun,
  texts: Readonly<Record<string, string>>
): Promise<{readonly labels: string; readonly annotations: string; readonly notes: string}> {
  const ports = testPorts([], {workflowRun: () => Promise.resolve(run)})
  try {
    const values = parseInputs(computeTags.inputs, {
      images: 'octo/hello',
      tags: 'type=raw,value=x',
      ask: 'never',
      ...texts
    })
    const {labels, annotations} = await computeTags.run(values, ports)
    return {labels, annotations, notes: ports.reporter.notices.join('\n')}
  } finally {
    ports.close()
  }
}

const dates = fc.constantFrom('2020-01-10T00:30:00Z', '2020-01-10T01:30:00+01:00', '2021-05-05T00:00:00Z')
const lines = fc
  .array(fc.constantFrom('a=b', 'a', '=b', '# none', '', `${CREATED}=x`, 'a=', ' a = b '), {maxLength: 3})
  .map(each => each.join('\n'))
const version = fc.constantFrom('1.9.1', '2.0.1', '2.0.0-rc.1', '2.0.0', '1.9.1-beta', '10.0.0')

describe('the rows of docs/migration.md that no rule gives', () => {
  it('have each a condition, as all others have', () => {
    expect(
      DIFFERENCES.filter(({explains, isBeside}) => (explains === undefined) === (isBeside === undefined))
    ).toEqual([])
    for (const {isBeside} of BESIDE_DIFFERENCES) expect(isBeside?.({})).toBe(false)
  })

  it('older-version: a tag that only moves forward stays exactly then', () => {
    fc.assert(
      fc.property(version, version, (released, standing) => {
        const decision = decideTag(
          {
            tag: {name: parseTag('latest'), class: 'forward'},
            standing: {digest: digestOf(new TextEncoder().encode(standing)), version: standing}
          },
          {digest: digestOf(new TextEncoder().encode(`${released} here`)), version: released}
        )
        const [to, from] = [parseOrdered(released), parseOrdered(standing)]
        if (to === undefined || from === undefined) throw new Error('these are versions')
        expect([released, standing, decision.action === 'keep']).toEqual([
          released,
          standing,
          holds('older-version', {move: {to, from}})
        ])
      })
    )
  })

  it('same-name: a name is noted, and told apart by ref-names, exactly then', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('feature/a', 'feature-a', 'a&b', 'aü', 'main', 'a.b_c', 'x//y'),
        async name => {
          const run = on(name)
          const tags = 'type=ref,event=branch'
          const {notes} = await computed(run, {tags})
          const isShared = holds('same-name', {texts: [name]})
          expect(/whatever else is written the same moves the same tag/.test(notes)).toBe(isShared)
          const plain = names(decide(run, tags)).split(' ')
          expect(plain.includes(name)).toBe(!isShared)
          const ports = testPorts([], {workflowRun: () => Promise.resolve(run)})
          const values = {images: 'octo/hello', tags, ask: 'never', 'ref-names': 'unique'}
          const given = await computeTags.run(parseInputs(computeTags.inputs, values), ports)
          ports.close()
          expect(given['tag-names'].split('\n')[0] === plain[0]).toBe(!isShared)
        }
      ),
      {numRuns: 20}
    )
  })

  it('created: label and annotation have another moment than the run exactly then', async () => {
    await fc.assert(
      fc.asyncProperty(
        dates,
        fc.option(dates, {nil: undefined}),
        fc.boolean(),
        fc.boolean(),
        async (startedAt, commitDate, isLabelled, isAnnotated) => {
          const run: WorkflowRun = {...on('main'), startedAt}
          if (commitDate === undefined) Reflect.deleteProperty(run, 'commitDate')
          else Object.assign(run, {commitDate})
          const [labels, annotations] = [isLabelled, isAnnotated].map(isOwn =>
            isOwn ? `${CREATED}=own` : ''
          )
          const given = await computed(run, {labels: labels ?? '', annotations: annotations ?? ''})
          const clock = `${CREATED}=${new Date(startedAt).toISOString()}`
          const isOther = (text: string): boolean => !text.includes(clock) && !text.includes(`${CREATED}=own`)
          expect(isOther(given.labels) || isOther(given.annotations)).toBe(
            holds('created', {run, labels: labels ?? '', annotations: annotations ?? ''})
          )
        }
      ),
      {numRuns: 40}
    )
  })

  it.each([
    ["type=raw,value={{commit_date 'X'}}", true],
    ['type=raw,value={{ commit_date "DD" tz="UTC" }}', true],
    ["type=raw,value={{date 'X'}}", false],
    ['type=raw,value=commit_date', false]
  ])(
    'commit-date: %s notes the start of the run exactly where nobody tells the date',
    async (tags, isNamed) => {
      for (const isTold of [true, false]) {
        const run: WorkflowRun = on('main')
        if (!isTold) Reflect.deleteProperty(run, 'commitDate')
        const {notes} = await computed(run, {tags})
        expect(notes.includes('The date of the commit is not known here')).toBe(!isTold)
        expect(names(decide(run, tags)) === names(decide(on('main'), tags))).toBe(!isNamed || isTold)
        expect(holds('commit-date', {run, templates: tags})).toBe(isNamed && !isTold)
      }
    }
  )

  it('label-without-value: labels and annotations are refused exactly then', () => {
    fc.assert(
      fc.property(fc.constantFrom('labels', 'annotations'), lines, (name, text) => {
        const isRefused = ((): boolean => {
          try {
            parseInputs({[name]: computeTags.inputs[name as 'labels']}, {[name]: text})
            return false
          } catch (error) {
            if (error instanceof InputError) return true
            throw error
          }
        })()
        expect([text, isRefused]).toEqual([text, holds('label-without-value', {[name]: text})])
      })
    )
  })

  it.each(['', 'manifest', 'index', 'manifest,index', 'index-descriptor'])(
    'annotations: they are said to belong elsewhere exactly then: %s',
    async levels => {
      const {annotations} = await computed(on('main'), {'annotation-levels': levels})
      const here = [...new Set(annotations.split('\n').map(line => line.split(':')[0] ?? ''))]
      expect(here.join() === 'manifest').toBe(
        !holds('annotations', {
          levels: {there: ['manifest'], here: levels === '' ? ['manifest', 'index'] : levels.split(',')}
        })
      )
    }
  )

  it.each<[Readonly<Record<string, string>>, boolean]>([
    [{}, true],
    [{provenance: ''}, true],
    [{outputs: 'type=image,push-by-digest=true'}, true],
    [{provenance: 'false'}, false],
    [{provenance: 'mode=max'}, false],
    [{attests: 'type=sbom\ntype=provenance,mode=min'}, false],
    [{attests: 'type=sbom'}, true],
    [{load: 'true'}, false],
    [{outputs: 'type=docker'}, false]
  ])(
    'provenance: a build with %j has it unasked there: %s, and here none that it did not ask for',
    (build, isGiven) => {
      expect(holds('provenance', {build})).toBe(isGiven)
      const {provenance, attests} = build
      const asked = buildxArguments(
        {name: 'b1', driver: 'remote', buildkit: '0.31.2', fault: undefined, nodes: []},
        buildRequest({
          ...(provenance === undefined || provenance === '' ? {} : {attestations: {provenance}}),
          ...(attests === undefined ? {} : {options: {attests: attests.split('\n')}})
        }),
        {destination: {folder: '/out/image'}, file: 'Containerfile', secrets: []}
      ).join(' ')
      const isMade = /--provenance=(?!false)|type=provenance/.test(asked)
      expect(isMade).toBe(
        ((provenance ?? 'false') !== 'false' && provenance !== '') || attests?.includes('provenance') === true
      )
    }
  )

  itWithMetadataAction('are what docker/metadata-action itself does', async () => {
    const inputs = {images: 'octo/hello', tags: 'type=ref,event=branch', flavor: '', shortShaLength: 7}
    const extra = {labels: 'a\n=x\nb=c', annotations: 'd=e'}
    const [plain, dated] = await runMetadataAction([
      {inputs, run: on('feature/a'), extra},
      {
        inputs: {...inputs, tags: "type=raw,value={{commit_date 'X'}}"},
        run: on('main', {event: 'schedule'})
      }
    ])
    const {tags = [], labels = [], annotations = []} = plain ?? {}
    expect(tags).toEqual(['octo/hello:feature-a'])
    expect(labels.filter(line => /^(?:a|=x|b=c)/.test(line))).toEqual(['=x', 'b=c'])
    const created = labels.find(line => line.startsWith(CREATED))?.slice(CREATED.length + 1) ?? ''
    expect(Math.abs(Date.parse(created) - Date.now())).toBeLessThan(60 * 60 * 1000)
    expect(annotations).toContain('manifest:d=e')
    expect(annotations.filter(line => !line.startsWith('manifest:'))).toEqual([])
    expect(annotations).toContain(`manifest:org.opencontainers.image.revision=${SHA}`)
    expect(dated?.tags).toEqual([`octo/hello:${Date.parse(on('main').commitDate ?? '') / 1000}`])
  })
})
