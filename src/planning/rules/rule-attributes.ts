import {type BoundedExpression, boundedExpression} from '../../patterns/bounded-expression.js'
import {nearest} from '../../shared/did-you-mean.js'
import type {Field} from './fields.js'
import {type Report, quote} from './input-lines.js'
import {type RuleCondition, parseConditions} from './rule-condition.js'
import {type Template, type Vocabulary, isLiteral, literal, parseTemplate} from './template.js'

/** What a regular expression is that the rule reports as broken: it finds nothing. */
const NOTHING = boundedExpression('$^')

/** What every type takes. */
interface CommonAttributes {
  readonly priority: number
  readonly on?: readonly RuleCondition[]
  readonly enable?: Template
  readonly prefix?: Template
  readonly suffix?: Template
}

/** The attributes of one rule, read by name. Faults are reported; a harmless value stands in, so that reading goes on. */
export class RuleAttributes {
  readonly #fields: ReadonlyMap<string, Field>
  readonly #report: Report
  readonly #names: readonly string[]

  constructor(fields: ReadonlyMap<string, Field>, report: Report, names: readonly string[]) {
    this.#fields = fields
    this.#names = names
    this.#report = report
  }

  /** The text of an attribute; undefined where it is absent. */
  text(name: string): string | undefined {
    return this.#fields.get(name)?.value
  }

  /** What every type takes. */
  common(priority: number): CommonAttributes {
    const enable = this.#enable()
    const prefix = this.template('prefix', 'global')
    const suffix = this.template('suffix', 'global')
    return {
      priority: this.#number('priority', /^-?\d+(?:\.\d+)?$/) ?? priority,
      ...this.#on(),
      ...(enable === undefined ? {} : {enable}),
      ...(prefix === undefined ? {} : {prefix}),
      ...(suffix === undefined ? {} : {suffix})
    }
  }

  template(name: string, vocabulary: Vocabulary): Template | undefined {
    const field = this.#fields.get(name)
    if (field === undefined) return undefined
    return parseTemplate(field.value, {vocabulary, names: this.#names}, (message, column) => {
      this.#report(`column ${field.column + column}: ${name}: ${message}`)
    })
  }

  required(name: string, vocabulary: Vocabulary): Template {
    const template = this.template(name, vocabulary)
    if (template !== undefined) return template
    this.#report(`the attribute ${name} is missing`)
    return literal('')
  }

  oneOf<const Word extends string>(name: string, words: readonly [Word, ...Word[]], standard?: Word): Word {
    const text = this.text(name)
    if (text === undefined && standard !== undefined) return standard
    const found = words.find(word => word === text)
    if (found !== undefined) return found
    const guess = nearest(text ?? '', words)
    this.#report(
      text === undefined
        ? `the attribute ${name} is missing: ${words.join(', ')}`
        : `${name}=${text} is not known; ${guess === undefined ? `known are ${words.join(', ')}` : `did you mean ${guess}?`}`
    )
    return words[0]
  }

  /** Where a version rule reads: an empty value or match is as good as none. */
  source(): {value?: Template; match?: BoundedExpression} {
    const text = this.text('match') ?? ''
    if (text === '') return this.value()
    const match = this.#expression('match', text, '')
    if (match?.groups === 0) this.#report(`match=${text} has no group; put the version in ( )`)
    return {...this.value(), match: match ?? NOTHING}
  }

  value(): {value?: Template} {
    if ((this.text('value') ?? '') === '') return {}
    return {value: this.required('value', 'global')}
  }

  branch(): {branch?: string} {
    const branch = this.text('branch') ?? ''
    return branch === '' ? {} : {branch}
  }

  /** The regular expression of type=match, plain or between slashes with flags behind, and its group. */
  search(): {pattern: BoundedExpression; group: number} {
    const text = this.text('pattern') ?? ''
    const [, body = text, flags = ''] = /^\/(.+)\/(.*)$/.exec(text) ?? []
    const group = this.#number('group', /^\d+$/) ?? 0
    if (text === '') this.#report('the attribute pattern is missing')
    const pattern =
      text === '' ? NOTHING : (this.#expression('pattern', body, flags.replace('g', '')) ?? NOTHING)
    if (pattern !== NOTHING && group > pattern.groups)
      this.#report(`group=${group}, but pattern=${text} has ${pattern.groups} groups`)
    return {pattern, group}
  }

  #on(): {on?: readonly RuleCondition[]} {
    const text = this.text('on')
    return text === undefined ? {} : {on: parseConditions(text, this.#report)}
  }

  #enable(): Template | undefined {
    const enable = this.template('enable', 'global')
    if (enable === undefined || !isLiteral(enable) || /^(?:true|false)$/.test(enable.source)) return enable
    this.#report(enableFault(enable.source))
    return literal('false')
  }

  #number(name: string, grammar: RegExp): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    if (!grammar.test(text)) this.#report(`${name}=${text} is not a number`)
    return Number(text)
  }

  #expression(name: string, text: string, flags: string): BoundedExpression | undefined {
    try {
      return boundedExpression(text, flags)
    } catch (error) {
      const reason = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, '') : ''
      this.#report(
        `${name}=${text} is not a regular expression: ${reason}; put a field with a comma in double quotes`
      )
      return undefined
    }
  }
}

/** What is wrong with what `enable` came to. */
export function enableFault(text: string): string {
  if (text === '') return 'enable is empty: its expression gave nothing; it must be true or false'
  const guess = /^(?:true|false)$/i.test(text) ? `; did you mean ${text.toLowerCase()}?` : ''
  return `enable=${quote(text)} is neither true nor false${guess}`
}
