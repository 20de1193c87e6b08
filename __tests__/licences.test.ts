import {spawnSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'

const root = path.resolve(import.meta.dirname, '..')
const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, object>
}

describe('what is shipped', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'licences-'))
  })
  afterAll(() => rmSync(folder, {recursive: true}))

  /** What the check says of the packages of this project with one more. */
  function saidOf(added: Readonly<Record<string, unknown>>): {status: number | null; stderr: string} {
    const file = path.join(folder, 'package-lock.json')
    const packages = {...lock.packages, 'node_modules/added': {version: '1.0.0', ...added}}
    writeFileSync(file, JSON.stringify({packages}))
    const {status, stderr} = spawnSync(process.execPath, [path.join(root, 'scripts/licences.mjs'), file], {
      encoding: 'utf8'
    })
    return {status, stderr}
  }

  it.each([{license: 'MIT'}, {license: '(GPL-3.0 OR ISC)'}, {license: 'GPL-3.0', dev: true}])(
    'may have the licence of %j',
    added => {
      expect(saidOf(added)).toEqual({status: 0, stderr: ''})
    }
  )

  it.each([
    [{license: 'AGPL-3.0'}, 'added@1.0.0 has the licence AGPL-3.0'],
    [{license: '(MIT AND SSPL-1.0)'}, 'added@1.0.0 has the licence (MIT AND SSPL-1.0)'],
    [{}, 'added@1.0.0 names no licence']
  ])('fails the check with the licence of %j', (added, fault) => {
    expect(saidOf(added)).toMatchObject({status: 1, stderr: expect.stringContaining(fault)})
  })
})
