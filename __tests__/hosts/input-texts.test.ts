import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {gatherTexts} from '../../src/hosts/input-texts.js'
import {json, text} from '../../src/inputs/input.js'

const summary = 'An input of a test.'
const table = {
  plan: json({summary}, given => JSON.parse(given) as object),
  name: text({summary})
}
const state = {folder: ''}
beforeAll(async () => {
  state.folder = await mkdtemp(path.join(tmpdir(), 'texts-'))
  await writeFile(path.join(state.folder, 'plan.json'), '{"from":"file"}\n')
})
afterAll(async () => {
  await rm(state.folder, {recursive: true, force: true})
})

const gather = async (texts: Record<string, string | undefined>) =>
  await gatherTexts(table, name => texts[name], {})

describe('the texts of inputs', () => {
  it.each([
    ['{"a":1}', '{"a":1}'],
    [' [1]', ' [1]'],
    ['', ''],
    [undefined, undefined]
  ])('take a document as it is: %p', async (plan, expected) => {
    expect(await gather({plan})).toEqual({texts: {plan: expected, name: undefined}, issues: []})
  })

  it('take a document from its file', async () => {
    const {texts, issues} = await gather({plan: ` ${path.join(state.folder, 'plan.json')}\n`})
    expect([texts['plan'], issues]).toEqual(['{"from":"file"}\n', []])
  })

  it.each(['no-such-file.json', 'plan'])('say where %s is neither', async plan => {
    const {texts, issues} = await gather({plan, name: 'x'})
    expect(texts).toEqual({plan: undefined, name: 'x'})
    expect(issues).toHaveLength(1)
    expect(issues[0]).toMatchObject({input: 'plan'})
    expect(issues[0]?.message).toMatch(/is neither JSON nor a file/)
  })

  it('say where a file is a folder', async () => {
    expect((await gather({plan: state.folder})).issues[0]?.message).toContain('is neither JSON nor a file')
  })

  it('do not take the path of a text for a file', async () => {
    const name = path.join(state.folder, 'plan.json')
    expect((await gather({name})).texts['name']).toBe(name)
  })
})
