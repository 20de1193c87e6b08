import {describe, expect, it} from '@jest/globals'
import {fillName} from '../../src/checks/name-template.js'

const FIELDS = {target: 'app', platform: 'linux-arm64', runtime: 'cuda', version: '3.11'}

describe('the name of an artifact', () => {
  it.each([
    ['test-logs-{target}', 'test-logs-app'],
    ['test-logs-{runtime}-py{version}', 'test-logs-cuda-py3.11'],
    ['digest-{runtime}-py{version}.txt', 'digest-cuda-py3.11.txt'],
    ['plain', 'plain']
  ])('%s is %s', (template, name) => expect(fillName(template, FIELDS)).toBe(name))

  it('has nothing of a value that no artifact may have', () => {
    expect(fillName('x-{target}', {target: 'a/b:c'})).toBe('x-a-b-c')
  })

  it.each([
    ['{runtme}', 'there is no field {runtme}; did you mean {runtime}? There are {target}, {platform}'],
    ['{}', 'there is no field {}'],
    ['{__proto__}', 'there is no field {__proto__}'],
    ['a/b', 'holds "/"'],
    ['../x', 'holds "/"'],
    ['a:b', 'holds ":"'],
    [' ', 'is no name'],
    ['..', 'is no name']
  ])('is refused: %j', (template, message) => {
    expect(() => fillName(template, FIELDS)).toThrow(message)
  })
})
