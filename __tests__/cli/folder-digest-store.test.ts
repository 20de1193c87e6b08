import {mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {openFolderStore} from '../../src/cli/folder-digest-store.js'
import {failureOf} from '../support/thrown.js'

const RECORD = Buffer.from(`sha256:${'a'.repeat(64)}`)
const OTHER = Buffer.from(`sha256:${'b'.repeat(64)}`)
const PROD = {plan: 'p', made: 'context ., stage prod', fingerprint: '1', outline: 'a'}
const state = {root: ''}
beforeEach(async () => {
  state.root = await mkdtemp(path.join(tmpdir(), 'records-'))
})
afterEach(async () => {
  await rm(state.root, {recursive: true, force: true})
})

const at = (...parts: string[]): string => path.join(state.root, 'a', 'b', ...parts)
const store = () => openFolderStore(() => at())

describe('digest records in a folder', () => {
  it('come back as they were saved', async () => {
    expect(await store().save('digest-app-amd64', RECORD)).toBe(at('digest-app-amd64'))
    await store().save('digest-app-arm64', OTHER)
    const records = await store().load(['digest-app-amd64', 'digest-app-arm64', 'absent'])
    expect([...records]).toEqual([
      ['digest-app-amd64', RECORD],
      ['digest-app-arm64', OTHER]
    ])
  })

  it('are files of exactly these bytes, and nothing else lies beside them', async () => {
    await store().save('digest-app-amd64', RECORD)
    expect(await readdir(at())).toEqual(['digest-app-amd64'])
    expect(await readFile(at('digest-app-amd64'))).toEqual(RECORD)
  })

  it('are replaced by a second save under the name', async () => {
    await store().save('digest-app-amd64', RECORD)
    await store().save('digest-app-amd64', OTHER)
    expect((await store().load(['digest-app-amd64'])).get('digest-app-amd64')).toEqual(OTHER)
  })

  it('lie alone, also where it is said what they come from', async () => {
    await store().save('digest-app-amd64', RECORD, PROD)
    expect(await readdir(at())).toEqual(['digest-app-amd64'])
    expect(await readFile(at('digest-app-amd64'))).toEqual(RECORD)
  })

  it.each([
    ['the same build', PROD, []],
    [
      'another build, with a warning that names both',
      {...PROD, made: 'context ., stage dev', fingerprint: '2', outline: 'b'},
      [expect.stringMatching(/digest-app-amd64.*stage dev.*stage prod/)]
    ]
  ])('are replaced by those of %s', async (_, build, expected) => {
    const warnings: string[] = []
    const warning = openFolderStore(
      () => at(),
      line => warnings.push(line)
    )
    await warning.save('digest-app-amd64', RECORD, PROD)
    await warning.save('digest-app-amd64', OTHER, build)
    expect(warnings).toEqual(expected)
    expect((await store().load(['digest-app-amd64'], 'p')).get('digest-app-amd64')).toEqual(OTHER)
  })

  it('of another plan are refused, with both plans', async () => {
    await store().save('digest-app-amd64', RECORD, PROD)
    await expect(store().load(['digest-app-amd64'], 'q')).rejects.toThrow(/is of plan p .*not of plan q/)
  })

  it('are none where there is no folder', async () => {
    expect(await store().load(['digest-app-amd64'])).toEqual(new Map())
  })

  it('are given as they lie there, however wrong: merge says what is wrong', async () => {
    await mkdir(at(), {recursive: true})
    await writeFile(at('digest-app-amd64'), '')
    expect((await store().load(['digest-app-amd64'])).get('digest-app-amd64')).toHaveLength(0)
  })

  it('that are huge are not read whole', async () => {
    await mkdir(at(), {recursive: true})
    await writeFile(at('digest-app-amd64'), Buffer.alloc(10_000_000))
    expect((await store().load(['digest-app-amd64'])).get('digest-app-amd64')?.length).toBeLessThan(100_000)
  })

  it.each<[string, (file: string) => Promise<unknown>]>([
    ['a link', async file => await symlink('/etc/hostname', file)],
    ['a link to nowhere', async file => await symlink('/no/such/file', file)],
    ['a link to a record', async file => await symlink(at('record'), file)],
    ['a folder', async file => await mkdir(file)]
  ])('that are %s are refused, and named', async (_, make) => {
    await mkdir(at(), {recursive: true})
    await writeFile(at('record'), RECORD)
    await make(at('digest-app-amd64'))
    const error = await failureOf(() => store().load(['digest-app-amd64']))
    expect(error.code).toBe('RECORD_INVALID')
    expect(error.message).toContain(at('digest-app-amd64'))
  })

  it.each(['../outside', 'in/side', '..', '', '/absolute'])('cannot have the name %p', async name => {
    expect(await failureOf(() => store().save(name, RECORD))).toMatchObject({code: 'RECORD_INVALID'})
    expect(await failureOf(() => store().load([name]))).toMatchObject({code: 'RECORD_INVALID'})
    expect(await readdir(state.root)).toEqual([])
  })

  it('cannot be saved where a file stands in place of the folder: the error says so', async () => {
    await writeFile(path.join(state.root, 'a'), '')
    const error = await failureOf(() => store().save('digest-app-amd64', RECORD))
    expect(error.code).toBe('ARTIFACT_FAILED')
    expect(error.message).toContain('digest-app-amd64')
  })
})
