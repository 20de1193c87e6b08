import {execFileSync, spawnSync} from 'node:child_process'
import {describe, expect, it} from '@jest/globals'
import {component, describeWith} from '../support/components.js'

const FOLDER = 'examples/hello'

/** How a program of each platform runs on this machine. */
const PROGRAMS = [
  ['amd64', process.arch === 'x64' ? [] : ['qemu-x86_64-static']],
  ['arm64', process.arch === 'arm64' ? [] : ['qemu-aarch64-static']]
] as const

describe('the programs of the sample application', () => {
  it('are what their generator writes', () =>
    expect(() => execFileSync(process.execPath, [`${FOLDER}/make-programs.mjs`, '--check'])).not.toThrow())

  describe.each(PROGRAMS)('%s', (architecture, emulator) => {
    describeWith(emulator, 'run', () => {
      const run = (args: readonly string[], cwd = FOLDER): {status: number | null; stdout: string} => {
        const program = `${process.cwd()}/${FOLDER}/hello-${architecture}`
        const [command = program, ...rest] = [...emulator.map(component), program, ...args]
        return spawnSync(command, rest, {cwd, encoding: 'utf8'})
      }
      const greeting = `Hello from linux/${architecture}\n`

      it.each<[string, readonly string[], string, string]>([
        ['greets, with the version', [], FOLDER, `${greeting}1.0.0\n`],
        ['greets where there is no version', [], '/', greeting],
        ['says nothing when its health is asked for', ['--health'], FOLDER, ''],
        ['takes nothing else for that', ['--healthy'], FOLDER, `${greeting}1.0.0\n`]
      ])('%s', (_title, args, cwd, stdout) => expect(run(args, cwd)).toMatchObject({status: 0, stdout}))
    })
  })
})
