import {describe, expect, it} from '@jest/globals'
import {layerFingerprint, parseLayerFingerprint} from '../../src/oci/layer-fingerprint.js'

const HEX = '8cb2237d0679ca88db6464eac60da96345513964e2e3f1f3d2e0d0b5d6a9a7c1'

describe('the fingerprint of layers', () => {
  // printf '["sha256:a","sha256:b"]\n' | sha256sum
  it('is that of the JSON list that docker inspect prints, with its line break', () => {
    expect(layerFingerprint(['sha256:a', 'sha256:b'])).toBe(
      '1ba945b0da429e515f856c0f1ac2f988ad848b0f535ed0d4cc5b8404bab3754c'
    )
  })

  it('depends on the order', () => {
    expect(layerFingerprint(['b', 'a'])).not.toBe(layerFingerprint(['a', 'b']))
  })

  it.each([HEX, `sha256:${HEX}`, `${HEX}  -\n`, `${HEX} *layers.json`])('is read from %j', text => {
    expect(parseLayerFingerprint(text)).toBe(HEX)
  })

  it.each(['', HEX.slice(1), HEX.toUpperCase(), `${HEX} - -`, `${HEX}0`])('is refused: %j', text => {
    expect(() => parseLayerFingerprint(text)).toThrow('is not a fingerprint')
  })
})
