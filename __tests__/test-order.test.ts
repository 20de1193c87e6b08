import path from 'node:path'
import {expect, it} from '@jest/globals'

interface Test {
  readonly path: string
  readonly context: object
}

type Sequencer = new (options: object) => {sort(tests: Test[]): Test[]}

it('begins with the tests that take longest, where jest has not measured them', async () => {
  const file = path.resolve(import.meta.dirname, '../scripts/test-order.mjs')
  const {default: LongestFirst} = (await import(file)) as {readonly default: Sequencer}
  const files = [
    'examples/000-orb.test.ts',
    'building/podman.test.ts',
    'cleanup/faults-distribution-3.test.ts',
    'registry/client-on-distribution-3.test.ts',
    'errors.test.ts'
  ]
  const context = {config: {rootDir: path.resolve(import.meta.dirname, '..'), cache: false}}
  const tests = files.map(name => ({path: path.join(import.meta.dirname, name), context}))
  const sorted = new LongestFirst({}).sort([...tests].reverse())
  expect(sorted.map(test => path.relative(import.meta.dirname, test.path))).toEqual(files)
})
