import {describe, expect, it} from '@jest/globals'
import {digestOf} from '../../src/oci/digest.js'
import {formatDigestRecord} from '../../src/contracts/digest-record.js'
import {joinRecords, recordNames} from '../../src/publishing/decide/publication-plan.js'
import {stagesOf} from '../../src/contracts/planned-image.js'
import {planOf, releaseTags} from '../support/releases.js'
import {fc} from '../support/random.js'
import {descriptorOf, readManifest} from '../../src/oci/manifest.js'
import {DOCKER_LIST, OCI_INDEX} from '../../src/oci/media-type.js'
import {type IndexChild, planIndex} from '../../src/publishing/decide/index-plan.js'
import {image} from '../support/images.js'

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

function child(architecture: string, format: 'oci' | 'docker' = 'oci', variant?: string): IndexChild {
  const {root} = image({architecture, format})
  const platform = {os: 'linux', architecture, ...(variant === undefined ? {} : {variant})}
  return {descriptor: descriptorOf(root), platform, attestations: []}
}

describe('planIndex', () => {
  it('gives the same bytes whatever the order of children and annotations', () => {
    const children = [child('amd64'), child('arm64'), child('arm', 'oci', 'v7'), child('s390x')]
    const annotations: [string, string][] = [
      ['a', '1'],
      ['b', '2'],
      ['c', '3']
    ]
    const expected = planIndex(children, Object.fromEntries(annotations)).digest
    fc.assert(
      fc.property(
        fc.shuffledSubarray(children, {minLength: children.length}),
        fc.shuffledSubarray(annotations, {minLength: annotations.length}),
        (shuffled, entries) => planIndex(shuffled, Object.fromEntries(entries)).digest === expected
      )
    )
  })

  it('is readable, sorted by platform, with sizes and platforms', () => {
    const index = planIndex([child('arm64'), child('arm', 'oci', 'v7'), child('amd64')], {})
    const {manifests} = readManifest(index)
    expect(index.mediaType).toBe(OCI_INDEX)
    expect(manifests.map(({platform}) => [platform?.architecture, platform?.variant])).toEqual([
      ['amd64', undefined],
      ['arm', 'v7'],
      ['arm64', undefined]
    ])
    expect(manifests.map(({size}) => size).every(size => size > 0)).toBe(true)
  })

  it('is a Docker manifest list without annotations where the images are Docker', () => {
    const list = planIndex([child('amd64', 'docker')], {a: '1'})
    expect(list.mediaType).toBe(DOCKER_LIST)
    expect(readManifest(list).annotations).toEqual({})
  })

  it.each([
    ['no image', [], /at least one image/],
    ['two families', [child('amd64'), child('arm64', 'docker')], /linux\/arm64 is application\/vnd.docker/],
    [
      'a platform twice',
      [child('amd64'), {...child('arm64'), platform: {os: 'linux', architecture: 'amd64'}}],
      /linux\/amd64 is there twice/
    ]
  ])('refuses %s', (_, children, message) => {
    expect(() => planIndex(children, {})).toThrow(message)
  })
})
