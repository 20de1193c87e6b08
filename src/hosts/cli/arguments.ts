import {parseArgs} from 'node:util'
import type {InputIssue} from '../../errors.js'
import type {Input, InputTable} from '../../inputs/input.js'
import {nearest} from '../../inputs/nearest.js'

/** Options that every command takes on the command line. */
export const GLOBAL_OPTIONS = {
  help: {placeholder: '', summary: 'Show this help.'},
  event: {placeholder: 'NAME', summary: 'The event, as GitHub names it; default push.'},
  ref: {
    placeholder: 'REF',
    summary: 'The full ref, for example refs/tags/v1.2.3; default what is checked out.'
  },
  sha: {placeholder: 'COMMIT', summary: 'The commit; default what is checked out.'},
  records: {placeholder: 'FOLDER', summary: 'Where digest records lie; default .image-release/records.'},
  summary: {placeholder: 'FILE', summary: 'Append the summary, as Markdown, to a file.'},
  output: {placeholder: 'NAME', summary: 'Print this one output as it is, not all of them as JSON.'}
} as const

export type GlobalOption = keyof typeof GLOBAL_OPTIONS

/** What stands on a command line behind the command. */
export interface Arguments {
  readonly globals: Readonly<Partial<Record<GlobalOption, string>>>
  /** The texts of the command's inputs; a flag given several times has its values in lines. */
  readonly texts: Readonly<Record<string, string>>
  readonly issues: readonly InputIssue[]
}

/**
 * Reads flags by the input table of a command. Nothing is thrown: all that is wrong is in `issues`.
 */
export function readArguments(args: readonly string[], table: InputTable): Arguments {
  const issues: InputIssue[] = []
  const {values, positionals} = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    options: optionsOf(table)
  })
  for (const word of positionals)
    issues.push({input: word, message: 'is not understood here; values stand behind a flag'})
  const texts: Record<string, string> = {}
  const globals: Partial<Record<GlobalOption, string>> = {}
  for (const [name, value] of Object.entries(values)) {
    const text = textOf(name, value, table[name], issues)
    if (isGlobal(name)) globals[name] = text
    else if (table[name] === undefined) issues.push(unknownFlag(name, table))
    else texts[name] = text
  }
  return {globals, texts, issues}
}

type Values = string | boolean | (string | boolean)[] | undefined

function optionsOf(
  table: InputTable
): Record<string, {type: 'string' | 'boolean'; multiple: boolean; short?: string}> {
  const inputs = Object.entries(table).map(([name, input]) => [name, optionOf(input)])
  const globals = Object.entries(GLOBAL_OPTIONS).map(([name, {placeholder}]) => [
    name,
    {
      type: placeholder === '' ? 'boolean' : 'string',
      multiple: false,
      ...(name === 'help' ? {short: 'h'} : {})
    }
  ])
  return Object.fromEntries([...inputs, ...globals]) as ReturnType<typeof optionsOf>
}

function optionOf({shape}: Input<unknown>): {type: 'string' | 'boolean'; multiple: boolean} {
  return {type: shape === 'flag' ? 'boolean' : 'string', multiple: shape === 'list' || shape === 'lines'}
}

function textOf(
  name: string,
  value: Values,
  input: Input<unknown> | undefined,
  issues: InputIssue[]
): string {
  const all = (Array.isArray(value) ? value : [value]).filter(item => item !== undefined)
  if (input?.secret === true)
    issues.push({
      input: name,
      message: `is a secret, and others can read a command line; set ${variableOf(name)} instead`
    })
  else if (input !== undefined && input.shape !== 'flag' && all.some(item => typeof item === 'boolean'))
    issues.push({input: name, message: `needs a value: --${name} ${input.placeholder}`})
  return all.map(String).join('\n')
}

function unknownFlag(name: string, table: InputTable): InputIssue {
  const guess = nearest(name, [...Object.keys(table), ...Object.keys(GLOBAL_OPTIONS)])
  return {
    input: name,
    message: `there is no flag --${name}${guess ? `; did you mean --${guess}?` : '; see --help'}`
  }
}

function isGlobal(name: string): name is GlobalOption {
  return Object.hasOwn(GLOBAL_OPTIONS, name)
}

/** The variable that an input is read from where no flag gives it. */
export function variableOf(input: string): string {
  return `IMAGE_RELEASE_${input.replaceAll('-', '_').toUpperCase()}`
}
