import {describe, expect, it} from '@jest/globals'
import {lostInstructions, lostVolumes} from '../../src/building/builders/lost-instructions.js'

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

describe('the volumes that an image lost', () => {
  const file = `FROM a AS base
VOLUME /of-base
FROM b
VOLUME /data /logs
VOLUME ["/with space", \\
  "/more"]
volume /$NAME
`
  it.each<[string | undefined, readonly string[], readonly string[]]>([
    [undefined, ['/data', '/logs', '/with space', '/more'], []],
    [undefined, ['/data', '/more'], ['/logs', '/with space']],
    [undefined, [], ['/data', '/logs', '/with space', '/more']],
    ['base', [], ['/of-base']],
    ['1', [], []]
  ])('of the stage %s that has %j', (target, has, lost) => {
    const volumes = Object.fromEntries(has.map(volume => [volume, {}]))
    expect(lostVolumes(file, target, volumes)).toEqual(lost)
  })
})
