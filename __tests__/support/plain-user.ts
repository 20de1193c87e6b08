import {spawnSync} from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {type ScriptResult, runScript} from './command-line.js'
import {findComponent} from './components.js'
import {storageConfiguration} from './container-storage.js'
import {type RealBuilderName, isRecent, programOf} from './real-builders.js'

/** A user without rights, with a range of subordinate ids; `script/components` makes it. */
const USER = 'image-release-builder'
const DIST = path.resolve(import.meta.dirname, '../../dist')

/** Whether this process may become that user. */
export const hasPlainUser = process.getuid?.() === 0 && spawnSync('id', [USER]).status === 0

/** The program and a builder as a user without rights has them. */
export interface PlainUser {
  /** A folder that all may enter, with `context` for a build. */
  readonly folder: string
  /** Runs the program of `dist` with these arguments, each a word, and variables. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<ScriptResult>
  remove(): void
}

/** Copies what is needed to where that user may read it: a checkout may lie where only its owner goes. */
export function plainUser(name: RealBuilderName, context: string): PlainUser {
  const folder = mkdtempSync(path.join(tmpdir(), 'plain-user-'))
  const at = (...names: string[]): string => path.join(folder, ...names)
  chmodSync(folder, 0o755)
  for (const one of ['home', 'run', 'temp', 'bin']) mkdirSync(at(one))
  cpSync(DIST, at('dist'), {recursive: true})
  cpSync(context, at('context'), {recursive: true})
  copyFileSync(process.execPath, at('bin', 'node'))
  const recent = isRecent(name) ? findComponent(`recent/${programOf(name)}`) : undefined
  if (recent !== undefined) copyFileSync(recent, at('bin', programOf(name)))
  writeFileSync(at('storage.conf'), storageConfiguration('vfs', at('home', 'storage'), at('run', 'storage')))
  spawnSync('chown', ['-R', USER, ...['home', 'run', 'temp', 'context'].map(one => at(one))])
  const variables = {
    HOME: at('home'),
    XDG_RUNTIME_DIR: at('run'),
    TMPDIR: at('temp'),
    CONTAINERS_STORAGE_CONF: at('storage.conf'),
    PATH: [at('bin'), '/usr/bin', '/bin', '/usr/sbin', '/sbin'].join(path.delimiter)
  }
  return {
    folder,
    run: async (args, env = {}) =>
      await runScript(
        `exec setpriv --reuid=${USER} --regid=${USER} --init-groups ${at('bin/node')} ${at('dist/cli.js')} ${args.join(' ')}`,
        {
          cwd: at('home'),
          env: {...variables, ...env}
        }
      ),
    remove() {
      endPause(at('run/libpod/tmp/pause.pid'))
      rmSync(folder, {recursive: true, force: true})
    }
  }
}

/** podman without root leaves a process that keeps its namespace; one that is gone may have left its number to another. */
function endPause(file: string): void {
  if (!existsSync(file)) return
  const pid = Number(readFileSync(file, 'utf8'))
  const line = `/proc/${pid}/cmdline`
  if (existsSync(line) && /podman|catatonit/.test(readFileSync(line, 'utf8'))) process.kill(pid)
}
