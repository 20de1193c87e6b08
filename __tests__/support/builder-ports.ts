import {spawn} from 'node:child_process'
import {createInterface} from 'node:readline'
import type {Exec, ExecResult, Ports, Reporter} from '../../src/ports.js'
import type {BuilderPorts} from '../../src/building/builders/builder.js'
import {componentPath} from './components.js'

/** Runs real programs with some variables set; the components come first in the search path. */
export function execWithEnvironment(env: Readonly<Record<string, string>>): Exec {
  return (command, args, options = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(command, args, {
        cwd: options.cwd,
        env: {...process.env, PATH: componentPath, ...env, ...options.env},
        signal: options.signal
      })
      const output = {stdout: '', stderr: ''}
      for (const name of ['stdout', 'stderr'] as const) {
        child[name].on('data', (chunk: Buffer) => (output[name] += chunk.toString()))
        createInterface({input: child[name]}).on('line', line => options.onLine?.(line))
      }
      child.on('error', reject)
      child.on('close', code => resolve({exitCode: code ?? 128, ...output}))
      child.stdin.on('error', () => undefined)
      child.stdin.end(options.input ?? '')
    })
}

/** What a program in a script answers: its standard output, all of the answer, or undefined where it is not installed. */
export type Answer = string | Partial<ExecResult> | undefined

/**
 * Programs that answer as written down: each call, as one line, gets the answer of the first entry that it starts
 * with. Any other program is not installed. All calls are kept.
 */
export function scriptedExec(script: Readonly<Record<string, Answer>>): Exec & {readonly calls: string[]} {
  const calls: string[] = []
  const exec: Exec = (command, args) => {
    const line = [command, ...args].join(' ')
    calls.push(line)
    const answer = Object.entries(script).find(([start]) => line.startsWith(start))?.[1]
    if (answer === undefined) return Promise.reject(new Error(`spawn ${command} ENOENT`))
    const result = typeof answer === 'string' ? {stdout: answer} : answer
    return Promise.resolve({exitCode: 0, stdout: '', stderr: '', ...result})
  }
  return Object.assign(exec, {calls})
}

/** Ports for a builder, and no variables; what it reports is kept as lines, `notice: …`. */
export function builderPorts(
  exec: Exec,
  signal: AbortSignal = new AbortController().signal
): BuilderPorts & Pick<Ports, 'environment'> & {readonly lines: string[]} {
  const lines: string[] = []
  const say = (level: string) => (line: string) => void lines.push(`${level}: ${line}`)
  const reporter: Reporter = {
    debug: say('debug'),
    info: say('info'),
    notice: say('notice'),
    warning: say('warning'),
    group: (_title, body) => body(),
    summary: say('summary'),
    progress: () => ({advance: () => undefined, end: () => undefined}),
    secret: () => undefined
  }
  return {exec, reporter, signal, lines, environment: () => undefined}
}
