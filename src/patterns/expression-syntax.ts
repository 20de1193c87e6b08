/** A part of a regular expression, as ECMA-262 ("Patterns") means it. */
export type ExpressionPart =
  | {readonly kind: 'character'; readonly text: string}
  | {readonly kind: 'assertion'; readonly text: '^' | '$' | '\\b' | '\\B'}
  | {readonly kind: 'sequence'; readonly parts: readonly ExpressionPart[]}
  | {readonly kind: 'choice'; readonly options: readonly ExpressionPart[]}
  | {readonly kind: 'group'; readonly number: number; readonly body: ExpressionPart}
  | {
      readonly kind: 'look'
      readonly isBehind: boolean
      readonly isNegative: boolean
      readonly body: ExpressionPart
    }
  | Repetition

/** A part that stands between `min` and `max` times; `groups` are the numbers of those in it, first and behind the last. */
export interface Repetition {
  readonly kind: 'repetition'
  readonly body: ExpressionPart
  readonly min: number
  readonly max: number
  readonly isLazy: boolean
  readonly groups: readonly [first: number, end: number]
}

/** What the syntax has and this does not read. */
export class UnreadSyntax extends Error {}

/** How many groups there may be, and how deep they may stand in each other. */
const MAX_GROUPS = 100
const MAX_DEPTH = 50

/** One class of characters, or one character by its escape. */
const CLASS = /\[(?:\\[^]|[^\]\\])*\]/y
const ESCAPE =
  /\\(?:c[A-Za-z]|x[0-9A-Fa-f]{2}|u\{[0-9A-Fa-f]+\}|u[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[pP]\{[^}]*\}|0(?!\d)|[^1-9])/uy
/** Without the flag u these mean the letters that they begin with. */
const PLAIN_ESCAPE = /\\(?:c[A-Za-z]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|0(?!\d)|(?![\dck])[^])/y
const QUANTIFIER = /(?:[*+?]|\{(\d+)(,(\d*))?\})(\??)/y
const GROUP = /\((?:\?(?:<?[=!]|:|<[^>]+>))?/y

/**
 * Reads what `new RegExp` has accepted.
 * @throws UnreadSyntax for references to groups, and for what is newer than ES2022
 */
export function parseExpression(source: string, isUnicode: boolean): {part: ExpressionPart; groups: number} {
  const reader = new Reader(source, isUnicode)
  const part = reader.choice(0)
  return {part, groups: reader.groups}
}

class Reader {
  groups = 0
  #at = 0

  constructor(
    readonly source: string,
    readonly isUnicode: boolean
  ) {}

  choice(depth: number): ExpressionPart {
    if (depth > MAX_DEPTH)
      throw new UnreadSyntax(`groups are nested more than ${MAX_DEPTH} deep in each other`)
    const options = [this.#sequence(depth)]
    while (this.#take('|')) options.push(this.#sequence(depth))
    return options.length === 1 && options[0] !== undefined ? options[0] : {kind: 'choice', options}
  }

  #sequence(depth: number): ExpressionPart {
    const parts: ExpressionPart[] = []
    while (this.#at < this.source.length && !/^[|)]/.test(this.source.slice(this.#at, this.#at + 1))) {
      const before = this.groups
      const part = this.#part(depth)
      parts.push(this.#repeated(part, [before + 1, this.groups + 1]))
    }
    return {kind: 'sequence', parts}
  }

  #repeated(body: ExpressionPart, groups: readonly [number, number]): ExpressionPart {
    const found = this.#match(QUANTIFIER)
    if (found === undefined) return body
    const [text, least, range, most, lazy] = found
    const isLazy = lazy === '?'
    if (least === undefined) {
      const max = text.startsWith('?') ? 1 : Infinity
      return {kind: 'repetition', body, min: text.startsWith('+') ? 1 : 0, max, isLazy, groups}
    }
    const min = Number(least)
    const max = range === undefined ? min : most === '' ? Infinity : Number(most)
    return {kind: 'repetition', body, min, max, isLazy, groups}
  }

  #part(depth: number): ExpressionPart {
    const next = this.source[this.#at] ?? ''
    if (next === '(') return this.#group(depth)
    if (next === '[') return this.#character(this.#match(CLASS)?.[0])
    if (next === '\\') return this.#escape()
    if (next === '^' || next === '$') {
      this.#at += 1
      return {kind: 'assertion', text: next}
    }
    const point = String.fromCodePoint(this.source.codePointAt(this.#at) ?? 0)
    const text = this.isUnicode ? point : next
    this.#at += text.length
    return {kind: 'character', text: /[{}\]]/.test(text) ? `\\${text}` : text}
  }

  #escape(): ExpressionPart {
    const text = this.source.slice(this.#at, this.#at + 2)
    if (text === '\\b' || text === '\\B') {
      this.#at += 2
      return {kind: 'assertion', text}
    }
    return this.#character(this.#match(this.isUnicode ? ESCAPE : PLAIN_ESCAPE)?.[0])
  }

  #character(text: string | undefined): ExpressionPart {
    if (text === undefined || /^\\k/.test(text))
      throw new UnreadSyntax(
        `${JSON.stringify(this.source.slice(this.#at, this.#at + 8))} refers to a group, or is an octal number`
      )
    return {kind: 'character', text}
  }

  #group(depth: number): ExpressionPart {
    const opening = this.#match(GROUP)?.[0] ?? ''
    if (opening === '(' && this.source[this.#at] === '?')
      throw new UnreadSyntax('flags within an expression are not known')
    const isCapture = opening === '(' || /^\(\?<[^=!]/.test(opening)
    const number = isCapture ? ++this.groups : 0
    if (number > MAX_GROUPS) throw new UnreadSyntax(`it has more than ${MAX_GROUPS} groups`)
    const body = this.choice(depth + 1)
    this.#take(')')
    if (isCapture) return {kind: 'group', number, body}
    if (opening === '(?:') return {kind: 'sequence', parts: [body]}
    return {kind: 'look', isBehind: opening.includes('<'), isNegative: opening.endsWith('!'), body}
  }

  #take(sign: string): boolean {
    if (this.source[this.#at] !== sign) return false
    this.#at += 1
    return true
  }

  #match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#at
    const found = expression.exec(this.source)
    if (found === null) return undefined
    this.#at = expression.lastIndex
    return found
  }
}
