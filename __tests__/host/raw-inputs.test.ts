import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {type Documents, documentsIn} from '../../src/host/documents.js'
import {gatherTexts} from '../../src/host/raw-inputs.js'
import {json, text} from '../../src/command/input.js'
import type {ArtifactFile} from '../../src/ports.js'

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

const kept = new Map<string, ArtifactFile[]>()
const documents: Documents = {
  save: (name, files) => Promise.resolve(void kept.set(name, [...files])),
  load: name => Promise.resolve(kept.get(name))
}
const gather = async (texts: Record<string, string | undefined>) =>
  await gatherTexts(table, {textOf: name => texts[name], environment: {}, documents})

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

  describe('take a document that was kept', () => {
    const keep = async (outputs: Record<string, string>): Promise<string> => {
      const set = documentsIn(
        {outputs: ['plan', 'release'], place: 'place'},
        {...outputs, place: 'plan-12ab'}
      )
      await documents.save(set?.name ?? '', set?.files ?? [])
      return `artifact:${set?.name ?? ''}`
    }

    it('under the name that says what is in it', async () => {
      const reference = await keep({plan: '{"a":1}', release: '{"b":1}'})
      expect(reference).toMatch(/^artifact:plan-12ab-[0-9a-f]{16}$/)
      expect(await gather({plan: ` ${reference}\n`})).toEqual({
        texts: {plan: '{"a":1}', name: undefined},
        issues: []
      })
    })

    it('alone under a name of any kind', async () => {
      kept.set('mine', [{name: 'whatever.txt', text: '[]'}])
      expect((await gather({plan: 'artifact:mine'})).texts['plan']).toBe('[]')
    })

    it.each<[string, () => Promise<string>, string]>([
      [
        'there is none',
        () => Promise.resolve('artifact:plan-none'),
        'there is no artifact plan-none in this run'
      ],
      ['its name came empty', () => Promise.resolve('artifact:'), 'the name of the artifact is empty'],
      [
        'there are others',
        () => {
          kept.set('two', [
            {name: 'a.json', text: '{}'},
            {name: 'b.json', text: '{}'}
          ])
          return Promise.resolve('artifact:two')
        },
        'artifact two has a.json, b.json, and no plan.json'
      ],
      [
        'somebody else has written it since',
        async () => {
          const reference = await keep({plan: '{"a":2}'})
          kept.set(reference.slice('artifact:'.length), [{name: 'plan.json', text: '{"a":"theirs"}'}])
          return reference
        },
        'is not what was kept under this name'
      ]
    ])('and say where %s', async (_, make, message) => {
      const {texts, issues} = await gather({plan: await make()})
      expect(texts['plan']).toBeUndefined()
      expect(issues).toEqual([{input: 'plan', message: expect.stringContaining(message)}])
    })
  })
})
