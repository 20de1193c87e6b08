import {ReleaseError} from '../errors.js'
import {type MatchStep, compileProgram} from './expression-program.js'
import {type ExpressionPart, UnreadSyntax, parseExpression} from './expression-syntax.js'
import {isShort, isTame} from './tame-expression.js'

/** A regular expression that takes a bounded time on whatever text. */
export interface BoundedExpression {
  readonly source: string
  /** How many groups it has. */
  readonly groups: number
  /**
   * What is found first: the whole, and each group, undefined where it has no part in it. Undefined where nothing is.
   * @throws SlowExpression where it would take longer than it may
   */
  readonly find: (text: string) => readonly (string | undefined)[] | undefined
  readonly test: (text: string) => boolean
}

/** An expression that is refused, or a text that it takes too long for: why, in words. */
export class SlowExpression extends ReleaseError {
  constructor(fault: string) {
    super('INPUT_INVALID', fault)
  }
}

const MOST = {source: 2_000, text: 4_096, work: 1_000_000}

/**
 * Reads a regular expression of JavaScript, with its meaning. JavaScript's own tries every way through an expression, of which
 * `(a+)+$` has 2^n: here no place of the expression is tried twice at one place of the text, so that the work grows with
 * the product of their lengths. That needs the result not to depend on what a group has found: references to groups are
 * refused.
 * @throws SyntaxError as `new RegExp` has it; SlowExpression for what is too large, or refers to groups
 */
export function boundedExpression(source: string, flags = ''): BoundedExpression {
  if (source.length > MOST.source) throw new SlowExpression(`it is longer than ${MOST.source} characters`)
  const known = flags.replace(/[gd]/g, '')
  const native = new RegExp(source, known)
  if (/[^imsuy]/.test(known)) throw new SlowExpression(`its flags ${JSON.stringify(flags)} are not all known`)
  const {part, steps, groups} = programOf(source, known.includes('u'))
  const language = new Language(steps, known)
  const isQuick = !known.includes('m') && isTame(part, character => language.testOf(character))
  const find: BoundedExpression['find'] = text => {
    if (isQuick && isShort(text)) return foundBy(native, text)
    if (text.length > MOST.text)
      throw new SlowExpression(`${source} is held against a text of more than ${MOST.text} characters`)
    return new Search(language, text, source).find(groups)
  }
  return {source, groups, find, test: text => find(text) !== undefined}
}

function foundBy(expression: RegExp, text: string): readonly (string | undefined)[] | undefined {
  expression.lastIndex = 0
  const found = expression.exec(text)
  return found === null ? undefined : Array.from(found)
}

function programOf(
  source: string,
  isUnicode: boolean
): {part: ExpressionPart; steps: readonly MatchStep[]; groups: number} {
  try {
    const {part, groups} = parseExpression(source, isUnicode)
    return {part, steps: compileProgram(part), groups}
  } catch (error) {
    throw error instanceof UnreadSyntax ? new SlowExpression(error.message) : error
  }
}

/** The steps, and which characters they mean: JavaScript's own expressions say so of one character each. */
class Language {
  readonly #characters = new Map<string, (character: string) => boolean>()
  readonly #tests: ((character: string) => boolean)[] = []
  readonly isWord: (character: string) => boolean
  readonly isMultiline: boolean
  readonly isSticky: boolean
  readonly isUnicode: boolean
  readonly #flags: string

  constructor(
    readonly steps: readonly MatchStep[],
    flags: string
  ) {
    this.isMultiline = flags.includes('m')
    this.isSticky = flags.includes('y')
    this.isUnicode = flags.includes('u')
    this.#flags = flags.replace(/[my]/g, '')
    this.isWord = this.testOf('\\w')
  }

  /** Whether the character of a step is this one. */
  takes(index: number, character: string): boolean {
    const step = this.steps[index]
    const test = (this.#tests[index] ??= this.testOf(step?.does === 'take' ? step.character : ''))
    return test(character)
  }

  testOf(character: string): (text: string) => boolean {
    const known = this.#characters.get(character)
    if (known !== undefined) return known
    const expression = new RegExp(`^${character}$`, this.#flags)
    const answers = new Map<string, boolean>()
    const test = (text: string): boolean => {
      const known = answers.get(text)
      if (known !== undefined) return known
      const answer = expression.test(text)
      if (answers.size < 1_000) answers.set(text, answer)
      return answer
    }
    this.#characters.set(character, test)
    return test
  }
}

/** Where a way through the program has come to; `rounds` are those that have taken nothing yet, as bits. */
interface Way {
  step: number
  at: number
  rounds: number
  saved: readonly (number | undefined)[]
}

/** One text, held against an expression. */
class Search {
  readonly #characters: readonly string[]
  #work = 0

  constructor(
    readonly language: Language,
    readonly text: string,
    readonly source: string
  ) {
    this.#characters = language.isUnicode ? Array.from(text) : text.split('')
  }

  find(groups: number): readonly (string | undefined)[] | undefined {
    const last = this.language.isSticky ? 0 : this.#characters.length
    // Ways that led nowhere from one start lead nowhere from the next one.
    const tried = new Set<number>()
    for (let start = 0; start <= last; start++) {
      const end = this.#run({step: 0, at: start, rounds: 0, saved: []}, tried)
      if (end === undefined) continue
      const spans = [start, end.at, ...end.saved.slice(2)]
      return Array.from({length: groups + 1}, (_, index) =>
        this.#between(spans[2 * index], spans[2 * index + 1])
      )
    }
    return undefined
  }

  #between(from: number | undefined, to: number | undefined): string | undefined {
    return from === undefined || to === undefined ? undefined : this.#characters.slice(from, to).join('')
  }

  /** The way that ends first, by the order in which JavaScript tries them. */
  #run(start: Way, tried: Set<number>): Way | undefined {
    const left = [start]
    for (let way = left.pop(); way !== undefined; way = left.pop()) {
      const {saved, step, at, rounds} = way
      const end = this.#follow({saved, step, at, rounds}, left, tried)
      if (end !== undefined) return end
    }
    return undefined
  }

  /** Follows one way to its end, and leaves what branches off from it for later. Undefined where it leads nowhere. */
  #follow(way: Way, left: Way[], tried: Set<number>): Way | undefined {
    for (;;) {
      const step = this.language.steps[way.step]
      if (step === undefined || step.does === 'accept') return way
      this.#count()
      if (step.does === 'split') {
        if (!this.#isFresh(way, tried)) return undefined
        left.push({saved: way.saved, step: step.second, at: way.at, rounds: way.rounds})
        way.step = step.first
      } else if (!this.#goes(way, step)) return undefined
    }
  }

  #count(): void {
    this.#work += 1
    if (this.#work > MOST.work)
      throw new SlowExpression(
        `${this.source} takes more than ${MOST.work} steps on ${JSON.stringify(this.text.slice(0, 60))}; write it with fewer repetitions`
      )
  }

  #isFresh({step, at, rounds}: Way, tried: Set<number>): boolean {
    const key = (step * (this.#characters.length + 1) + at) * 2 ** 16 + rounds
    const {size} = tried
    return tried.add(key).size > size
  }

  /** Takes one step; whether there is a way on. */
  #goes(way: Way, step: Exclude<MatchStep, {does: 'split' | 'accept'}>): boolean {
    way.step += 1
    switch (step.does) {
      case 'take': {
        const character = this.#characters[step.isBackward ? way.at - 1 : way.at]
        way.at += step.isBackward ? -1 : 1
        way.rounds = 0
        return character !== undefined && this.language.takes(way.step - 1, character)
      }
      case 'assert':
        return this.#holds(step.text, way.at)
      case 'go':
        way.step = step.to
        return true
      case 'save':
        way.saved = withSlots(way.saved, [step.slot, step.slot + 1], way.at)
        return true
      case 'forget':
        way.saved = withSlots(way.saved, step.slots, undefined)
        return true
      case 'begin':
        way.rounds |= 1 << step.round
        return true
      case 'end':
        return (way.rounds & (1 << step.round)) === 0
      case 'look': {
        const found = this.#run({saved: way.saved, step: way.step, at: way.at, rounds: 0}, new Set())
        way.step = step.after
        if (found !== undefined) way.saved = found.saved
        return (found === undefined) === step.isNegative
      }
    }
  }

  #holds(text: '^' | '$' | '\\b' | '\\B', at: number): boolean {
    const before = this.#characters[at - 1]
    const after = this.#characters[at]
    const {isMultiline, isWord} = this.language
    if (text === '^') return before === undefined || (isMultiline && isLineEnd(before))
    if (text === '$') return after === undefined || (isMultiline && isLineEnd(after))
    const isBound = (before !== undefined && isWord(before)) !== (after !== undefined && isWord(after))
    return isBound === (text === '\\b')
  }
}

function withSlots(
  saved: readonly (number | undefined)[],
  [first, end]: readonly [number, number],
  at: number | undefined
): readonly (number | undefined)[] {
  const slots = Array.from({length: Math.max(saved.length, end)}, (_, slot) => saved[slot])
  return slots.fill(at, first, end)
}

function isLineEnd(character: string): boolean {
  return /^[\n\r\u2028\u2029]$/.test(character)
}
