import {InputError} from '../../errors.js'
import {type Platform, formatPlatform, parsePlatform} from '../../oci/platform.js'
import type {Runner, RunnerGroup} from '../../contracts/plan.js'
import {tryParseJson} from '../../shared/json.js'

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
 * Reads `platform=runner`: a label, labels joined by "+", `group:NAME` with labels behind it, or JSON: a list of labels, or a
 * map of group and labels.
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
  const hosted = platform.os === 'linux' ? HOSTED.get(platform.architecture) : undefined
  const runner = entry?.runner ?? hosted ?? FALLBACK
  return {runner, isEmulated: isEmulatedOn(runner, platform)}
}

/** GitHub's own runners by the start and end of their labels; of all others it is for their owners to know. */
const OWN_LABELS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^ubuntu-.*-arm$/, ['arm64']],
  [/^ubuntu-/, ['amd64', '386']]
]

/** Whether a runner of GitHub's own is of another architecture than the platform. */
export function isEmulatedOn(runner: Runner, {os, architecture}: Platform): boolean {
  if (typeof runner !== 'string') return false
  const own = OWN_LABELS.find(([label]) => label.test(runner))?.[1]
  return own !== undefined && !(os === 'linux' && own.includes(architecture))
}

/** A runner in words: `self-hosted + arm64`, `group big + arm64`. */
export function describeRunner(runner: Runner): string {
  if (typeof runner === 'string') return runner
  if (!isGroup(runner)) return runner.join(' + ')
  return [`group ${runner.group}`, ...[runner.labels ?? []].flat()].join(' + ')
}

function isGroup(runner: Runner): runner is RunnerGroup {
  return typeof runner === 'object' && 'group' in runner
}

function runnerOf(text: string): Runner {
  if (text.startsWith('{')) return parseGroup(text)
  const labels = text.startsWith('[') ? parseLabels(text) : text.split('+').map(label => label.trim())
  const [first, ...others] = labels
  if (first === undefined || labels.includes('')) throw fault(`${JSON.stringify(text)} names no runner`)
  if (first.startsWith('group:')) return groupOf(first.slice('group:'.length).trim(), others)
  return labels.length === 1 ? first : labels
}

function groupOf(group: string, labels: readonly string[]): RunnerGroup {
  if (group === '') throw fault('"group:" names no group')
  return labels.length === 0 ? {group} : {group, labels}
}

function parseGroup(text: string): RunnerGroup {
  const map = tryParseJson(text)
  if (typeof map !== 'object' || map === null || !('group' in map) || typeof map.group !== 'string')
    throw fault(`${text} is not a JSON map of group and labels`)
  const labels = 'labels' in map ? [map.labels].flat() : []
  if (
    !labels.every(label => typeof label === 'string') ||
    Object.keys(map).some(key => !/^(group|labels)$/.test(key))
  )
    throw fault(`${text} is not a JSON map of group and labels`)
  return groupOf(map.group, labels)
}

function parseLabels(text: string): string[] {
  const labels = tryParseJson(text)
  if (Array.isArray(labels) && labels.every(label => typeof label === 'string')) return labels
  throw fault(`${text} is not a JSON list of labels`)
}

function fault(message: string): InputError {
  return new InputError([{input: 'runners', message}])
}
