import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {InputError} from '../../src/errors.js'
import {readText, saveText} from '../../src/machine/system-ports.js'

describe('the text of a file', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'text-'))
  })
  afterAll(() => {
    rmSync(folder, {recursive: true})
  })

  it('is what is there, without a byte order mark', async () => {
    const file = path.join(folder, 'VERSION')
    writeFileSync(file, '\uFEFFv1.2.3 ü\n')
    expect(await readText(file)).toBe('v1.2.3 ü\n')
  })

  it('is none where there is no file, or none in a folder that is a file', async () => {
    expect(await readText(path.join(folder, 'missing'))).toBeUndefined()
    expect(await readText(path.join(folder, 'VERSION', 'x'))).toBeUndefined()
  })

  it('is empty where the null device is named, which stands for no file', async () => {
    expect(await readText('/dev/null')).toBe('')
  })

  it('is refused where it is a folder, or too large', async () => {
    await expect(readText(folder)).rejects.toThrow(InputError)
    const file = path.join(folder, 'large')
    writeFileSync(file, 'x'.repeat(1024 * 1024 + 1))
    await expect(readText(file)).rejects.toMatchObject({
      issues: [{input: file, message: 'it cannot be read: it is larger than 1048576 bytes'}]
    })
  })
})

describe('saveText', () => {
  it('keeps each text in a file of its own, also under one name', async () => {
    const [first, second] = [await saveText('bake.json', 'one'), await saveText('bake.json', 'two')]
    try {
      expect([first, second].map(file => [path.basename(file), readFileSync(file, 'utf8')])).toEqual([
        ['bake.json', 'one'],
        ['bake.json', 'two']
      ])
    } finally {
      for (const file of [first, second]) rmSync(path.dirname(file), {recursive: true})
    }
  })
})
