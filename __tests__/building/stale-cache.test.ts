import {expect, it} from '@jest/globals'
import {findStaleSteps} from '../../src/building/builders/stale-cache.js'

const FROM = 'STEP 1/3: FROM scratch'
const [HIT, MISS] = [
  '--> Using cache 2628020527f14be41aed5f37fa39138175e9feb28ffc987dedf7d16e588363cc',
  '--> 26280205'
]

it.each<[string, string[], string[], boolean]>([
  ['a label with an argument', ['STEP 2/3: LABEL version=$V', HIT], ['V=1'], true],
  ['one that was made', ['STEP 2/3: LABEL version=$V', MISS], ['V=1'], false],
  ['an argument with a default', ['STEP 2/3: ENV A=b VERSION=${V:-none}', HIT], ['V=1'], true],
  ['lower case, in a stage', ['[1/2] STEP 2/3: label a="$V"', HIT], ['OTHER=1', 'V'], true],
  ['the platform', ['STEP 2/3: ENV ARCH=$TARGETARCH', HIT], [], true],
  ['a variable of the image', ['STEP 2/3: ENV PATH=/opt/bin:$PATH', HIT], ['V=1'], false],
  [
    'what is compared by its value',
    ['STEP 2/3: RUN make $V', HIT, 'STEP 3/3: COPY a-$V /a', HIT],
    ['V=1'],
    false
  ],
  ['a longer name', ['STEP 2/3: LABEL version=$VERSION', HIT], ['V=1'], false],
  ['no such argument', ['STEP 2/3: LABEL version=$V', HIT], [], false],
  ['one before that was made', ['STEP 2/3: LABEL a=$V', MISS, 'STEP 3/3: LABEL b=c', HIT], ['V=1'], false]
])('a step out of the storage is that of other arguments or not: %s', (_, lines, buildArgs, expected) => {
  const stale = findStaleSteps(buildArgs)
  for (const line of [FROM, ...lines]) stale.watch(line)
  expect(stale.isFound()).toBe(expected)
})
