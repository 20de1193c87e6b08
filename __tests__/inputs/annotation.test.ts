import {describe, expect, it} from '@jest/globals'
import {parseAnnotation} from '../../src/inputs/annotation.js'

describe('parseAnnotation', () => {
  it.each([
    ['a=b', 'a', 'b', true],
    ['a=b:c=d', 'a', 'b:c=d', true],
    ['example:key=b', 'example:key', 'b', true],
    ['manifest:a=b', 'a', 'b', true],
    ['manifest[linux/arm64]:a=b', 'a', 'b', true],
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
