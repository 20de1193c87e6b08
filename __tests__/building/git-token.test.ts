import {describe, expect, it} from '@jest/globals'
import {gitTokenUse} from '../../src/building/builders/git-token.js'

const PLACES = {context: '.', buildContexts: [], buildArgs: [], containerfile: ''}
const GITHUB = 'https://github.com'

describe('the token for Git', () => {
  it.each([
    ['a context', GITHUB, {context: 'https://github.com/o/r.git#main'}, 'github.com'],
    ['a short context', GITHUB, {context: 'github.com/o/r'}, 'github.com'],
    ['a named context', GITHUB, {buildContexts: ['lib=https://github.com/o/lib.git']}, 'github.com'],
    ['a Containerfile', GITHUB, {containerfile: 'ADD https://github.com/o/r.git /src'}, 'github.com'],
    [
      'an argument',
      GITHUB,
      {
        buildArgs: ['REPO=https://x@github.com/o/r.git'],
        containerfile: 'ADD --keep-git-dir \\\n  $REPO /src'
      },
      'github.com'
    ],
    [
      'a server of the company',
      'https://ghe.example:8443',
      {context: 'https://ghe.example:8443/o/r.git'},
      'ghe.example:8443'
    ]
  ])('goes to its host alone for %s', (_title, server, places, host) =>
    expect(gitTokenUse('t', server, {...PLACES, ...places})).toEqual({
      kind: 'given',
      secret: {id: `GIT_AUTH_TOKEN.${host}`, source: {kind: 'value', value: 't'}}
    })
  )

  it.each([
    ['a folder', GITHUB, {}, /names no Git address of github\.com/],
    ['another host', GITHUB, {context: 'https://git.example/o/r.git'}, /names no Git address/],
    ['a host that only looks like it', GITHUB, {context: 'https://github.com.evil.example/r'}, /names no/],
    ['a host that ends like it', GITHUB, {context: 'https://evilgithub.com/o/r.git'}, /names no/],
    ['what RUN fetches', GITHUB, {containerfile: 'RUN curl https://github.com/o/r'}, /names no Git address/],
    ['SSH', GITHUB, {context: 'git@github.com:o/r.git'}, /names no Git address/],
    ['plain HTTP', GITHUB, {context: 'http://github.com/o/r.git'}, /without TLS/],
    [
      'plain HTTP beside HTTPS',
      GITHUB,
      {context: 'https://github.com/o/r', containerfile: 'ADD http://github.com/o/x.git /x'},
      /without TLS/
    ],
    [
      'a server over plain HTTP',
      'http://ghe.example',
      {context: 'http://ghe.example/o/r'},
      /not reached over HTTPS/
    ]
  ])('is withheld from %s', (_title, server, places, reason) =>
    expect(gitTokenUse('t', server, {...PLACES, ...places})).toEqual({
      kind: 'withheld',
      reason: expect.stringMatching(reason)
    })
  )
})
