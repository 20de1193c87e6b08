import {describe, expect, it} from '@jest/globals'
import {fc} from '../support/random.js'
import {
  type Platform,
  formatPlatform,
  isSamePlatform,
  normalisePlatform,
  parsePlatform,
  platformSlug
} from '../../src/oci/platform.js'
import {failureOf} from '../support/thrown.js'

describe('a platform', () => {
  it.each([
    ['linux/amd64', 'linux/amd64'],
    ['LINUX/AMD64', 'linux/amd64'],
    [' linux/amd64 ', 'linux/amd64'],
    ['linux/x86_64', 'linux/amd64'],
    ['linux/x86-64', 'linux/amd64'],
    ['linux/amd64/v1', 'linux/amd64'],
    ['linux/amd64/v2', 'linux/amd64/v2'],
    ['linux/x86_64/v3', 'linux/amd64/v3'],
    ['linux/arm64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/arm64/8', 'linux/arm64'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm64/v9', 'linux/arm64/v9'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm/v7', 'linux/arm/v7'],
    ['linux/arm/7', 'linux/arm/v7'],
    ['linux/arm/v6', 'linux/arm/v6'],
    ['linux/arm/6', 'linux/arm/v6'],
    ['linux/armhf', 'linux/arm/v7'],
    ['linux/armel', 'linux/arm/v6'],
    ['linux/i386', 'linux/386'],
    ['linux/386', 'linux/386'],
    ['linux/ppc64le', 'linux/ppc64le'],
    ['linux/s390x', 'linux/s390x'],
    ['linux/riscv64', 'linux/riscv64'],
    ['windows/amd64', 'windows/amd64'],
    ['wasip1/wasm', 'wasip1/wasm']
  ])('%s is %s', (text, expected) => {
    expect(formatPlatform(parsePlatform(text))).toBe(expected)
  })

  it.each([
    ['', 'is not a platform'],
    ['linux', 'is not a platform'],
    ['linux/', 'is not a platform'],
    ['/amd64', 'is not a platform'],
    ['linux/amd64/', 'is not a platform'],
    ['linux/amd64/v2/x', 'is not a platform'],
    ['linux amd64', 'is not a platform'],
    ['linux/amd64,linux/arm64', 'is not a platform'],
    ['linux/amd46', 'unknown architecture amd46'],
    ['linux/constructor', 'unknown architecture constructor']
  ])('is not %p: %s', async (text, fault) => {
    const error = await failureOf(() => parsePlatform(text))
    expect(error.code).toBe('PLATFORM_INVALID')
    expect(error.message).toContain(fault)
    expect(error.hint).toBeDefined()
  })

  it.each<[Platform, Platform, boolean]>([
    [{os: 'linux', architecture: 'arm64'}, {os: 'linux', architecture: 'arm64', variant: 'v8'}, true],
    [{os: 'linux', architecture: 'arm'}, {os: 'linux', architecture: 'arm', variant: 'v7'}, true],
    [
      {os: 'linux', architecture: 'arm', variant: 'v6'},
      {os: 'linux', architecture: 'arm', variant: 'v7'},
      false
    ],
    [{os: 'linux', architecture: 'amd64'}, {os: 'linux', architecture: 'amd64', variant: 'v2'}, false],
    [{os: 'linux', architecture: 'amd64'}, {os: 'windows', architecture: 'amd64'}, false]
  ])('%j and %j are the same: %s', (a, b, expected) => {
    expect(isSamePlatform(a, b)).toBe(expected)
  })

  it('keeps the version of Windows, and nothing beside', () => {
    const windows = {os: 'windows', architecture: 'amd64', 'os.version': '10.0', other: 'x'}
    expect(normalisePlatform(windows)).toEqual({os: 'windows', architecture: 'amd64', 'os.version': '10.0'})
  })

  it('has a name that files and artifacts may have', () => {
    expect(platformSlug(parsePlatform('linux/arm/v7'))).toBe('linux-arm-v7')
  })

  it('is written as it is read, and normal once and for all', () => {
    const known = fc.constantFrom('amd64', 'arm64', 'arm', '386', 's390x', 'riscv64')
    const variants = fc.constantFrom(undefined, 'v1', 'v5', 'v6', 'v7', 'v8', '8', '7')
    fc.assert(
      fc.property(
        fc.constantFrom('linux', 'windows', 'darwin'),
        known,
        variants,
        (os, architecture, variant) => {
          const normal = normalisePlatform({os, architecture, ...(variant === undefined ? {} : {variant})})
          expect(normalisePlatform(normal)).toEqual(normal)
          expect(parsePlatform(formatPlatform(normal))).toEqual(normal)
        }
      )
    )
  })
})
