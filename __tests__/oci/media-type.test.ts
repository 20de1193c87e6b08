import {describe, expect, it} from '@jest/globals'
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  MANIFEST_ACCEPT,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_MANIFEST,
  bareMediaType,
  familyOf,
  isIndexType,
  isManifestType
} from '../../src/oci/media-type.js'

describe('a media type', () => {
  it.each([
    [OCI_INDEX, 'oci', true],
    [OCI_MANIFEST, 'oci', false],
    [DOCKER_LIST, 'docker', true],
    [DOCKER_MANIFEST, 'docker', false]
  ])('%s is of the family %s, an index: %s', (mediaType, family, isIndex) => {
    expect(isManifestType(mediaType)).toBe(true)
    expect(familyOf(mediaType)).toBe(family)
    expect(isIndexType(mediaType)).toBe(isIndex)
  })

  it.each([OCI_CONFIG, 'application/json', '', 'constructor'])('%p is that of no manifest', mediaType => {
    expect(isManifestType(mediaType)).toBe(false)
    expect(isIndexType(mediaType)).toBe(false)
    expect(familyOf(mediaType)).toBeUndefined()
  })

  it.each([
    [`${OCI_INDEX}; charset=utf-8`, OCI_INDEX],
    [' Text/HTML ;q=1', 'text/html'],
    ['', '']
  ])('%p without parameters is %p', (header, bare) => {
    expect(bareMediaType(header)).toBe(bare)
  })

  it('is asked for in all four forms, or registries convert and say 404', () => {
    expect(MANIFEST_ACCEPT.split(', ')).toEqual([OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST])
  })
})
