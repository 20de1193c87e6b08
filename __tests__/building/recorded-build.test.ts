import {describe, expect, it} from '@jest/globals'
import {parsePlatform} from '../../src/oci/platform.js'
import {parseRepository} from '../../src/oci/reference.js'
import {type AskedBuild, recordedBuild} from '../../src/building/recorded-build.js'

const ASKED: AskedBuild = {
  context: '.',
  target: 'prod',
  platform: parsePlatform('linux/amd64'),
  format: 'oci',
  buildArgs: ['PHP=8.0'],
  labels: {b: '2', a: '1'},
  annotations: {},
  buildContexts: []
}
const JOB = {plan: '0a1b2c3d4e5f', images: [parseRepository('ghcr.io/org/app')]}
const ROOTS = ['/home/one/work', '/home/one/temp']

const of = (changes: Partial<AskedBuild> = {}, roots = ROOTS) =>
  recordedBuild(JOB, {...ASKED, ...changes}, roots)

describe('what a record comes from', () => {
  it('names the plan, and what was built', () => {
    expect(of({file: 'Containerfile.dev'})).toMatchObject({
      plan: '0a1b2c3d4e5f',
      made: 'context ., file Containerfile.dev, stage prod, linux/amd64'
    })
    expect(of({source: 'app.tar'}).made).toBe('source app.tar, linux/amd64')
  })

  it.each<[string, Partial<AskedBuild>]>([
    ['context', {context: 'app'}],
    ['Containerfile', {file: 'Containerfile'}],
    ['stage', {target: 'dev'}],
    ['platform', {platform: parsePlatform('linux/arm64')}],
    ['format', {format: 'docker'}],
    ['name of an argument', {buildArgs: ['PYTHON=8.0']}],
    ['image of another tool', {source: 'app.tar'}],
    ['further context', {buildContexts: ['base=../base']}],
    ['compression', {compression: {format: 'zstd'}}]
  ])('is another for another %s', (_, changes) => {
    expect(of(changes).fingerprint).not.toBe(of().fingerprint)
    expect(of(changes).outline).not.toBe(of().outline)
  })

  it.each<[string, Partial<AskedBuild>]>([
    ['argument', {buildArgs: ['PHP=8.1']}],
    ['label', {labels: {a: '1', b: '3'}}]
  ])('is another for another value of an %s, which may hold the time', (_, changes) => {
    expect(of(changes).fingerprint).not.toBe(of().fingerprint)
    expect(of(changes).outline).toBe(of().outline)
  })

  it('is another for other repositories', () => {
    const other = recordedBuild({images: [parseRepository('ghcr.io/org/api')]}, ASKED, ROOTS)
    expect(other.outline).not.toBe(recordedBuild({images: JOB.images}, ASKED, ROOTS).outline)
  })

  it('is the same on another machine, in another order, and at another time', () => {
    const here = of({context: '/home/one/work/app', labels: {a: '1', b: '2'}})
    const there = of({context: '/srv/two/app', labels: {b: '2', a: '1'}}, ['/srv/two'])
    expect(there).toEqual(here)
    expect(of({labels: {...ASKED.labels, 'org.opencontainers.image.created': '2026'}})).toEqual(of())
    expect(of({context: '/home/one/work'}).made).toContain('context .,')
  })

  it('holds no login and no value of an argument', () => {
    const text = JSON.stringify(
      of({context: 'https://me:secret-1@git.example/o/app.git?sig=secret-2#main', buildArgs: ['T=secret-3']})
    )
    expect(text).not.toContain('secret')
    expect(text).toContain('https://git.example/o/app.git#main')
  })
})
