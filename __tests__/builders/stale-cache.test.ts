import {expect, it} from '@jest/globals'
import {mayBeOfOtherArguments} from '../../src/builders/stale-cache.js'

it.each<[string, string[], boolean]>([
  ['ARG V\nLABEL version=$V\n', ['V=1'], true],
  ['ARG V\nENV A=b \\\n  VERSION=${V:-none}\n', ['V=1'], true],
  ['ARG V\nlabel a="$V"\n', ['OTHER=1', 'V'], true],
  ['ARG V\nENV PATH=/opt/bin:$PATH\n', ['V=1'], false],
  ['ARG V\nRUN make $V\nCOPY app-$V /app\n', ['V=1'], false],
  ['ARG V\nLABEL version=$VERSION\n', ['V=1'], false],
  ['ARG V\nLABEL version=$V\n', [], false]
])('an image that came wholly from the storage: %j with %j', (text, buildArgs, expected) =>
  expect(mayBeOfOtherArguments({buildArgs, containerfile: `FROM scratch\n${text}`})).toBe(expected)
)
