import {describe, expect, it} from '@jest/globals'
import {lostInstructions} from '../../src/building/builders/lost-instructions.js'

const FILE = `FROM a AS Base
SHELL ["/bin/bash", "-c"]
RUN echo "
HEALTHCHECKS are not meant"
FROM b AS middle
HEALTHCHECK NONE
FROM base
healthcheck CMD true
ONBUILD RUN true
`

describe('what buildah leaves out of an OCI image', () => {
  it.each([
    [undefined, ['HEALTHCHECK', 'ONBUILD']],
    ['base', ['SHELL']],
    ['middle', []],
    ['2', ['HEALTHCHECK', 'SHELL', 'ONBUILD']]
  ])('of the stage %s', (target, expected) => expect(lostInstructions(FILE, target)).toEqual(expected))
})
