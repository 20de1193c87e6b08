import {expect, it} from '@jest/globals'
import type {ExpectedMove, PlannedTag} from '../../src/contracts/plan.js'
import {describeMoves} from '../../src/planning/preview/move-words.js'

const REVISION = '75efe5a2ec1669eb972ba98ece5bca7e272af916'

it.each<[PlannedTag['class'], ExpectedMove, string]>([
  ['immutable', {action: 'move', from: '1.0.0'}, 'is published again'],
  ['immutable', {action: 'move', from: REVISION.slice(0, 12)}, 'is published again'],
  ['forward', {action: 'move', from: '1.0.0'}, 'is published again'],
  ['forward', {action: 'move', from: '0.9.0'}, 'moves from 0.9.0 to 1.0.0'],
  ['moving', {action: 'move', from: 'aaaaaaaaaaaa'}, `moves from aaaaaaaaaaaa to ${REVISION.slice(0, 12)}`],
  ['forward', {action: 'keep', from: '2.0.0'}, 'stays at 2.0.0'],
  ['immutable', {action: 'create'}, 'new']
])('a tag that is %s: %j', (tagClass, move, expected) => {
  const tag: PlannedTag = {name: 'tag', class: tagClass, rule: 'type=raw,value=tag', expected: [move]}
  const source = {
    event: 'push',
    ref: 'refs/tags/v1.0.0',
    revision: REVISION,
    created: '2026-01-01T00:00:00Z',
    repository: 'o/a'
  }
  expect(describeMoves(tag, {version: '1.0.0', source})).toBe(expected)
})
