import {existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {openFolderArtifacts} from '../../src/cli/folder-artifacts.js'

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
