import {InputError} from '../errors.js'
import {type Platform, formatPlatform, parsePlatform} from '../oci/platform.js'

/** What `runs-on` takes: a label, or several that one runner must have all of. */
export type Runner = string | readonly string[]

/** One line of the input `runners`. */
export interface RunnerEntry {
  /** `linux/arm64`, or `*` for every platform that has no entry of its own. */
  readonly platform: string
  readonly runner: Runner
}

/** A platform's runner; emulated where the runner's own architecture is another. */
export interface ChosenRunner {
  readonly runner: Runner
  readonly isEmulated: boolean
}

/** GitHub's own runners by the architecture of an image that they run natively. */
const HOSTED: ReadonlyMap<string, string> = new Map([
  ['amd64', 'ubuntu-24.04'],
  ['386', 'ubuntu-24.04'],
  ['arm64', 'ubuntu-24.04-arm']
])

/** Builds everything else, by emulation. */
const FALLBACK = 'ubuntu-24.04'

/**
 * Reads `platform=runner`: a label, labels joined by "+", or a JSON list of labels.
 * @throws InputError
 */
export function parseRunnerEntry(line: string): RunnerEntry {
  const at = line.indexOf('=')
  if (at < 1) throw fault(`${JSON.stringify(line)} is not of the form platform=runner`)
  const platform = line.slice(0, at).trim()
  return {
    platform: platform === '*' ? platform : formatPlatform(parsePlatform(platform)),
    runner: runnerOf(line.slice(at + 1).trim())
  }
}

/** The runner that builds a platform. */
export function chooseRunner(platform: Platform, entries: readonly RunnerEntry[]): ChosenRunner {
  const name = formatPlatform(platform)
  const entry =
    entries.findLast(each => each.platform === name) ?? entries.findLast(each => each.platform === '*')
  if (entry !== undefined) return {runner: entry.runner, isEmulated: false}
  const hosted = platform.os === 'linux' ? HOSTED.get(platform.architecture) : undefined
  return {runner: hosted ?? FALLBACK, isEmulated: hosted === undefined}
}

function runnerOf(text: string): Runner {
  const labels = text.startsWith('[') ? parseLabels(text) : text.split('+').map(label => label.trim())
  const [first] = labels
  if (first === undefined || labels.includes('')) throw fault(`${JSON.stringify(text)} names no runner`)
  return labels.length === 1 ? first : labels
}

function parseLabels(text: string): string[] {
  try {
    const labels: unknown = JSON.parse(text)
    if (Array.isArray(labels) && labels.every(label => typeof label === 'string')) return labels
  } catch {
    // The message below says all that is to be said.
  }
  throw fault(`${text} is not a JSON list of labels`)
}

function fault(message: string): InputError {
  return new InputError([{input: 'runners', message}])
}
