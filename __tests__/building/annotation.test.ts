import {describe, expect, it} from '@jest/globals'
import {parsePlatform} from '../../src/oci/platform.js'
import {annotationsOf, parseAnnotation} from '../../src/building/inputs/annotation.js'

describe('parseAnnotation', () => {
  it.each([
    ['a=b', 'a', 'b', true],
    ['a=b:c=d', 'a', 'b:c=d', true],
    ['example:key=b', 'example:key', 'b', true],
    ['manifest:a=b', 'a', 'b', true],
    ['index,manifest:a=b', 'a', 'b', true],
    ['index:a=b', 'a', 'b', false],
    ['manifest-descriptor:a=b', 'a', 'b', false],
    ['index,index-descriptor:a=b', 'a', 'b', false]
  ])('%s', (line, key, value, isOfManifest) =>
    expect(parseAnnotation(line)).toEqual({key, value, isOfManifest})
  )

  it.each(['', 'a', '=b', 'manifest:a'])('refuses %j', line =>
    expect(() => parseAnnotation(line)).toThrow(expect.objectContaining({code: 'INPUT_INVALID'}))
  )
})

describe('annotationsOf', () => {
  const lines = [
    'manifest[linux/arm64]:note=of arm64',
    'note=of all',
    'manifest[linux/amd64]:note=of amd64',
    'index:note=of the index',
    'index,manifest[linux/arm64/v8],manifest[linux/riscv64]:own= x '
  ].map(parseAnnotation)

  it.each([
    ['linux/amd64', {note: 'of amd64'}],
    ['linux/arm64', {note: 'of arm64', own: ' x '}],
    ['linux/riscv64', {note: 'of all', own: ' x '}],
    ['linux/s390x', {note: 'of all'}]
  ])('gives %s its own', (platform, expected) =>
    expect(annotationsOf(lines, parsePlatform(platform))).toEqual(expected)
  )

  it.each(['manifest[]:a=b', 'manifest[linux/z80]:a=b'])('refuses %s', line =>
    expect(() => parseAnnotation(line)).toThrow()
  )
})
