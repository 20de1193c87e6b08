import {existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {openFolderArtifacts} from '../../src/cli/folder-artifacts.js'
import {mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile} from 'node:fs/promises'
import {newestRun, openFolderJournal} from '../../src/cli/folder-journal.js'
import {openFolderStore} from '../../src/cli/folder-digest-store.js'
import {failureOf} from '../support/thrown.js'

const state = {root: ''}
beforeEach(() => {
  state.root = mkdtempSync(path.join(tmpdir(), 'artifacts-'))
})
afterEach(() => rmSync(state.root, {recursive: true, force: true}))

const at = (...parts: string[]): string => path.join(state.root, 'a', ...parts)
const store = () => openFolderArtifacts(at())
const texts = async (name: string) =>
  (await store().load(name))?.map(({name: file, bytes}) => [file, Buffer.from(bytes).toString()])

describe('files that are kept in a folder', () => {
  it('come back by their names', async () => {
    expect(await store().save('logs', [{name: 'a.log', text: 'one'}])).toBe(at('logs'))
    expect(await texts('logs')).toEqual([['a.log', 'one']])
    expect(await store().names()).toEqual(['logs'])
  })

  it('are replaced with all that lay there', async () => {
    await store().save('logs', [{name: 'a.log', text: 'one'}])
    await store().save('logs', [{name: 'b.log', text: 'two'}])
    expect(await texts('logs')).toEqual([['b.log', 'two']])
    expect(readdirSync(at())).toEqual(['logs'])
  })

  it('are none where there is no folder', async () => {
    expect(await store().names()).toEqual([])
    expect(await texts('logs')).toBeUndefined()
  })

  it('leave out links, which could lead anywhere', async () => {
    mkdirSync(at('logs'), {recursive: true})
    writeFileSync(path.join(state.root, 'secret'), 's')
    symlinkSync(path.join(state.root, 'secret'), at('logs', 'link'))
    writeFileSync(at('logs', 'a'), '')
    expect(await texts('logs')).toEqual([['a', '']])
  })

  it.each(['..', '.', '', '../x', 'a/b', 'a\\b'])('have no name such as %j', async name => {
    await expect(store().save(name, [])).rejects.toMatchObject({code: 'ARTIFACT_FAILED'})
    await expect(store().load(name)).rejects.toMatchObject({code: 'ARTIFACT_FAILED'})
    await expect(store().save('x', [{name, text: 't'}])).rejects.toMatchObject({code: 'ARTIFACT_FAILED'})
    expect(existsSync(path.join(state.root, 'x'))).toBe(false)
  })

  it('say so where nothing can be written', async () => {
    writeFileSync(at(), 'a file')
    await expect(store().save('x', [])).rejects.toMatchObject({code: 'ARTIFACT_FAILED'})
  })
})

describe('journals in a folder', () => {
  const state = {root: ''}
  beforeEach(async () => {
    state.root = await mkdtemp(path.join(tmpdir(), 'journal-'))
  })
  afterEach(async () => {
    await rm(state.root, {recursive: true, force: true})
  })

  it('are files named as the version, and the second replaces no first', async () => {
    const folder = path.join(state.root, 'a', 'journal')
    const journal = openFolderJournal(folder)
    expect(await journal.save('1.2.3', '{"first":1}')).toBe(path.join(folder, '1.2.3.json'))
    expect(await journal.save('1.2.3', '{"second":1}')).toBe(path.join(folder, '1.2.3@2.json'))
    expect(await readFile(path.join(folder, '1.2.3.json'), 'utf8')).toBe('{"first":1}\n')
    await journal.save('1.2.3-rc', '{"other":1}')
    expect((await journal.find('1.2.3')).map(text => text.trim()).sort()).toEqual([
      '{"first":1}',
      '{"second":1}'
    ])
    expect(await journal.find('1.2')).toEqual([])
  })

  it('keeps a version apart from a second try of another', async () => {
    const folder = path.join(state.root, 'journal')
    const journal = openFolderJournal(folder)
    for (const [name, text] of [
      ['1.2.3', '{"try":1}'],
      ['1.2.3', '{"try":2}'],
      ['1.2.3-2', '{"version":"1.2.3-2"}'],
      ['1.2.3+2', '{"version":"1.2.3+2"}']
    ] as const)
      await journal.save(name, text)
    const found = async (name: string) => (await journal.find(name)).map(text => text.trim())
    expect(await found('1.2.3')).toEqual(['{"try":1}', '{"try":2}'])
    expect(await found('1.2.3-2')).toEqual(['{"version":"1.2.3-2"}'])
    expect(await found('1.2.3+2')).toEqual(['{"version":"1.2.3+2"}'])
    const {journals} = await newestRun(state.root, folder)
    expect(journals.map(({text}) => text.trim())).toEqual(['{"version":"1.2.3+2"}'])
  })

  it.each(['../out', '1.0.0+build/5', '..', '/etc/x'])('never leave the folder: %s', async name => {
    const folder = path.join(state.root, 'journal')
    const file = await openFolderJournal(folder).save(name, '{}')
    expect(path.dirname(file)).toBe(folder)
    expect(await readdir(folder)).toHaveLength(1)
  })

  it('say where they cannot be written', async () => {
    await writeFile(path.join(state.root, 'file'), '')
    expect(await openFolderJournal(path.join(state.root, 'none')).find('1')).toEqual([])
    await expect(openFolderJournal(path.join(state.root, 'file')).save('1', '{}')).rejects.toMatchObject({
      code: 'ARTIFACT_FAILED',
      hint: expect.stringContaining('No tag was moved')
    })
  })
})

describe('folder digest store', () => {
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
})
