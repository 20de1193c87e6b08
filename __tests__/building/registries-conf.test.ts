import {describe, expect, it} from '@jest/globals'
import {formatRegistriesConf, plainHttpRegistries} from '../../src/building/builders/registries-conf.js'

describe('plainHttpRegistries', () => {
  const insecureRegistries = ['registry.lan:5000']

  it.each<[string, string, readonly string[], readonly string[]]>([
    ['nothing named', 'FROM alpine', [], []],
    ['an allowed one', 'FROM registry.lan:5000/base', [], []],
    [
      'loopback',
      'FROM 127.0.0.1:5000/base\nCOPY --from=localhost/x a b',
      [],
      ['127.0.0.1:5000', 'localhost']
    ],
    ['an argument that is a registry', 'ARG REG=localhost:1\nFROM ${REG}/x', [], ['localhost:1']],
    ['a given argument that is a registry', 'FROM ${REG}/x', ['REG=127.0.0.1:2'], ['127.0.0.1:2']],
    ['in an argument', 'ARG BASE\nFROM $BASE', ['BASE=[::1]:5000/base'], ['[::1]:5000']],
    ['one that only looks alike', 'FROM notlocalhost:5000/x\nFROM my-localhost/x', [], []],
    ['one that is not allowed', 'FROM other.lan:5000/base', [], []],
    ['the same twice', 'FROM localhost:1/a\nFROM localhost:1/b', [], ['localhost:1']]
  ])('are those that were allowed, and %s', (_title, containerfile, buildArgs, expected) =>
    expect(plainHttpRegistries({buildArgs, insecureRegistries}, containerfile)).toEqual([
      ...insecureRegistries,
      ...expected
    ])
  )

  it('are those of further contexts and caches', () =>
    expect(
      plainHttpRegistries(
        {
          buildArgs: [],
          insecureRegistries: [],
          options: {'build-contexts': ['base=docker-image://localhost:7/base']},
          cache: {from: ['type=registry,ref=localhost:8/cache'], to: []}
        },
        ''
      )
    ).toEqual(['localhost:7', 'localhost:8']))
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
