import {describe, expect, it} from '@jest/globals'
import {resolveLocation} from '../../src/registry/client/repository-client.js'
import {failureOf} from '../support/thrown.js'

const TLS = 'https://registry.example/v2/'
const TLS_PORT = 'https://registry.example:8443/v2/'
const PLAIN = 'http://127.0.0.1:5000/v2/'

describe('a Location', () => {
  it.each([
    [
      TLS,
      '/v2/o/a/blobs/uploads/1?_state=x%3D',
      'https://registry.example/v2/o/a/blobs/uploads/1?_state=x%3D'
    ],
    [TLS, 'https://registry.example/v2/o/a', 'https://registry.example/v2/o/a'],
    [TLS, 'https://store.example/x', 'https://store.example/x'],
    [TLS, '//store.example/x', 'https://store.example/x'],
    [TLS, 'http://registry.example/x?y=z', 'https://registry.example/x?y=z'],
    [TLS, 'http://registry.example:5000/x', 'https://registry.example/x'],
    [TLS_PORT, 'http://registry.example/x', 'https://registry.example:8443/x'],
    [PLAIN, '/v2/x', 'http://127.0.0.1:5000/v2/x'],
    [PLAIN, 'http://127.0.0.1:5001/x', 'http://127.0.0.1:5001/x'],
    [PLAIN, 'https://store.example/x', 'https://store.example/x']
  ])('of %s: %s is %s', (base, location, expected) => {
    expect(resolveLocation(location, new URL(base))).toBe(expected)
  })

  it.each([
    ['http://store.example/x', 'at plain HTTP on store.example'],
    ['', 'at ""'],
    ['http://[', 'at "http://["'],
    ['file:///etc/passwd', 'at "file:///etc/passwd"']
  ])('is refused: %p', async (location, fault) => {
    const error = await failureOf(() => resolveLocation(location, new URL(TLS)))
    expect(error.code).toBe('REGISTRY_FAILED')
    expect(error.message).toContain(fault)
  })
})
