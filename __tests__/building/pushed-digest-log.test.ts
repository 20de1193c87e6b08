import {describe, expect, it} from '@jest/globals'
import {watchPushedDigest} from '../../src/building/builders/pushed-digest-log.js'

const [IMAGE, INDEX, OTHER] = ['a', 'b', 'c'].map(letter => `sha256:${letter.repeat(64)}`)

/** What is told of a log (BuildKit 0.31.2). */
function told(lines: readonly string[]): string[] {
  const digests: string[] = []
  const watch = watchPushedDigest(digest => digests.push(digest))
  for (const line of lines) watch(line)
  return digests
}

describe('watchPushedDigest', () => {
  it.each<[string, readonly string[], readonly (string | undefined)[]]>([
    [
      'an image, once it is pushed',
      [
        '#11 exporting to image',
        `#11 exporting manifest ${IMAGE} 0.0s done`,
        `#11 exporting config ${OTHER} 0.0s done`,
        '#11 pushing layers 0.1s done',
        '#11 pushing manifest for 127.0.0.1:1/a/b 0.0s done',
        '#11 DONE 0.5s'
      ],
      [IMAGE]
    ],
    [
      'the index around an image and its attestation',
      [
        `#11 exporting manifest ${IMAGE} done`,
        `#11 exporting attestation manifest ${OTHER} done`,
        `#11 exporting manifest list ${INDEX} done`,
        '#11 pushing manifest for ghcr.io/o/app done'
      ],
      [INDEX]
    ],
    [
      'nothing while it is pushed',
      [`#11 exporting manifest ${IMAGE} done`, '#11 pushing manifest for ghcr.io/o/app'],
      []
    ],
    ['nothing of another step', [`#11 exporting manifest ${IMAGE}`, '#12 pushing manifest for a/b done'], []],
    [
      'nothing of what a step of the image writes',
      [`#9 0.1 #11 exporting manifest ${IMAGE}`, '#9 0.1 #11 pushing manifest for a/b done'],
      []
    ],
    [
      'it once',
      [`#11 exporting manifest ${IMAGE} done`, ...[1, 2].map(() => '#11 pushing manifest for a/b done')],
      [IMAGE]
    ]
  ])('tells %s', (_title, lines, expected) => expect(told(lines)).toEqual(expected))
})
