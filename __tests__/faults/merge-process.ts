import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {formatPlan} from '../../src/contracts/plan-format.js'
import type {BuiltRelease} from './release-world.js'

/** merge-manifest as a process of its own, which can be killed at any moment. */
export interface MergeProcess {
  /** Runs to its end, and gives its exit code; undefined where it was killed. */
  readonly run: () => Promise<number | undefined>
  /** Kills it with SIGKILL, and waits until it is gone. */
  readonly kill: () => Promise<void>
}

/** Writes plan and records to files, as they lie before a merge on a command line. */
export async function prepareMerge({plan, records}: BuiltRelease): Promise<MergeProcess> {
  const folder = await mkdtemp(path.join(tmpdir(), 'merge-'))
  await mkdir(path.join(folder, 'records'))
  await writeFile(path.join(folder, 'plan.json'), formatPlan(plan))
  for (const [name, record] of records) await writeFile(path.join(folder, 'records', name), record)
  const state: {child?: ChildProcess; gone?: Promise<unknown>} = {}
  return {
    async run() {
      const child = spawn(
        process.execPath,
        [path.resolve('dist/cli.js'), 'merge-manifest', '--plan', 'plan.json', '--records-folder', 'records'],
        {
          cwd: folder,
          stdio: 'ignore',
          env: {PATH: process.env['PATH'], HOME: folder}
        }
      )
      state.child = child
      state.gone = once(child, 'exit')
      await state.gone
      await rm(folder, {recursive: true, force: true})
      return child.signalCode === 'SIGKILL' ? undefined : (child.exitCode ?? -1)
    },
    async kill() {
      state.child?.kill('SIGKILL')
      await state.gone
    }
  }
}
