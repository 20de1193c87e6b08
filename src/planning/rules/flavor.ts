import {nearest} from '../../shared/did-you-mean.js'
import {type Field, parseFields} from './fields.js'
import {type Report, parseInputLines, quote} from './input-lines.js'
import {type Template, literal, parseTemplate} from './template.js'

/** What is put before or behind every tag. */
export interface Affix {
  readonly template: Template
  /** Whether `latest` gets it too. */
  readonly onLatest: boolean
}

/** What holds for all rules together (docker/metadata-action, "flavor input"). */
export interface Flavor {
  readonly latest: 'auto' | 'true' | 'false'
  readonly prefix: Affix
  readonly suffix: Affix
  /** The names of the target, such as an axis, that prefix and suffix depend on. */
  readonly targetNames?: readonly string[]
}

const NONE: Affix = {template: literal(''), onLatest: false}

/** The flavor where none is given. */
export const PLAIN_FLAVOR: Flavor = {latest: 'auto', prefix: NONE, suffix: NONE}

const KEYS = ['latest', 'prefix', 'suffix', 'onlatest']

/**
 * Reads the input `flavor`: lines of `latest=auto|true|false`, `prefix=…` and `suffix=…`, the two last with
 * `onlatest=true|false` behind them.
 * @param names what templates may name beside the facts of the run
 * @param base what holds where the text says nothing
 * @throws InputError with all faults, each with the number of its line
 */
export function parseFlavor(text: string, names: readonly string[] = [], base = PLAIN_FLAVOR): Flavor {
  const parts = parseInputLines('flavor', text, (line, report) =>
    parseLine(parseFields(line, report), names, report)
  )
  return Object.assign({}, base, ...parts) as Flavor
}

function parseLine(fields: readonly Field[], names: readonly string[], report: Report): Partial<Flavor> {
  let flavor: Partial<Flavor> = {}
  let last: 'prefix' | 'suffix' | undefined
  for (const field of fields.filter(({value, key}) => key !== undefined || value !== '')) {
    if (field.key === 'latest') flavor = {...flavor, latest: latestOf(field.value, report)}
    else if (field.key === 'prefix' || field.key === 'suffix') {
      last = field.key
      flavor = {...flavor, [last]: {template: affixOf(field, names, report), onLatest: false}}
    } else if (field.key === 'onlatest' && last !== undefined) {
      const onLatest = flagOf(field.value, report)
      flavor = {...flavor, [last]: {...(flavor[last] ?? NONE), onLatest}}
    } else report(fieldFault(field))
  }
  return flavor
}

function affixOf(field: Field, names: readonly string[], report: Report): Template {
  return parseTemplate(field.value, {vocabulary: 'global', names}, (message, column) => {
    report(`column ${field.column + column}: ${field.key ?? ''}: ${message}`)
  })
}

function latestOf(value: string, report: Report): Flavor['latest'] {
  if (value === 'auto' || value === 'true' || value === 'false') return value
  const guess = nearest(value, ['auto', 'true', 'false'])
  report(`latest=${quote(value)} is not one of auto, true, false${guess ? `; did you mean ${guess}?` : ''}`)
  return 'auto'
}

function flagOf(value: string, report: Report): boolean {
  if (value !== 'true' && value !== 'false') report(`onlatest=${quote(value)} is neither true nor false`)
  return value === 'true'
}

function fieldFault({key, value}: Field): string {
  if (key === 'onlatest')
    return 'onlatest goes after the prefix or suffix that it belongs to, on the same line'
  if (key === undefined) return `${quote(value)} is not an entry of a flavor; write key=value`
  const guess = nearest(key, KEYS)
  return `${quote(key)} is not an entry of a flavor; ${guess ? `did you mean ${guess}?` : `known are ${KEYS.join(', ')}`}`
}
