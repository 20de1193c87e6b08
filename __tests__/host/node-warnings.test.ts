import {spawn} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {type CommandLine, commandLine} from '../support/command-line.js'

/** Nothing listens there: each is another registry that refuses at once. */
const HOSTS = Array.from({length: 12}, (_, at) => `127.0.0.${at + 1}:1`)
const COMMIT = 'a'.repeat(40)

// Node 20 alone says so: signals of later ones take any number of listeners.
describe('a run with many registries is no leak in the eyes of Node', () => {
  let program: CommandLine
  let folder: string
  beforeAll(() => {
    program = commandLine()
    folder = mkdtempSync(path.join(tmpdir(), 'warnings-'))
  })
  afterAll(() => {
    program.remove()
    rmSync(folder, {recursive: true})
  })

  it.each([
    ['compute-tags', ['--event', 'tag', '--ref', 'v1.2.3', '--sha', COMMIT, '--strategy', 'release']],
    ['merge-manifest', ['--tags', 't', '--digests', `sha256:${'a'.repeat(64)}`, '--wait', '0', '--yes']]
  ])(
    '%s',
    async (command, args) => {
      const images = HOSTS.flatMap(host => [`${host}/o/app`, `${host}/o/other`]).join()
      const child = spawn(process.execPath, [program.entry, command, ...args, '--images', images], {
        cwd: folder,
        env: {PATH: process.env['PATH'] ?? '', HOME: folder}
      })
      const lines: Buffer[] = []
      child.stderr.on('data', (chunk: Buffer) => lines.push(chunk))
      child.stdout.resume()
      await new Promise(resolve => child.on('close', resolve))
      const said = Buffer.concat(lines).toString()
      expect(said).toMatch(/127\.0\.0\.\d+:1/)
      expect(said).not.toContain('Warning')
    },
    60_000
  )
})
