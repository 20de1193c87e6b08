import {describe, expect, it} from '@jest/globals'
import {fc} from '../support/random.js'
import {descriptorOf, readManifest} from '../../src/oci/manifest.js'
import {DOCKER_LIST, OCI_INDEX} from '../../src/oci/media-type.js'
import {type IndexChild, planIndex} from '../../src/publishing/decide/index-plan.js'
import {image} from '../support/images.js'

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
