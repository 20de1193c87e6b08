import {describe, expect, it} from '@jest/globals'
import {describeSourceDate, sourceDateOf} from '../../src/building/source-date.js'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'

const COMMIT = '2023-11-14T22:13:20Z'

const dateOf = (
  buildArgs: readonly string[],
  {
    variable,
    planned,
    commitDate = COMMIT
  }: {variable?: string; planned?: number; commitDate?: string | undefined} = {}
) =>
  sourceDateOf({'build-args': buildArgs}, planned === undefined ? {} : {sourceDateEpoch: planned}, {
    environment: name => (name === 'SOURCE_DATE_EPOCH' ? variable : undefined),
    workflowRun: () => Promise.resolve({commitDate} as WorkflowRun)
  })

describe('the time that an image is dated with', () => {
  it.each([
    ['an argument', ['SOURCE_DATE_EPOCH=5'], {variable: '6', planned: 7}, 5],
    ['the variable that an argument names', ['SOURCE_DATE_EPOCH'], {variable: '6', planned: 7}, 6],
    ['the variable', ['A=b'], {variable: '6', planned: 7}, 6],
    ['the plan', [], {planned: 7}, 7],
    ['the plan, where the variable is no number', [], {variable: 'now', planned: 7}, 7],
    ['the commit', [], {}, 1_700_000_000]
  ])('is that of %s', async (_title, args, told, seconds) =>
    expect(await dateOf(args, told)).toMatchObject({seconds})
  )

  it('is none where there is no commit', async () => {
    expect(await dateOf([], {commitDate: ''})).toBeUndefined()
    const failing = {
      environment: () => undefined,
      workflowRun: () => Promise.reject(new Error('no work tree'))
    }
    expect(await sourceDateOf({'build-args': []}, {}, failing)).toBeUndefined()
  })

  it('is said, with what keeps two builds from one digest', () => {
    expect(describeSourceDate({seconds: 1_700_000_000, from: 'the commit'}, [])).toBe(
      'Timestamps: 2023-11-14T22:13:20.000Z, of the commit.'
    )
    expect(describeSourceDate(undefined, ['BuildKit is too old'])).toBe(
      'Timestamps: those of the build, for there is no commit. Two builds of this commit have different digests: BuildKit is too old.'
    )
  })
})
