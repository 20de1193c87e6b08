import {spawn} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'

const ROOT = path.resolve(import.meta.dirname, '../..')

/** A command line of this source, as a program that scripts can start. */
export interface CommandLine {
  /** What a script writes in place of `image-release`. */
  readonly command: string
  /** A folder for the search path in which `image-release` is. */
  readonly path: string
  remove(): void
}

/** Makes the program of the source as it is, which needs no build. */
export function commandLine(): CommandLine {
  const folder = mkdtempSync(path.join(tmpdir(), 'command-line-'))
  const entry = path.join(folder, 'entry.mjs')
  const main = path.join(ROOT, 'src/main.ts')
  writeFileSync(entry, `import {runCli} from ${JSON.stringify(main)}\nawait runCli()\n`)
  const loader = path.join(ROOT, 'node_modules/tsx/dist/loader.mjs')
  const command = `node --import ${loader} ${entry}`
  const bin = path.join(folder, 'bin')
  mkdirSync(bin)
  writeFileSync(path.join(bin, 'image-release'), `#!/bin/sh\nexec ${command} "$@"\n`, {mode: 0o755})
  return {command, path: bin, remove: () => rmSync(folder, {recursive: true, force: true})}
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
