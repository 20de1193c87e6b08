import {execFileSync, spawn} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import path from 'node:path'

const ROOT = path.resolve(import.meta.dirname, '../..')
/** Here a program finds the packages. */
const CACHE = path.join(ROOT, 'node_modules/.cache')

/** A command line of this source, as a program that scripts can start. */
export interface CommandLine {
  /** What a script writes in place of `image-release`. */
  readonly command: string
  /** The program as an argument of node. */
  readonly entry: string
  /** A folder for the search path in which `image-release` is. */
  readonly path: string
  remove(): void
}

/**
 * Makes the program of the source as it is, which needs no build of dist. It is bundled once: a loader that compiles each
 * file at each start takes five times as long as the program.
 * @param main calls `runCli` or `runAction`
 */
export function commandLine(main = 'await runCli()'): CommandLine {
  mkdirSync(CACHE, {recursive: true})
  const folder = mkdtempSync(path.join(CACHE, 'command-line-'))
  const entry = path.join(folder, 'entry.mjs')
  bundleSource(folder)
  writeFileSync(entry, `import {runAction, runCli} from './main.mjs'\n${main}\n`)
  const command = `node ${entry}`
  const bin = path.join(folder, 'bin')
  mkdirSync(bin)
  writeFileSync(path.join(bin, 'image-release'), `#!/bin/sh\nexec ${command} "$@"\n`, {mode: 0o755})
  return {command, entry, path: bin, remove: () => rmSync(folder, {recursive: true, force: true})}
}

/** In chunks, as dist is, so that a command loads what it needs; packages stay as they are. */
function bundleSource(folder: string): void {
  execFileSync(path.join(ROOT, 'node_modules/.bin/esbuild'), [
    path.join(ROOT, 'src/main.ts'),
    `--outdir=${folder}`,
    ...['--bundle', '--splitting', '--packages=external', '--log-level=error'],
    ...['--format=esm', '--platform=node', '--target=node20', '--out-extension:.js=.mjs']
  ])
}

/** What a script did. */
export interface ScriptResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a script by a shell, without the variables of this CI run. */
export async function runScript(
  script: string,
  options: {readonly cwd: string; readonly env: Readonly<Record<string, string>>; readonly shell?: string}
): Promise<ScriptResult> {
  const child = spawn(options.shell ?? 'sh', ['-c', script], {
    cwd: options.cwd,
    env: {...plainEnvironment(), ...options.env},
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const texts = {stdout: '', stderr: ''}
  child.stdout.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString()))
  const exitCode = await new Promise<number>(resolve => child.on('close', code => resolve(code ?? -1)))
  return {exitCode, ...texts}
}

/** The variables of this process, without those of a CI run. */
export function plainEnvironment(): Record<string, string> {
  const isOfRun = (name: string): boolean =>
    /^(GITHUB_|CI$|CI_|GITLAB|JENKINS|NODE_OPTIONS|FORCE_COLOR)/.test(name)
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => {
      return entry[1] !== undefined && !isOfRun(entry[0])
    })
  )
}
