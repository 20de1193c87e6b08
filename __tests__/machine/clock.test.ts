import {describe, expect, it} from '@jest/globals'
import {ReleaseError} from '../../src/errors.js'
import {STOPPING, listenForCancellation} from '../../src/machine/system-ports.js'
import {systemClock} from '../../src/machine/clock.js'
import {failureOf} from '../support/thrown.js'

const cancelled = new ReleaseError('CANCELLED', 'cancelled by SIGTERM')

describe('the clock', () => {
  it('says the time, and sleeps', async () => {
    const start = systemClock.now()
    await systemClock.sleep(50)
    expect(systemClock.now() - start).toBeGreaterThanOrEqual(45)
    expect(Math.abs(start - Date.now())).toBeLessThan(5000)
  })

  it('stops sleeping with the reason of the signal', async () => {
    const stop = new AbortController()
    const sleep = systemClock.sleep(60_000, stop.signal)
    stop.abort(cancelled)
    expect(await failureOf(() => sleep)).toBe(cancelled)
  })

  it('does not begin to sleep after the signal fired', async () => {
    expect(await failureOf(() => systemClock.sleep(60_000, AbortSignal.abort(cancelled)))).toBe(cancelled)
  })
})

describe('a cancellation', () => {
  it.each(STOPPING)('by %s fires the signal once, and says by what', name => {
    const cancellation = listenForCancellation()
    const {signal} = cancellation
    expect(signal.aborted).toBe(false)
    process.emit(name, name)
    process.emit('SIGINT', 'SIGINT')
    expect(signal.reason).toMatchObject({code: 'CANCELLED', message: `cancelled by ${name}`})
    cancellation.stop()
  })

  it('is not listened to any more after its stop', () => {
    const before = process.listenerCount('SIGTERM')
    const cancellation = listenForCancellation()
    expect(process.listenerCount('SIGTERM')).toBe(before + 1)
    cancellation.stop()
    expect(process.listenerCount('SIGTERM')).toBe(before)
  })
})
