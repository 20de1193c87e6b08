import {execFile} from 'node:child_process'
import path from 'node:path'
import {promisify} from 'node:util'
import {expect, it} from '@jest/globals'

const MEBIBYTE = 1024 * 1024
const PROGRAM = path.join(import.meta.dirname, 'bytes-held.ts')

it.each([
  ['upload', 128, 24],
  ['pull', 128, 24],
  ['copy', 192, 24]
])(
  '%s of %i MiB holds less than %i MiB, in the embedded registry, too',
  async (kind, size, most) => {
    const args = ['--expose-gc', '--import', 'tsx', PROGRAM, kind, String(size * MEBIBYTE)]
    const {stdout} = await promisify(execFile)(process.execPath, args, {env: {PATH: process.env['PATH']}})
    const held = Number(stdout)
    expect(held).toBeGreaterThan(0)
    expect(held / MEBIBYTE).toBeLessThan(most)
  },
  300_000
)
