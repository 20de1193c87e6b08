import {describe, expect, it} from '@jest/globals'
import {parseBuilderWish} from '../../src/building/builders/builder-wish.js'

describe('parseBuilderWish', () => {
  it.each([
    ['auto', 'auto'],
    ['buildx', 'buildx'],
    ['podman', 'podman'],
    ['buildah', 'buildah'],
    ['prebuilt', 'prebuilt'],
    ['buildx:b1', 'buildx:b1'],
    ['buildx:podmann', 'buildx:podmann'],
    ['builder-4f1c9a', 'buildx:builder-4f1c9a']
  ])('%s is %s', (text, wish) => expect(parseBuilderWish(text)).toBe(wish))

  it.each([
    ['podmann', /did you mean podman\? For an instance of that name write buildx:podmann/],
    ['buildx:', /neither auto, buildx, podman, buildah, prebuilt nor the name/],
    ['--x', /neither/],
    ['a b', /neither/]
  ])('refuses %s', (text, message) =>
    expect(() => parseBuilderWish(text)).toThrow(
      expect.objectContaining({issues: [{input: 'builder', message: expect.stringMatching(message)}]})
    )
  )
})
