import {describe, expect, it} from '@jest/globals'
import type {StoredManifest} from '../../src/cleanup/policy/inventory.js'
import {newerFirst} from '../../src/cleanup/policy/newest-images.js'
import {digest} from './worlds.js'

type Times = Partial<Pick<StoredManifest, 'pushed' | 'modified' | 'cached' | 'seen' | 'created'>>

const held = (name: string, times: Times): StoredManifest => ({
  digest: digest(name),
  tags: [],
  content: {kind: 'leaf', isRead: true},
  ...times
})
/** Which of two names has the lower digest. */
const [low = '', high = ''] = ['a', 'b'].sort((one, other) => (digest(one) < digest(other) ? -1 : 1))

describe('the order of images by date', () => {
  it.each<[string, Times, Times]>([
    ['when it came', {pushed: 2}, {pushed: 1}],
    ['when it came, whatever its image says', {pushed: 2, created: 1}, {pushed: 1, created: 9}],
    ['what came nobody knows when, before all', {}, {pushed: 9}],
    ['the host before a sighting', {pushed: 3, seen: 1}, {pushed: 2, seen: 9}],
    ['the last change before the date of a cache', {modified: 3, cached: 1}, {modified: 2, cached: 9}],
    ['the date of a cache before a sighting', {cached: 3, seen: 1}, {cached: 2, seen: 9}],
    ['a sighting', {seen: 3}, {seen: 2}],
    ['of one time, the date in the image', {pushed: 1, created: 3}, {pushed: 1, created: 2}],
    ['of one time, a date in the image before none', {pushed: 1, created: 1}, {pushed: 1}],
    ['of no known time, the date in the image', {created: 3}, {created: 2}],
    ['the time zero', {pushed: 1}, {pushed: 0}]
  ])('%s', (_, newer, older) => {
    for (const [one, other] of [
      [low, high],
      [high, low]
    ] as const) {
      expect(newerFirst(held(one, newer), held(other, older))).toBeLessThan(0)
      expect(newerFirst(held(other, older), held(one, newer))).toBeGreaterThan(0)
    }
  })

  it('is that of the digests where nothing else tells', () => {
    expect(newerFirst(held(low, {pushed: 1}), held(high, {pushed: 1}))).toBeLessThan(0)
    expect(newerFirst(held(high, {}), held(low, {}))).toBeGreaterThan(0)
  })
})
