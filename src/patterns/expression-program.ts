import {type ExpressionPart, type Repetition, UnreadSyntax} from './expression-syntax.js'

/** One step of a matcher. Numbers are places in the program. */
export type MatchStep =
  | {readonly does: 'take'; readonly character: string; readonly isBackward: boolean}
  | {readonly does: 'assert'; readonly text: '^' | '$' | '\\b' | '\\B'}
  /** Tries `first`, and then `second`. */
  | {readonly does: 'split'; first: number; second: number}
  | {readonly does: 'go'; to: number}
  /** Writes down the place in the text, or forgets the groups of an earlier round. */
  | {readonly does: 'save'; readonly slot: number}
  | {readonly does: 'forget'; readonly slots: readonly [first: number, end: number]}
  /** A round begins, and ends: one that took nothing is none (ECMA-262, RepeatMatcher). */
  | {readonly does: 'begin'; readonly round: number}
  | {readonly does: 'end'; readonly round: number}
  | {readonly does: 'look'; readonly isNegative: boolean; after: number}
  | {readonly does: 'accept'}

/** What an expression may be made of at most: repetitions are written out. */
const MOST = {steps: 4_000, rounds: 16, written: 20_000}

/**
 * Makes the steps of an expression.
 * @throws UnreadSyntax where it would have more than can be worked through
 */
export function compileProgram(part: ExpressionPart): MatchStep[] {
  const writer = new Writer()
  writer.write(part, false)
  writer.add({does: 'accept'})
  return writer.steps
}

class Writer {
  readonly steps: MatchStep[] = []
  readonly #rounds = new Map<Repetition, number>()
  #written = 0

  add<Added extends MatchStep>(step: Added): Added {
    if (this.steps.length >= MOST.steps)
      throw new UnreadSyntax(`its repetitions, written out, are more than ${MOST.steps} steps`)
    this.steps.push(step)
    return step
  }

  write(part: ExpressionPart, isBackward: boolean): void {
    switch (part.kind) {
      case 'character':
        this.add({does: 'take', character: part.text, isBackward})
        return
      case 'assertion':
        this.add({does: 'assert', text: part.text})
        return
      case 'sequence':
        for (const one of isBackward ? [...part.parts].reverse() : part.parts) this.write(one, isBackward)
        return
      case 'choice':
        this.#choice(part.options, isBackward)
        return
      case 'group':
        this.add({does: 'save', slot: 2 * part.number + (isBackward ? 1 : 0)})
        this.write(part.body, isBackward)
        this.add({does: 'save', slot: 2 * part.number + (isBackward ? 0 : 1)})
        return
      case 'look':
        this.#look(part)
        return
      case 'repetition':
        this.#repetition(part, isBackward)
    }
  }

  #choice(options: readonly ExpressionPart[], isBackward: boolean): void {
    const ends: {to: number}[] = []
    for (const [index, option] of options.entries()) {
      const isLast = index === options.length - 1
      const split = isLast ? undefined : this.add({does: 'split', first: this.steps.length + 1, second: 0})
      this.write(option, isBackward)
      if (split === undefined) continue
      ends.push(this.add({does: 'go', to: 0}))
      split.second = this.steps.length
    }
    for (const end of ends) end.to = this.steps.length
  }

  #look({isBehind, isNegative, body}: Extract<ExpressionPart, {kind: 'look'}>): void {
    const look = this.add({does: 'look', isNegative, after: 0})
    this.write(body, isBehind)
    this.add({does: 'accept'})
    look.after = this.steps.length
  }

  #repetition(part: Repetition, isBackward: boolean): void {
    for (let times = 0; times < part.min; times++) this.#round(part, isBackward)
    if (part.max === Infinity) {
      const split = this.add({does: 'split', first: 0, second: 0})
      const start = this.steps.indexOf(split, this.steps.length - 1)
      this.#optionalRound(part, isBackward)
      this.add({does: 'go', to: start})
      this.#aim(split, start + 1, part.isLazy)
      return
    }
    const splits: {readonly split: {first: number; second: number}; readonly start: number}[] = []
    for (let times = part.min; times < part.max; times++) {
      const split = this.add({does: 'split', first: 0, second: 0})
      splits.push({split, start: this.steps.length})
      this.#optionalRound(part, isBackward)
    }
    for (const {split, start} of splits) this.#aim(split, start, part.isLazy)
  }

  /** Into the round, or past all of them to where the next step will stand. */
  #aim(split: {first: number; second: number}, start: number, isLazy: boolean): void {
    const end = this.steps.length
    split.first = isLazy ? end : start
    split.second = isLazy ? start : end
  }

  #round({body, groups: [first, end]}: Repetition, isBackward: boolean): void {
    this.#written += 1
    if (this.#written > MOST.written)
      throw new UnreadSyntax(`its repetitions are written out more than ${MOST.written} times`)
    if (end > first) this.add({does: 'forget', slots: [2 * first, 2 * end]})
    this.write(body, isBackward)
  }

  #optionalRound(part: Repetition, isBackward: boolean): void {
    if (!mayBeEmpty(part.body)) {
      this.#round(part, isBackward)
      return
    }
    const round = this.#rounds.get(part) ?? this.#rounds.size
    this.#rounds.set(part, round)
    if (round >= MOST.rounds)
      throw new UnreadSyntax(`more than ${MOST.rounds} of its repetitions are of what may be empty`)
    this.add({does: 'begin', round})
    this.#round(part, isBackward)
    this.add({does: 'end', round})
  }
}

function mayBeEmpty(part: ExpressionPart): boolean {
  switch (part.kind) {
    case 'character':
      return false
    case 'assertion':
    case 'look':
      return true
    case 'sequence':
      return part.parts.every(mayBeEmpty)
    case 'choice':
      return part.options.some(mayBeEmpty)
    case 'group':
      return mayBeEmpty(part.body)
    case 'repetition':
      return part.min === 0 || mayBeEmpty(part.body)
  }
}
