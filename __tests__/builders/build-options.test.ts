import {describe, expect, it} from '@jest/globals'
import {assertKnown} from '../../src/builders/build-options.js'

describe('assertKnown', () => {
  const all = {
    allow: ['network.host'],
    attests: ['type=sbom'],
    'no-cache-filters': ['build'],
    network: ['host']
  }

  it('lets buildx take all', () => expect(() => assertKnown('buildx', all)).not.toThrow())

  it.each(['podman', 'buildah'] as const)('names all that %s does not know, with what to do', builder =>
    expect(() => assertKnown(builder, all)).toThrow(
      expect.objectContaining({
        issues: [
          {input: 'allow', message: expect.stringMatching(/only buildx\. .*set network to host/)},
          {input: 'attests', message: expect.stringMatching(/Attach/)},
          {input: 'no-cache-filters', message: expect.stringMatching(/Set no-cache/)}
        ]
      })
    )
  )
})
