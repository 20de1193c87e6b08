import {InputError, type InputIssue} from '../../errors.js'
import {type Axis, adviceOf} from './axis.js'
import {parseFields} from '../rules/fields.js'
import {type Report, parseInputLines, quote} from '../rules/input-lines.js'

/** Values by their axis, as `python=3.13,runtime=cpu` says them. */
export interface Choice {
  readonly line: number
  readonly values: ReadonlyMap<string, string>
}

/** One variant of an image: a value of each axis. */
export interface Variant {
  readonly values: ReadonlyMap<string, string>
  /** `python3.9`, `cuda-python3.11`: the values in the order of the axes, a number with the name of its axis in front. */
  readonly name: string
  /** Whether every axis has its default: then the tags without a variant are this one's. */
  readonly isDefault: boolean
}

/** What a list of variants is made of. */
export interface VariantConfig {
  readonly axes: readonly Axis[]
  /** The default of each axis that has one. */
  readonly defaults: readonly Choice[]
  /** What is left out: variants that have all the values of an entry. */
  readonly exclude: readonly Choice[]
  /** Variants beside those that the axes make. */
  readonly include: readonly Choice[]
}

/** An image without variants: the only one, and the default. */
export const NO_VARIANT: Variant = {values: new Map(), name: '', isDefault: true}

/**
 * Reads lines of `axis=value` fields with commas between them.
 * @throws InputError with all faults, each with the number of its line
 */
export function parseChoices(input: string, text: string): Choice[] {
  return parseInputLines(input, text, (line, report) => {
    const values = new Map<string, string>()
    for (const {key, value} of parseFields(line, report)) {
      if (key === undefined || value === '') report(`${quote(line.text)} is not of the form axis=value`)
      else if (values.has(key)) report(`the axis ${key} is given twice`)
      else values.set(key, value)
    }
    return {line: line.number, values}
  })
}

/**
 * Every combination of the axes, without those that are excluded and with those that are included; one variant without
 * a value where there is no axis.
 * @throws InputError with every axis and value that is not known
 */
export function planVariants(config: VariantConfig): Variant[] {
  const issues: InputIssue[] = []
  const defaults = defaultsOf(config, issues)
  checkChoices('exclude-variants', config.exclude, config, issues)
  checkIncludes(config, issues)
  if (issues.length > 0) throw new InputError(issues)
  const made = combinations(config.axes).filter(
    values => !config.exclude.some(each => isPartOf(each, values))
  )
  const all = [...made, ...config.include.map(({values}) => inOrder(config.axes, values))]
  const variants = unique(
    all.map(values => ({values, name: nameOf(values), isDefault: isDefault(values, defaults)}))
  )
  checkResult(variants, config, defaults)
  return variants
}

function combinations(axes: readonly Axis[]): ReadonlyMap<string, string>[] {
  return axes.reduce<ReadonlyMap<string, string>[]>(
    (made, {name, values}) => made.flatMap(each => values.map(value => new Map([...each, [name, value]]))),
    [new Map()]
  )
}

function inOrder(axes: readonly Axis[], values: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map(axes.map(({name}) => [name, values.get(name) ?? '']))
}

function isPartOf({values: part}: Choice, whole: ReadonlyMap<string, string>): boolean {
  return [...part].every(([axis, value]) => whole.get(axis) === value)
}

function nameOf(values: ReadonlyMap<string, string>): string {
  return [...values].map(([axis, value]) => (/^[A-Za-z]/.test(value) ? value : `${axis}${value}`)).join('-')
}

function isDefault(values: ReadonlyMap<string, string>, defaults: ReadonlyMap<string, string>): boolean {
  return [...values].every(([axis, value]) => defaults.get(axis) === value)
}

function unique(variants: readonly Variant[]): Variant[] {
  return [...new Map(variants.map(variant => [variant.name, variant])).values()]
}

/** The default of each axis; that of an axis with one value is this value. */
function defaultsOf(config: VariantConfig, issues: InputIssue[]): ReadonlyMap<string, string> {
  checkChoices('default-variant', config.defaults, config, issues)
  const single = config.axes.flatMap(({name, values}): [string, string][] =>
    values.length === 1 && values[0] !== undefined ? [[name, values[0]]] : []
  )
  return new Map([...single, ...config.defaults.flatMap(({values}) => [...values])])
}

function checkChoices(
  input: string,
  choices: readonly Choice[],
  {axes, include}: VariantConfig,
  issues: InputIssue[]
): void {
  for (const {line, values} of choices)
    for (const [name, value] of values) {
      const axis = axes.find(each => each.name === name)
      const known = [...(axis?.values ?? []), ...include.flatMap(each => each.values.get(name) ?? [])]
      const report: Report = message => issues.push({input, message: `line ${line}: ${message}`})
      if (axis === undefined)
        report(
          `${quote(name)} is not an axis of variants; ${adviceOf(
            name,
            axes.map(each => each.name)
          )}`
        )
      else if (!known.includes(value))
        report(`${quote(value)} is not a value of ${name}; ${adviceOf(value, known)}`)
    }
}

function checkIncludes({include, axes}: VariantConfig, issues: InputIssue[]): void {
  for (const {line, values} of include) {
    const report: Report = message =>
      issues.push({input: 'include-variants', message: `line ${line}: ${message}`})
    for (const name of values.keys())
      if (!axes.some(axis => axis.name === name))
        report(
          `${quote(name)} is not an axis of variants; ${adviceOf(
            name,
            axes.map(each => each.name)
          )}`
        )
    for (const {name} of axes) if (!values.has(name)) report(`the value of ${name} is missing`)
  }
}

function checkResult(
  variants: readonly Variant[],
  {axes}: VariantConfig,
  defaults: ReadonlyMap<string, string>
): void {
  const issues: InputIssue[] = []
  if (variants.length === 0) issues.push({input: 'exclude-variants', message: 'no variant is left'})
  const isComplete = axes.every(({name}) => defaults.has(name))
  if (variants.length > 0 && isComplete && !variants.some(each => each.isDefault))
    issues.push({
      input: 'default-variant',
      message: `the default variant (${[...defaults].map(entry => entry.join('=')).join(',')}) is excluded`
    })
  if (issues.length > 0) throw new InputError(issues)
}
