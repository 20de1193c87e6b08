import {cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {performance} from 'node:perf_hooks'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, beforeAll, describe, expect, it, jest} from '@jest/globals'
import {STOPPING} from '../../src/machine/system-ports.js'
import {
  type BegunRun,
  type EndlessRegistry,
  beginRun,
  isRunning,
  processesOf,
  startEndlessRegistry
} from '../support/cancelled-run.js'
import {type CommandLine, commandLine} from '../support/command-line.js'
import {describeWith, itOnRootFilesystem, rootFilesystem} from '../support/components.js'
import {BUILDERS, type RealBuilder, programOf, startBuilder} from '../support/real-builders.js'

jest.setTimeout(120_000)

const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'amd64'
/** What is left of a cancelled run has this long to go. */
const SECONDS = 5
/** A file of so many bytes is copied longer than it takes to cancel that; it has none on the disk. */
const LARGE = 16 * 2 ** 30

describe.each(BUILDERS)('a build by %s that is cancelled', (name, programs) => {
  describeWith(programs, 'really', () => {
    let folder: string
    let program: CommandLine
    let registry: EndlessRegistry
    let builder: RealBuilder
    const at = (file: string): string => path.join(folder, file)

    beforeAll(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'cancelled-'))
      program = commandLine()
      registry = await startEndlessRegistry(ARCHITECTURE)
      builder = await startBuilder(name, [registry.host])
    })
    afterAll(async () => {
      await builder.stop()
      await registry.stop()
      program.remove()
      rmSync(folder, {recursive: true, force: true})
    })

    /** Builds a Containerfile, with files beside it, until it is as far as a test wants it. */
    const begin = async (
      containerfile: string,
      until: RegExp | Promise<unknown>,
      fill: (context: string) => void = () => undefined
    ): Promise<BegunRun> => {
      rmSync(at('context'), {recursive: true, force: true})
      mkdirSync(at('context'))
      fill(at('context'))
      writeFileSync(at('context/Containerfile'), containerfile)
      const flags = {
        builder: programOf(name),
        context: at('context'),
        images: 'registry.invalid/o/app',
        platforms: `linux/${ARCHITECTURE}`,
        push: 'false',
        insecure: 'true'
      }
      const given = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value])
      const args = [program.entry, 'build-by-digest', ...given]
      return await beginRun({args, env: builder.env, temporary: at('temp'), until})
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

    /** Cancels a run, and says what is left of it when all is gone, or its time is up. */
    const leftAfter = async ({child, ended}: BegunRun, signal: NodeJS.Signals, isGone: () => boolean) => {
      const start = performance.now()
      child.kill(signal)
      const exitCode = await ended
      const left = (): string[] => processesOf(at('temp'))
      const seconds = (): number => (performance.now() - start) / 1000
      while ((!isGone() || left().length > 0) && seconds() < SECONDS) await sleep(50)
      const isInTime = seconds() < SECONDS
      return {
        exitCode,
        isInTime,
        isGone: isGone(),
        processes: left(),
        temporary: readdirSync(at('temp')),
        containers: await leftInStorage()
      }
    }
    const NOTHING = {exitCode: 1, isInTime: true, isGone: true, processes: [], temporary: [], containers: []}

    itOnRootFilesystem(ARCHITECTURE).each(STOPPING.map((signal, index) => [signal, index] as const))(
      `by %s leaves no process, no container and no file after ${SECONDS} s`,
      async (signal, index) => {
        // A step that goes on for a day, and which no other test has.
        const line = `sleep ${200_000 + process.pid * 10 + index}`
        const run = await begin(
          `FROM scratch\nADD base.tar /\nENV PATH=/bin\nRUN echo begun-$((1+1)); ${line}\n`,
          /begun-2/,
          context => cpSync(rootFilesystem(ARCHITECTURE), path.join(context, 'base.tar'))
        )
        expect(await leftAfter(run, signal, () => !isRunning(line))).toEqual(NOTHING)
      }
    )

    it.each(STOPPING)('by %s while it copies leaves nothing either', async signal => {
      const run = await begin(
        'FROM scratch\nCOPY large /\n',
        /transferring context: [\d.]+ ?[MG]B|STEP \d+\/\d+: COPY large/,
        context => {
          writeFileSync(path.join(context, 'large'), '')
          truncateSync(path.join(context, 'large'), LARGE)
        }
      )
      expect(await leftAfter(run, signal, () => true)).toEqual(NOTHING)
    })

    it.each(STOPPING)(
      'by %s while it pulls the base of a later stage leaves nothing either, and nobody waits for the layer',
      async signal => {
        const run = await begin(
          `FROM scratch AS first\nCOPY Containerfile /\nFROM ${registry.image}\nCOPY --from=first / /\n`,
          registry.asked()
        )
        expect(registry.waiting()).toBeGreaterThan(0)
        expect(await leftAfter(run, signal, () => registry.waiting() === 0)).toEqual(NOTHING)
      }
    )
  })
})
