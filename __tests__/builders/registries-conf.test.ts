import {describe, expect, it} from '@jest/globals'
import {formatRegistriesConf, plainHttpRegistries} from '../../src/builders/registries-conf.js'

describe('plainHttpRegistries', () => {
  const insecureRegistries = ['registry.lan:5000']

  it.each<[string, string, readonly string[], readonly string[]]>([
    ['nothing named', 'FROM alpine', [], []],
    ['an allowed one', 'FROM registry.lan:5000/base', [], ['registry.lan:5000']],
    [
      'loopback',
      'FROM 127.0.0.1:5000/base\nCOPY --from=localhost/x a b',
      [],
      ['127.0.0.1:5000', 'localhost']
    ],
    ['in an argument', 'ARG BASE\nFROM $BASE', ['BASE=[::1]:5000/base'], ['[::1]:5000']],
    ['one that only looks alike', 'FROM notlocalhost:5000/x\nFROM my-localhost/x', [], []],
    ['one that is not allowed', 'FROM other.lan:5000/base', [], []],
    ['the same twice', 'FROM localhost:1/a\nFROM localhost:1/b', [], ['localhost:1']]
  ])('%s', (_title, containerfile, buildArgs, expected) =>
    expect(plainHttpRegistries({buildArgs, insecureRegistries}, containerfile)).toEqual(expected)
  )
})

describe('formatRegistriesConf', () => {
  it('adds tables behind what is there', () =>
    expect(formatRegistriesConf('unqualified-search-registries = ["docker.io"]\n\n', ['localhost:1'])).toBe(
      'unqualified-search-registries = ["docker.io"]\n\n[[registry]]\nlocation = "localhost:1"\ninsecure = true\n'
    ))

  it('leaves what is said of a registry already', () =>
    expect(formatRegistriesConf('[[registry]]\nlocation = "localhost:1"', ['localhost:1'])).toBe(
      '[[registry]]\nlocation = "localhost:1"\n'
    ))
})
