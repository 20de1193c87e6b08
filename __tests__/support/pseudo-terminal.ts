import {spawn} from 'node:child_process'

/** What a program said on a terminal, and how it ended. */
export interface TerminalResult {
  readonly exitCode: number
  /** Standard output and error, as they are mixed on a screen. */
  readonly screen: string
}

/** What is typed when a text is on the screen; nothing is typed otherwise, and the input does not end. */
export interface Typing {
  readonly after: string
  readonly keys: string
}

/**
 * Runs a line of a shell on a terminal of its own, by `script` of util-linux. A program that asks and is not answered
 * is ended, and its question is what is on the screen.
 */
export async function runOnTerminal(
  line: string,
  options: {readonly cwd: string; readonly env: Readonly<Record<string, string>>; readonly typing?: Typing}
): Promise<TerminalResult> {
  const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
    cwd: options.cwd,
    env: options.env,
    stdio: ['pipe', 'pipe', 'inherit']
  })
  let screen = ''
  let hasTyped = false
  child.stdout.on('data', (chunk: Buffer) => {
    screen += chunk.toString()
    const {typing} = options
    if (hasTyped) return
    if (typing !== undefined && screen.includes(typing.after)) child.stdin.write(typing.keys)
    else if (screen.includes('[y/N]')) child.kill()
    else return
    hasTyped = true
  })
  const exitCode = await new Promise<number>(resolve => child.on('close', code => resolve(code ?? -1)))
  return {exitCode, screen}
}
