import {describe, expect, it} from '@jest/globals'
import {progressLines} from '../../src/host/progress-lines.js'

const MEBIBYTE = 1024 * 1024

/** Progress by a clock that the test moves, and what was said. */
function setUp() {
  const state = {now: 0}
  const lines: string[] = []
  const open = progressLines(line => void lines.push(line), {now: () => state.now})
  return {lines, open, at: (seconds: number) => void (state.now = seconds * 1000)}
}

describe('progress in a log', () => {
  it('is a line now and then', () => {
    const {lines, open, at} = setUp()
    const progress = open('ghcr.io/o/app', 100 * MEBIBYTE)
    for (let second = 1; second <= 40; second++) {
      at(second)
      progress.advance(2 * MEBIBYTE)
    }
    progress.end()
    expect(lines).toEqual([
      'ghcr.io/o/app: 30.0 MiB of 100 MiB (30 %), 2.0 MiB/s',
      'ghcr.io/o/app: 60.0 MiB of 100 MiB (60 %), 2.0 MiB/s'
    ])
  })

  it('is nothing for what is soon over', () => {
    const {lines, open, at} = setUp()
    const progress = open('ghcr.io/o/app', MEBIBYTE)
    at(14)
    progress.advance(MEBIBYTE)
    progress.end()
    expect(lines).toEqual([])
  })

  it('takes back what begins anew', () => {
    const {lines, open, at} = setUp()
    const progress = open('ghcr.io/o/app', 10 * MEBIBYTE)
    progress.advance(8 * MEBIBYTE)
    progress.advance(-8 * MEBIBYTE)
    at(16)
    progress.advance(MEBIBYTE)
    expect(lines).toEqual([expect.stringContaining('1.0 MiB of 10.0 MiB (10 %)')])
  })
})
