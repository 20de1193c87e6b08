import {readFileSync, rmSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {saveText} from '../../src/machine/system-ports.js'

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
