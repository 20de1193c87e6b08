import {describe, expect, it} from '@jest/globals'
import {assertRuntime} from '../../src/host/runtime.js'
import {failureOf} from '../support/thrown.js'

describe('the Node that runs this', () => {
  it.each(['20.19.0', '22.0.0', '24.11.1'])('may be %s', version => {
    expect(() => assertRuntime(version)).not.toThrow()
  })

  it.each(['16.20.2', '18.20.0', '20.18.3'])(
    'may not be %s, and the error says what is needed',
    async version => {
      const error = await failureOf(() => Promise.resolve().then(() => assertRuntime(version)))
      expect(error).toMatchObject({
        code: 'RUNNER_UNSUPPORTED',
        message: `this runs on Node ${version}, and needs 20.19 or later`
      })
      expect(error.hint).toContain('2.327.1')
    }
  )
})
