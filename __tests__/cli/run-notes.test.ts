import {mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {lastRun, openRunNotes} from '../../src/cli/run-notes.js'
import {command} from '../../src/command/command.js'
import {InputError, ReleaseError} from '../../src/errors.js'
import type {Journal} from '../../src/ports.js'

const mover = command({
  name: 'move',
  summary: 'Move.',
  description: 'Moves.',
  movesTags: true,
  inputs: {},
  outputs: {},
  examples: [],
  run: () => Promise.resolve({})
})
const state = {folder: ''}

beforeEach(() => {
  state.folder = mkdtempSync(path.join(tmpdir(), 'notes-'))
})
afterEach(() => {
  rmSync(state.folder, {recursive: true, force: true})
})

const journal: Journal = {
  save: name => Promise.resolve(`journal/${name}.json`),
  find: () => Promise.resolve([])
}

function notesOf(args: readonly string[] = [], folder = state.folder) {
  return openRunNotes(folder, journal, {args, redact: text => text.replaceAll('geheim', '***')})
}

describe('the note of a run', () => {
  it('goes on until it has ended, and names its journals', async () => {
    const notes = notesOf(['--plan', 'plan.json'])
    notes.begin(mover)
    await notes.journal.save('1.2.3', '{}')
    expect(await lastRun(state.folder)).toMatchObject({
      isRunning: true,
      note: {
        command: 'move',
        arguments: ['--plan', 'plan.json'],
        state: 'running',
        journals: ['journal/1.2.3.json']
      }
    })
    await notes.end()
    expect(await lastRun(state.folder)).toMatchObject({isRunning: false, note: {state: 'done'}})
    expect(readdirSync(state.folder)).toEqual(['last-run.json'])
  })

  it('says what it failed with, without secrets', async () => {
    const notes = notesOf()
    notes.begin(mover)
    await notes.end(new ReleaseError('REGISTRY_FAILED', 'said geheim', {hint: 'not geheim'}))
    expect((await lastRun(state.folder))?.note).toMatchObject({
      state: 'failed',
      message: 'said ***',
      hint: 'not ***'
    })
  })

  it.each([
    ['wrong use', [], new InputError([{input: 'plan', message: 'is required'}])],
    ['a dry run', ['--dry-run'], undefined]
  ])('of the run before stays after %s', async (_, args, error) => {
    const before = notesOf(['--first'])
    before.begin(mover)
    await before.end()
    const notes = notesOf(args)
    if (error === undefined) notes.begin(mover)
    await notes.end(error)
    expect((await lastRun(state.folder))?.note.arguments).toEqual(['--first'])
  })

  it('is left out where it cannot be written', async () => {
    const file = path.join(state.folder, 'file')
    writeFileSync(file, '')
    const notes = notesOf([], path.join(file, 'folder'))
    notes.begin(mover)
    expect(await notes.journal.save('1.2.3', '{}')).toBe('journal/1.2.3.json')
    await notes.end()
    expect(await lastRun(path.join(file, 'folder'))).toBeUndefined()
  })
})
