import {contextsOf} from './expression-text.js'
import type {UsedStep} from './workflow-steps.js'

/** Whose packages an action cleans where its step does not say. */
export interface PackageFacts {
  /** The owner of the repository. */
  readonly owner: string
  /** The name of the repository, without its owner. */
  readonly repository: string
}

/** A step of another clean-up action: what of it was read, and what it comes to here. */
export class StepWords {
  readonly #given: Readonly<Record<string, string>>
  readonly #read = new Set<string>()
  readonly facts: PackageFacts
  /** Inputs of cleanup-latest. */
  readonly inputs: Record<string, string> = {}
  /** Why the step cannot be translated: sentences. */
  readonly faults: string[] = []
  /** What is otherwise here, or has to be known: sentences. */
  readonly notes: string[] = []

  constructor({with: given}: Pick<UsedStep, 'with'>, facts: PackageFacts) {
    this.#given = given
    this.facts = facts
  }

  /** What an input says; undefined where it says nothing. */
  text(name: string): string | undefined {
    this.#read.add(name)
    const value = this.#given[name]?.trim()
    return value === undefined || value === '' ? undefined : value
  }

  /** A flag as GitHub's toolkit reads it; one that a run decides is a fault. */
  flag(name: string): boolean {
    const text = this.text(name)
    if (text === undefined || /^(?:false|False|FALSE)$/.test(text)) return false
    if (/^(?:true|True|TRUE)$/.test(text)) return true
    this.faults.push(`${name} is ${JSON.stringify(text)}, which only a run can tell`)
    return false
  }

  /** A number of things to keep; one that a run decides is a fault. */
  count(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    if (/^\d{1,6}$/.test(text)) return Number(text)
    this.faults.push(`${name} is ${JSON.stringify(text)}, which is no number that can be read here`)
    return undefined
  }

  /** Takes an input for read that means nothing for what goes. */
  leave(...names: readonly string[]): void {
    for (const name of names) this.#read.add(name)
  }

  /** Inputs that nobody asked for: the action, or a later version of it, may know them. */
  unread(): string[] {
    return Object.keys(this.#given).filter(name => !this.#read.has(name))
  }

  /** Sets an input to lines, where there are any. */
  lines(name: string, items: readonly string[]): void {
    if (items.length > 0) this.inputs[name] = items.join('\n')
  }

  /** Who lists and deletes: for both it is the token of the step. */
  token(name: string): void {
    const token = this.text(name) ?? '${{ github.token }}'
    const isOfRun = /^\$\{\{\s*(?:github\.token|secrets\.GITHUB_TOKEN)\s*\}\}$/.test(token)
    const written = isOfRun ? '${{ github.token }}' : token
    this.inputs['github-token'] = written
    this.inputs['registry-credentials'] = `ghcr.io=\${{ github.actor }}:${written}`
  }

  /**
   * How old has to be what goes, and so the least age of all: the other actions know no other, and here it is a day.
   * @param milliseconds undefined where the step names no age
   */
  age(milliseconds: number | undefined): void {
    if (milliseconds !== undefined) this.inputs['older-than'] = spanOf(milliseconds)
    if (milliseconds !== undefined && milliseconds >= DAY) return
    this.inputs['min-age'] = spanOf(milliseconds ?? 0)
    this.notes.push(
      'what was pushed just now goes, too, as before, and a build that is under way may lose its parts; take min-age out to have all stay for 24 hours'
    )
  }
}

/** Whether only a run can tell how many names a text holds: the context of a variable, an input or an output. */
export function isOpenList(text: string): boolean {
  return ['vars', 'env', 'inputs', 'secrets', 'steps', 'needs'].some(name => contextsOf(text).has(name))
}

/** Whether a run of the workflow decides a text. */
export function isOpenEnded(text: string): boolean {
  return text.includes('${{')
}

const SECOND = 1000
const DAY = 24 * 60 * 60 * SECOND
const UNITS = [
  ['w', 7 * DAY],
  ['d', DAY],
  ['h', 60 * 60 * SECOND],
  ['m', 60 * SECOND],
  ['s', SECOND],
  ['ms', 1]
] as const

/** A span of time in the largest unit that holds it: 14 days are `2w`. */
export function spanOf(milliseconds: number): string {
  const whole = Math.round(milliseconds)
  if (whole === 0) return '0'
  const [unit, length] = UNITS.find(([, size]) => whole % size === 0) ?? ['ms', 1]
  return `${whole / length}${unit}`
}

/** The name of a package on GHCR; an owner that the workflow does not spell out is that of the repository. */
export function imageName(owner: string | undefined, name: string, {owner: own}: PackageFacts): string {
  const isOwn = owner === undefined || /^\$\{\{\s*github\.repository_owner\s*\}\}$/.test(owner)
  const image = `ghcr.io/${isOwn ? own : owner}/${name}`
  return isOpenEnded(image) ? image : image.toLowerCase()
}
