import {mkdtemp, readFile, readdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {newestRun, openFolderJournal} from '../../src/cli/folder-journal.js'

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
