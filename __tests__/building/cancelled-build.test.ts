import {type ChildProcess, spawn} from 'node:child_process'
import {cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {performance} from 'node:perf_hooks'
import {createInterface} from 'node:readline'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, beforeAll, describe, expect, jest} from '@jest/globals'
import {STOPPING} from '../../src/machine/system-ports.js'
import {type CommandLine, commandLine, plainEnvironment} from '../support/command-line.js'
import {componentPath, describeWith, itOnRootFilesystem, rootFilesystem} from '../support/components.js'
import {BUILDERS, type RealBuilder, programOf, startBuilder} from '../support/real-builders.js'

jest.setTimeout(120_000)

const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'amd64'
/** What is left of a cancelled run has this long to go. */
const SECONDS = 5

describe.each(BUILDERS)('a build by %s that is cancelled', (name, programs) => {
  describeWith(programs, 'really', () => {
    let folder: string
    let program: CommandLine
    let builder: RealBuilder
    const at = (file: string): string => path.join(folder, file)

    beforeAll(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'cancelled-'))
      program = commandLine()
      builder = await startBuilder(name)
      mkdirSync(at('context'))
      cpSync(rootFilesystem(ARCHITECTURE), at('context/base.tar'))
    })
    afterAll(async () => {
      await builder.stop()
      program.remove()
      rmSync(folder, {recursive: true, force: true})
    })

    /** A step that goes on for a day, and which no other test has. */
    const begin = async (mark: string): Promise<ChildProcess> => {
      rmSync(at('temp'), {recursive: true, force: true})
      mkdirSync(at('temp'))
      writeFileSync(
        at('context/Containerfile'),
        `FROM scratch\nADD base.tar /\nENV PATH=/bin\nRUN echo begun-$((1+1)); sleep ${mark}\n`
      )
      const flags = {
        builder: programOf(name),
        context: at('context'),
        images: 'registry.invalid/o/app',
        platforms: `linux/${ARCHITECTURE}`,
        push: 'false'
      }
      const given = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value])
      const child = spawn('node', [program.entry, 'build-by-digest', ...given], {
        env: {...plainEnvironment(), PATH: componentPath, ...builder.env, TMPDIR: at('temp')},
        stdio: ['ignore', 'pipe', 'pipe']
      })
      const lines: string[] = []
      await new Promise<void>((resolve, reject) => {
        for (const output of [child.stdout, child.stderr])
          createInterface({input: output}).on('line', line => {
            lines.push(line)
            if (line.includes('begun-2')) resolve()
          })
        child.once('exit', code => reject(new Error(`it ended with ${code}:\n${lines.join('\n')}`)))
      })
      return child
    }

    /** Working containers of podman and buildah, and images that no tag names. */
    const leftInStorage = async (): Promise<string[]> => {
      if (programOf(name) === 'buildx') return []
      const list =
        programOf(name) === 'buildah'
          ? ['containers', '--all', '--quiet']
          : ['ps', '--all', '--external', '--quiet']
      const {stdout} = await builder.exec(programOf(name), list)
      return stdout.split('\n').filter(Boolean)
    }

    itOnRootFilesystem(ARCHITECTURE).each(STOPPING.map((signal, index) => [signal, index] as const))(
      `by %s leaves no process, no container and no file after ${SECONDS} s`,
      async (signal, index) => {
        const mark = String(200_000 + process.pid * 10 + index)
        const child = await begin(mark)
        const ended = new Promise<number | null>(resolve => child.once('exit', resolve))
        const start = performance.now()
        child.kill(signal)
        const exitCode = await ended
        while (isRunning(`sleep ${mark}`) && performance.now() - start < SECONDS * 1000) await sleep(50)
        const seconds = (performance.now() - start) / 1000
        expect({
          exitCode,
          running: isRunning(`sleep ${mark}`),
          temporary: readdirSync(at('temp')),
          containers: await leftInStorage()
        }).toEqual({exitCode: 1, running: false, temporary: [], containers: []})
        expect(seconds).toBeLessThan(SECONDS)
      }
    )
  })
})

/** Whether a process of this command line runs. */
function isRunning(line: string): boolean {
  return readdirSync('/proc').some(name => {
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() === line
    } catch {
      return false
    }
  })
}
