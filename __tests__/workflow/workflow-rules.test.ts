import {describe, expect, it} from '@jest/globals'
import {judgedOf} from '../support/workflow-judge/judged.js'
import {sayVerdict, verdictsOn} from '../support/workflow-judge/rules.js'
import {
  type Source,
  blocksOf,
  documents,
  repositories,
  workflowsOf
} from '../support/workflow-judge/sources.js'

const release = workflowsOf('.').find(({name}) => name.endsWith('/release.yml'))

/** What is wrong with a workflow, as a person reads it. */
async function faultsOf(source: Source): Promise<string[]> {
  if (release === undefined) throw new Error('there is no release.yml')
  return (await verdictsOn(await judgedOf(source, release))).map(sayVerdict)
}

describe('GitHub would run as it is meant', () => {
  it.each(
    repositories().flatMap(folder => workflowsOf(folder).map(source => [source.name, source] as const))
  )('%s', async (_, source) => {
    expect(await faultsOf(source)).toEqual([])
  })

  const blocks = documents().flatMap(document => blocksOf(document))

  it.each(blocks.flatMap(({name, source}) => (source === undefined ? [] : [[name, source] as const])))(
    '%s',
    async (_, source) => {
      expect(await faultsOf(source)).toEqual([])
    }
  )
})
