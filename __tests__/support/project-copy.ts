import {execFileSync, spawnSync} from 'node:child_process'
import {appendFileSync, cpSync, existsSync, mkdtempSync, rmSync, symlinkSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'

const ROOT = path.resolve(import.meta.dirname, '../..')

/** A copy of this project in a temporary folder, to break and to look what notices. */
export interface ProjectCopy {
  readonly folder: string
  /** Adds a text to the end of a file, which need not be there. */
  append(file: string, text: string): void
  remove(file: string): void
  /** Runs a script of the project. */
  run(script: string, ...args: string[]): {readonly exitCode: number; readonly output: string}
  dispose(): void
}

/**
 * Copies the files that are or could be committed.
 * @param isWanted chooses among them, by their path
 * @param packages whether the packages of this project are there, by a link
 */
export function copyProject(isWanted: (file: string) => boolean, packages: 'none' | 'linked'): ProjectCopy {
  const folder = mkdtempSync(path.join(tmpdir(), 'project-'))
  for (const file of listFiles().filter(isWanted)) cpSync(path.join(ROOT, file), path.join(folder, file))
  if (packages === 'linked') symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'))
  execFileSync('git', ['init', '--quiet'], {cwd: folder})
  execFileSync('git', ['add', '--all'], {cwd: folder})
  return {
    folder,
    append: (file, text) => appendFileSync(path.join(folder, file), text),
    remove: file => rmSync(path.join(folder, file)),
    run(script, ...args) {
      // jest's own NODE_OPTIONS and its variables are not the script's.
      // jest asks the programs of its workers for colours where its own terminal, or CI, has them.
      const env = {...process.env, NODE_OPTIONS: '', REQUIRE_COMPONENTS: '', NO_COLOR: '1'}
      Reflect.deleteProperty(env, 'FORCE_COLOR')
      const {status, stdout, stderr} = spawnSync(path.join(folder, script), args, {env, encoding: 'utf8'})
      return {exitCode: status ?? -1, output: stdout + stderr}
    },
    dispose: () => rmSync(folder, {recursive: true, force: true})
  }
}

function listFiles(): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const files = execFileSync('git', args, {cwd: ROOT, encoding: 'utf8'}).split('\0')
  return files.filter(file => file !== '' && existsSync(path.join(ROOT, file)))
}
