import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, describe, expect, it} from '@jest/globals'
import {
  findContainerfile,
  isRemoteContext,
  readContainerfile
} from '../../src/building/builders/build-context.js'

const root = mkdtempSync(path.join(tmpdir(), 'context-'))
const folder = (name: string, files: readonly string[]): string => {
  const context = path.join(root, name)
  mkdirSync(context)
  for (const file of files) writeFileSync(path.join(context, file), 'FROM scratch\n')
  return context
}
const both = folder('both', ['Containerfile', 'Dockerfile', 'other'])
const docker = folder('docker', ['Dockerfile'])
const empty = folder('empty', [])

afterAll(() => rmSync(root, {recursive: true}))

describe('findContainerfile', () => {
  it.each([
    ['Containerfile before Dockerfile', {context: both}, path.join(both, 'Containerfile')],
    ['Dockerfile', {context: docker}, path.join(docker, 'Dockerfile')],
    ['a file of the context', {context: both, file: 'other'}, path.join(both, 'other')],
    ['a file by its path', {context: empty, file: path.join(both, 'other')}, path.join(both, 'other')],
    ['a file of the working directory', {context: empty, file: './package.json'}, 'package.json'],
    ['nothing for a remote context', {context: 'https://example.com/x.git'}, undefined],
    ['what was given for a remote context', {context: 'git@example.com:x', file: 'a'}, 'a']
  ])('%s', (_title, request, expected) => expect(findContainerfile(request)).toBe(expected))

  it.each([
    ['no context', {context: path.join(root, 'none')}, 'context', /none" is not a folder/],
    ['a file as context', {context: path.join(both, 'other')}, 'context', /is not a folder/],
    ['no Containerfile', {context: empty}, 'file', /neither a Containerfile nor a Dockerfile in .*empty"/],
    ['no such file', {context: both, file: 'none'}, 'file', /"none" is not there, nor in .*both"/]
  ])('refuses %s', (_title, request, input, message) =>
    expect(() => findContainerfile(request)).toThrow(
      expect.objectContaining({
        code: 'INPUT_INVALID',
        issues: [{input, message: expect.stringMatching(message)}]
      })
    )
  )
})

it.each([
  ['https://github.com/o/r.git#main', true],
  ['git@github.com:o/r', true],
  ['github.com/o/r', true],
  ['.', false],
  ['./git', false],
  ['/https', false]
])('%s is remote: %s', (context, expected) => expect(isRemoteContext(context)).toBe(expected))

it('reads no Containerfile that is elsewhere', () => {
  expect(readContainerfile(undefined)).toBe('')
  expect(readContainerfile(path.join(empty, 'none'))).toBe('')
  expect(readContainerfile(path.join(both, 'other'))).toBe('FROM scratch\n')
})
