import {type Block, type Expression, HclFault, type HclFile, type Operator} from './hcl-expression.js'

/** Characters of a file, and how deep one thing may stand in another. */
const MAX_LENGTH = 256 * 1024
const MAX_DEPTH = 50
/** The operators, those that bind least first. */
const LEVELS: readonly (readonly Operator[])[] = [['||'], ['&&'], ['==', '!=']]
const ESCAPES: Readonly<Record<string, string>> = {n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\'}

/**
 * Reads a file of HCL.
 * @throws HclFault for what is none, and for what no bake file of its kind has: here documents, arithmetic, directives
 */
export function parseHcl(text: string): HclFile {
  if (text.length > MAX_LENGTH) throw new HclFault('it is longer than any bake file')
  return new Parser(text).file()
}

/** A text with `${…}` in it, as JSON has them. */
export function parseTemplate(text: string): Expression {
  if (text.length > MAX_LENGTH) throw new HclFault('it is longer than any bake file')
  return new Parser(text).template(undefined)
}

class Parser {
  readonly #text: string
  #at = 0
  #depth = 0
  /** Brackets around the place: a line break ends nothing within them. */
  #brackets = 0

  constructor(text: string) {
    this.#text = text
  }

  file(): HclFile {
    return this.#body(undefined)
  }

  #body(end: string | undefined): HclFile {
    const blocks: Block[] = []
    const attributes = new Map<string, Expression>()
    for (;;) {
      this.#skip(true)
      if (this.#at >= this.#text.length || (end !== undefined && this.#text.startsWith(end, this.#at))) {
        if (end !== undefined) this.#take(end)
        return {blocks, attributes}
      }
      const name = this.#word()
      this.#skip(false)
      if (this.#text[this.#at] === '=' && this.#text[this.#at + 1] !== '=') {
        this.#at += 1
        attributes.set(name, this.#expression())
      } else blocks.push(this.#block(name))
    }
  }

  #block(type: string): Block {
    const labels: string[] = []
    while (this.#text[this.#at] !== '{') {
      const label =
        this.#text[this.#at] === '"' ? this.#quoted() : ({kind: 'value', value: this.#word()} as const)
      if (label.kind !== 'value') throw this.#fault('a name has an expression in it')
      labels.push(String(label.value))
      this.#skip(false)
    }
    this.#at += 1
    const brackets = this.#brackets
    this.#brackets = 0
    const {blocks, attributes} = this.#within(() => this.#body('}'))
    this.#brackets = brackets
    // Those of a variable check it; elsewhere they would say something that is not read here.
    const [inner] = type === 'variable' ? [] : blocks
    if (inner !== undefined) throw this.#fault(`the block ${inner.type} within ${type}`)
    return {type, labels, attributes}
  }

  #expression(): Expression {
    return this.#within(() => {
      const condition = this.#level(0)
      this.#skip(this.#brackets > 0)
      if (this.#text[this.#at] !== '?') return condition
      this.#at += 1
      const yes = this.#expression()
      this.#take(':')
      return {kind: 'choice', parts: [condition, yes, this.#expression()]}
    })
  }

  #level(level: number): Expression {
    const operators = LEVELS[level]
    if (operators === undefined) return this.#operand()
    let left = this.#level(level + 1)
    for (;;) {
      this.#skip(this.#brackets > 0)
      const operator = operators.find(one => this.#text.startsWith(one, this.#at))
      if (operator === undefined) return left
      this.#at += operator.length
      left = {kind: 'both', operator, sides: [left, this.#level(level + 1)]}
    }
  }

  #operand(): Expression {
    this.#skip(this.#brackets > 0)
    const first = this.#text[this.#at] ?? ''
    if (first === '!') {
      this.#at += 1
      return {kind: 'not', of: this.#within(() => this.#operand())}
    }
    let found = this.#primary(first)
    for (;;) {
      const next = this.#text[this.#at]
      if (next === '.' && /[A-Za-z_]/.test(this.#text[this.#at + 1] ?? '')) {
        this.#at += 1
        found = {kind: 'get', of: found, key: {kind: 'value', value: this.#word()}}
      } else if (next === '[') {
        const [key = found] = this.#bracketed('[', ']', () => this.#expression())
        found = {kind: 'get', of: found, key}
      } else return found
    }
  }

  #primary(first: string): Expression {
    if (first === '"') return this.#quoted()
    if (first === '[') return this.#list()
    if (first === '{') return {kind: 'map', entries: this.#bracketed('{', '}', () => this.#entry())}
    if (first === '(') {
      const [inner] = this.#bracketed('(', ')', () => this.#expression())
      if (inner === undefined) throw this.#fault('nothing is between the brackets')
      return inner
    }
    const [number] = /^-?\d+(?:\.\d+)?/.exec(this.#text.slice(this.#at, this.#at + 40)) ?? []
    if (number !== undefined) {
      this.#at += number.length
      return {kind: 'value', value: Number(number)}
    }
    const name = this.#word()
    if (name === 'true' || name === 'false') return {kind: 'value', value: name === 'true'}
    if (name === 'null') return {kind: 'value', value: null}
    if (this.#text[this.#at] !== '(') return {kind: 'name', name}
    return {kind: 'call', name, given: this.#bracketed('(', ')', () => this.#expression())}
  }

  #list(): Expression {
    const isLoop = /^\[\s*for\s/.test(this.#text.slice(this.#at, this.#at + 200))
    if (!isLoop) return {kind: 'list', items: this.#bracketed('[', ']', () => this.#expression())}
    const [loop] = this.#bracketed('[', ']', (): Expression => {
      this.#word()
      this.#skip(true)
      const name = this.#word()
      this.#skip(true)
      if (this.#word() !== 'in') throw this.#fault('a loop over keys and values')
      const of = this.#expression()
      this.#take(':')
      const result = this.#expression()
      this.#skip(true)
      const isFiltered = /^if\b/.test(this.#text.slice(this.#at, this.#at + 3))
      if (isFiltered) this.#at += 2
      return {kind: 'each', name, of, result, condition: isFiltered ? this.#expression() : undefined}
    })
    if (loop === undefined) throw this.#fault('a loop without a list')
    return loop
  }

  #entry(): readonly [Expression, Expression] {
    const isWord = /[A-Za-z_]/.test(this.#text[this.#at] ?? '')
    const key: Expression = isWord ? {kind: 'value', value: this.#word()} : this.#operand()
    this.#skip(true)
    this.#at += 1
    if (!/[=:]/.test(this.#text[this.#at - 1] ?? '')) throw this.#fault('a key without a value')
    return [key, this.#expression()]
  }

  /** Items with commas or line breaks between them, with their brackets. */
  #bracketed<T>(open: string, close: string, item: () => T): T[] {
    this.#take(open)
    this.#brackets += 1
    const items: T[] = []
    for (;;) {
      this.#skip(true)
      if (this.#text.startsWith(close, this.#at)) break
      items.push(this.#within(item))
      this.#skip(true)
      if (this.#text[this.#at] === ',') this.#at += 1
      else if (open !== '{' && !this.#text.startsWith(close, this.#at))
        throw this.#fault(`${close} is missing`)
      if (this.#at >= this.#text.length) throw this.#fault(`${close} is missing`)
    }
    this.#brackets -= 1
    this.#take(close)
    return items
  }

  #quoted(): Expression {
    this.#at += 1
    return this.template('"')
  }

  /** A text up to this character, or to the end of all. */
  template(end: string | undefined): Expression {
    const parts: Expression[] = []
    let plain = ''
    for (;;) {
      const here = this.#text[this.#at]
      if (here === end || here === undefined) {
        if (here !== end || (end !== undefined && here === undefined)) throw this.#fault('a quote is missing')
        this.#at += 1
        break
      }
      const [escape] = /^(?:\$\$|%%)\{/.exec(this.#text.slice(this.#at, this.#at + 3)) ?? []
      if (escape !== undefined) {
        plain += escape.slice(1)
        this.#at += 3
      } else if (this.#text.startsWith('%{', this.#at)) throw this.#fault('a directive in a text')
      else if (this.#text.startsWith('${', this.#at)) {
        if (plain !== '') parts.push({kind: 'value', value: plain})
        plain = ''
        this.#at += 1
        const [inner] = this.#bracketed('{', '}', () => this.#expression())
        if (inner === undefined) throw this.#fault('nothing stands in ${}')
        parts.push(inner)
      } else if (here === '\\' && end !== undefined) {
        const letter = this.#text[this.#at + 1] ?? ''
        if (ESCAPES[letter] === undefined) throw this.#fault(`the escape \\${letter}`)
        plain += ESCAPES[letter]
        this.#at += 2
      } else {
        plain += here
        this.#at += 1
      }
    }
    if (parts.length === 0) return {kind: 'value', value: plain}
    return {kind: 'template', parts: plain === '' ? parts : [...parts, {kind: 'value', value: plain}]}
  }

  #word(): string {
    const [word] = /^[A-Za-z_][\w-]*/.exec(this.#text.slice(this.#at, this.#at + 200)) ?? []
    if (word === undefined) throw this.#fault('this is not understood')
    this.#at += word.length
    return word
  }

  #take(text: string): void {
    this.#skip(true)
    if (!this.#text.startsWith(text, this.#at)) throw this.#fault(`${text} is missing`)
    this.#at += text.length
  }

  /** White space and comments, line breaks if they mean nothing here. */
  #skip(overLines: boolean): void {
    const blank = overLines ? /[ \t\r\n]/ : /[ \t\r]/
    for (;;) {
      const here = this.#text[this.#at] ?? ''
      if (here !== '' && blank.test(here)) this.#at += 1
      else if (here === '#' || this.#text.startsWith('//', this.#at)) this.#at = this.#endOf('\n', 0)
      else if (this.#text.startsWith('/*', this.#at)) this.#at = this.#endOf('*/', 2)
      else return
    }
  }

  #endOf(text: string, length: number): number {
    const end = this.#text.indexOf(text, this.#at)
    return end === -1 ? this.#text.length : end + length
  }

  #within<T>(work: () => T): T {
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) throw this.#fault('it is nested deeper than any bake file')
    const result = work()
    this.#depth -= 1
    return result
  }

  #fault(message: string): HclFault {
    const line = this.#text.slice(0, this.#at).split('\n').length
    return new HclFault(`line ${line}: ${message}`)
  }
}
