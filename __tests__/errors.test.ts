import {readFile} from 'node:fs/promises'
import {describe, expect, it} from '@jest/globals'
import {
  BuilderError,
  InputError,
  RegistryError,
  ReleaseError,
  messageOf,
  systemCodeOf
} from '../src/errors.js'
import {causeLines, errorLines} from '../src/host/error-lines.js'

const failure = {
  method: 'PUT',
  url: 'ghcr.io/v2/o/a/manifests/1.0',
  status: 403,
  entries: [{code: 'DENIED', message: 'permission denied'}]
}
const issues = [
  {input: 'tags', message: '"a b" is not a tag'},
  {input: 'images', message: 'is required'}
]

describe('an error', () => {
  it.each<[Error, object]>([
    [new ReleaseError('TAG_INVALID', 'x'), {name: 'ReleaseError', code: 'TAG_INVALID', hint: undefined}],
    [new InputError(issues), {name: 'InputError', code: 'INPUT_INVALID', issues}],
    [new RegistryError('x', failure), {name: 'RegistryError', code: 'REGISTRY_FAILED', status: 403, failure}],
    [new BuilderError('x', 125), {name: 'BuilderError', code: 'BUILD_FAILED', exitCode: 125}]
  ])('%s is known by its type and code', (error, expected) => {
    expect(error).toBeInstanceOf(ReleaseError)
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject(expected)
    expect(Object.prototype.toString.call(error)).toBe('[object Error]')
  })

  it('keeps its cause, and has none where there is none', () => {
    const cause = new Error('below')
    expect(new ReleaseError('TAG_INVALID', 'x', {cause}).cause).toBe(cause)
    expect('cause' in new ReleaseError('TAG_INVALID', 'x')).toBe(false)
  })

  it('of a registry knows the codes that the registry named', () => {
    const error = new RegistryError('x', failure)
    expect([error.has('DENIED'), error.has('UNKNOWN')]).toEqual([true, false])
  })

  it('of the input says all faults, one a line', () => {
    expect(new InputError(issues).message).toBe('tags: "a b" is not a tag\nimages: is required')
  })
})

describe('what was thrown', () => {
  it.each<[unknown, string, string | undefined]>([
    [new Error('x'), 'x', undefined],
    ['x', 'x', undefined],
    [undefined, 'undefined', undefined],
    [null, 'null', undefined],
    [{message: 5}, '[object Object]', undefined],
    [Object.assign(new Error('gone'), {code: 'ENOENT'}), 'gone', 'ENOENT'],
    [Object.assign(new Error('gone'), {code: 5}), 'gone', undefined]
  ])('%p has the message %s and the code %s', (thrown, message, code) => {
    expect(messageOf(thrown)).toBe(message)
    expect(systemCodeOf(thrown)).toBe(code)
  })

  it('by another realm is understood, too', async () => {
    const thrown: unknown = await readFile('/no/such/file').catch((error: unknown) => error)
    expect(messageOf(thrown)).toContain('ENOENT')
    expect(systemCodeOf(thrown)).toBe('ENOENT')
  })
})

describe('a failure is said', () => {
  it.each<[unknown, string[]]>([
    [
      new ReleaseError('TAG_INVALID', '"x y" is not a tag', {hint: 'Write it without the space.'}),
      ['"x y" is not a tag [TAG_INVALID]', 'Write it without the space.']
    ],
    [new ReleaseError('TAG_INVALID', 'x'), ['x [TAG_INVALID]']],
    [
      new BuilderError('buildah ended with 125:\r\nSTEP 2\nno such file', 125, {hint: 'Look.'}),
      ['buildah ended with 125: [BUILD_FAILED]', 'STEP 2', 'no such file', 'Look.']
    ],
    [new RegistryError('PUT ghcr.io: 403', failure), ['PUT ghcr.io: 403 [REGISTRY_FAILED]']],
    [new InputError(issues), ['tags: "a b" is not a tag', 'images: is required']],
    [new Error('a defect'), ['unexpected: a defect']],
    ['a text', ['unexpected: a text']],
    [undefined, ['unexpected: undefined']]
  ])('%# as lines', (error, expected) => {
    expect(errorLines(error)).toEqual(expected)
  })

  it('so that no line of it is taken for a workflow command', () => {
    expect(errorLines(new Error('one\n::set-output name=x::y'))).toEqual([
      'unexpected: one ::set-output name=x::y'
    ])
    expect(errorLines(new InputError([{input: 'a', message: 'b\nc'}]))).toEqual(['a: b c'])
  })

  it('with the stacks of all its causes for the debug log', () => {
    const error = new ReleaseError('TAG_INVALID', 'above', {cause: new Error('below', {cause: 'a text'})})
    const lines = causeLines(error)
    expect(lines).toHaveLength(3)
    expect(lines[0]).toMatch(/^ReleaseError: above\n\s+at /)
    expect(lines[1]).toMatch(/^Error: below\n\s+at /)
    expect(lines[2]).toBe('a text')
  })

  it('to an end where causes go round in a circle', () => {
    const error = new Error('x')
    error.cause = error
    expect(causeLines(error).length).toBeLessThanOrEqual(20)
  })
})
