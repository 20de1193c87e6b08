import {describe, expect, it} from '@jest/globals'
import {digestOf} from '../../src/oci/digest.js'
import {formatDigestRecord} from '../../src/contracts/digest-record.js'
import {joinRecords, recordNames} from '../../src/publishing/decide/publication-plan.js'
import {stagesOf} from '../../src/contracts/planned-image.js'
import {planOf, releaseTags} from '../support/releases.js'

const PLAN = planOf({images: ['ghcr.io/org/app'], version: '1.2.3', tags: releaseTags('1.2.3')})
const RECORD = formatDigestRecord(digestOf(new TextEncoder().encode('x')))

describe('joinRecords', () => {
  it('gives each target its builds with their platforms', () => {
    const records = new Map(recordNames(PLAN).map(name => [name, RECORD]))
    const [publication] = joinRecords(PLAN, records)
    expect(publication?.builds.map(({platform}) => platform?.architecture)).toEqual(['amd64', 'arm64'])
    expect(publication?.repositories).toEqual([{registry: 'ghcr.io', name: 'org/app'}])
  })

  it('says of every record what is missing or wrong, and how many are there', () => {
    const records = new Map([['digest-app-linux-amd64', new Uint8Array(0)]])
    expect(() => joinRecords(PLAN, records)).toThrow(
      /0 of 2 digest records[^]*linux\/amd64: record digest-app-linux-amd64: it is empty[^]*linux\/arm64: record digest-app-linux-arm64 is missing/
    )
  })

  it('publishes nothing of a target that produces no tags, and needs no record of it', () => {
    const [app] = PLAN.targets
    const plan = {
      ...PLAN,
      targets: [app!, {...app!, name: 'untagged', tags: [], builds: [{...app!.builds[0]!, record: 'r'}]}]
    }
    const records = new Map(recordNames(plan).map(name => [name, RECORD]))
    expect(recordNames(plan)).not.toContain('r')
    expect(joinRecords(plan, records).map(({target}) => target)).toEqual(['app'])
  })

  it('does not look at records of other plans', () => {
    const records = new Map([
      ...recordNames(PLAN).map((name): [string, Uint8Array] => [name, RECORD]),
      ['other', new Uint8Array(3)]
    ])
    expect(joinRecords(PLAN, records)).toHaveLength(1)
  })
})

describe('stagesOf', () => {
  it('moves versions first, then aliases, then branches, and latest last', () => {
    const tags = planOf({
      images: [],
      version: '1.2.3',
      tags: [
        {name: 'latest', class: 'forward', rule: ''},
        {name: 'main', class: 'moving', rule: ''},
        {name: '1.2', class: 'forward', rule: ''},
        {name: '1.2.3', class: 'immutable', rule: ''}
      ]
    }).targets[0]!.tags
    const stages = stagesOf(tags.map(tag => ({name: tag.name as never, class: tag.class})))
    expect(stages.map(stage => stage.map(({name}) => name))).toEqual([
      ['1.2.3'],
      ['1.2'],
      ['main'],
      ['latest']
    ])
  })
})
