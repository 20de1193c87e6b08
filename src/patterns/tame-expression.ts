import type {ExpressionPart} from './expression-syntax.js'

/**
 * What JavaScript's own expressions may have to work through in vain: `ends`, places in the text where a repetition may end
 * and its neighbour begin, and `ways`, choices that are no repetition.
 */
interface Freedom {
  readonly ends: number
  readonly ways: number
}

const MOST: Freedom = {ends: 2, ways: 16}
/** Texts for which that is little: some ten thousand steps. */
const SHORT = /^[\u0000-\u007f]{0,256}$/

/** Whether a text is one of those for which a tame expression is quick. */
export function isShort(text: string): boolean {
  return SHORT.test(text)
}

/**
 * Whether JavaScript's own expression cannot take long on a short text: no repetition in a repetition, and next to no choice of
 * where one ends.
 * @param testOf whether a character is one of a class
 */
export function isTame(
  part: ExpressionPart,
  testOf: (text: string) => (character: string) => boolean
): boolean {
  const {ends, ways} = new Measure(testOf).of(part, undefined)
  return ends + (startsAnywhere(part) ? 1 : 0) <= MOST.ends && ways <= MOST.ways
}

class Measure {
  constructor(readonly testOf: (text: string) => (character: string) => boolean) {}

  /** @param next what stands behind it; undefined for nothing, or what is not known */
  of(part: ExpressionPart, next: ExpressionPart | undefined): Freedom {
    switch (part.kind) {
      case 'character':
      case 'assertion':
        return {ends: 0, ways: 1}
      case 'group':
        return this.of(part.body, next)
      case 'look':
        return this.of(part.body, undefined)
      case 'choice': {
        const all = part.options.map(option => this.of(option, next))
        return {ends: Math.max(...all.map(({ends}) => ends)), ways: sum(all.map(({ways}) => ways))}
      }
      case 'sequence': {
        const all = part.parts.map((one, index) => this.of(one, part.parts[index + 1] ?? next))
        return {ends: sum(all.map(({ends}) => ends)), ways: product(all.map(({ways}) => ways))}
      }
      case 'repetition':
        return this.#repetition(part, next)
    }
  }

  #repetition(
    {body, min, max}: Extract<ExpressionPart, {kind: 'repetition'}>,
    next: ExpressionPart | undefined
  ): Freedom {
    const one = alone(body)
    if (one.kind === 'character')
      return {ends: min === max || this.#isEndedBy(one.text, next) ? 0 : 1, ways: 1}
    if (max > 1) return {ends: Infinity, ways: Infinity}
    const {ends, ways} = this.of(body, next)
    return {ends, ways: ways + 1}
  }

  /** Whether a repetition of a character can only end where the next part begins. */
  #isEndedBy(text: string, next: ExpressionPart | undefined): boolean {
    const follower = next === undefined ? undefined : alone(next)
    if (follower?.kind === 'assertion') return follower.text === '$'
    const taken = follower?.kind === 'repetition' && follower.min > 0 ? alone(follower.body) : follower
    if (taken?.kind !== 'character') return false
    const isRepeated = this.testOf(text)
    const isNext = this.testOf(taken.text)
    return ASCII.every(character => !isRepeated(character) || !isNext(character))
  }
}

const ASCII = Array.from({length: 128}, (_, code) => String.fromCharCode(code))

/** The part itself, without brackets around it. */
function alone(part: ExpressionPart): ExpressionPart {
  if (part.kind === 'group') return alone(part.body)
  const [only, ...others] = part.kind === 'sequence' ? part.parts : []
  return only === undefined || others.length > 0 ? part : alone(only)
}

function startsAnywhere(part: ExpressionPart): boolean {
  const first = part.kind === 'sequence' ? part.parts[0] : part
  return first?.kind !== 'assertion' || first.text !== '^'
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}

function product(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all * one, 1)
}
