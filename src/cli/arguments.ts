import type {InputIssue} from '../errors.js'
import type {Input, InputTable} from '../command/input.js'
import {nearest} from '../shared/did-you-mean.js'

/** Options that every command takes on the command line. */
export const GLOBAL_OPTIONS = {
  help: {placeholder: '', summary: 'Show this help.'},
  event: {
    placeholder: 'NAME',
    summary: 'The event, as GitHub names it, or tag or branch for a push of one; default push.'
  },
  ref: {
    placeholder: 'REF',
    summary:
      'The full ref, for example refs/tags/v1.2.3, or its name where the event says what it is; default what is checked out.'
  },
  sha: {placeholder: 'COMMIT', summary: 'The commit; default what is checked out.'},
  'records-folder': {
    placeholder: 'FOLDER',
    summary: 'Where digest records are; default .image-release/records.'
  },
  yes: {placeholder: '', summary: 'Do not ask before something is written. Only a terminal is asked.'},
  summary: {placeholder: 'FILE', summary: 'Append the summary, as Markdown, to a file.'},
  output: {placeholder: 'NAME', summary: 'Print this one output as it is, not all of them.'},
  json: {
    placeholder: '',
    summary: 'Print all outputs as JSON, on a terminal, too; lists are arrays. What is piped always is JSON.'
  }
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
 * Reads flags by the input table of a command: `--name value`, `--name=value`, and `--name` where it is a flag. What
 * starts with two dashes is a value only behind an equals sign, or a forgotten value would swallow the next flag.
 * Nothing is thrown: all that is wrong is in `issues`.
 */
export function readArguments(args: readonly string[], table: InputTable): Arguments {
  const reader = new ArgumentReader(args, table)
  const values = folderOfRecords(reader.read())
  // A command may have a flag of its own by the name of one that all have, such as --json.
  const isOwn = (name: string): boolean => Object.hasOwn(table, name) || !isGlobal(name)
  const single = [...values].map(([name, all]) => [name, all.join('\n')] as const)
  return {
    globals: Object.fromEntries(single.filter(([name]) => !isOwn(name))),
    texts: Object.fromEntries(single.filter(([name]) => isOwn(name))),
    issues: reader.issues
  }
}

/** What `--records` names without a digest is the folder that holds them, as before there was `--records-folder`. */
function folderOfRecords(
  values: ReadonlyMap<string, readonly string[]>
): ReadonlyMap<string, readonly string[]> {
  const {records = [], ...others} = Object.fromEntries(values)
  const [folder = ''] = records
  const isFolder = records.length === 1 && /^[^=\n{]+$/.test(folder) && !values.has('records-folder')
  return isFolder ? new Map(Object.entries({...others, 'records-folder': [folder]})) : values
}

/** How an option is written. */
interface Option {
  readonly placeholder: string
  readonly isFlag: boolean
  readonly isMany: boolean
  readonly isSecret: boolean
}

class ArgumentReader {
  readonly issues: InputIssue[] = []
  readonly #table: InputTable
  readonly #left: string[]
  readonly #values = new Map<string, string[]>()

  constructor(args: readonly string[], table: InputTable) {
    this.#left = [...args]
    this.#table = table
  }

  /** The values of each option that was given rightly. */
  read(): ReadonlyMap<string, readonly string[]> {
    for (let word = this.#left.shift(); word !== undefined; word = this.#left.shift()) {
      if (word === '--') for (const rest of this.#left.splice(0)) this.#refuseWord(rest)
      else if (word === '-h') this.#values.set('help', ['true'])
      else if (/^-./.test(word)) this.#readOption(word)
      else this.#refuseWord(word)
    }
    for (const [name, {length}] of this.#values)
      if (length > 1 && !this.#optionOf(name)?.isMany)
        this.#complain(name, `is given ${length} times, and takes one value`)
    return this.#values
  }

  #readOption(word: string): void {
    const [written = '', inline] = word.split(/=(.*)/s)
    const name = written.replace(/^--?/, '')
    const option = written.startsWith('--') ? this.#optionOf(name) : undefined
    if (option?.isFlag === true) this.#readFlag(name, inline)
    else if (option === undefined || option.isSecret) this.#refuseOption(written, name, inline)
    else this.#readValue(name, option, inline)
  }

  #readFlag(name: string, inline: string | undefined): void {
    this.#values.set(name, [inline ?? 'true'])
    if (/^(true|false)$/i.test(this.#left[0] ?? ''))
      this.#complain(this.#left.shift() ?? '', `is not understood here; write --${name}=false or --${name}`)
  }

  #readValue(name: string, {placeholder}: Option, inline: string | undefined): void {
    const value = inline ?? this.#takeValue()
    if (value === undefined) this.#complain(name, `needs a value: --${name} ${placeholder}`)
    else this.#values.set(name, [...(this.#values.get(name) ?? []), value])
  }

  /** What stands behind it is passed over, too: it may be a secret, and is not to be printed. */
  #refuseOption(written: string, name: string, inline: string | undefined): void {
    if (inline === undefined) this.#takeValue()
    this.#complain(
      name,
      this.#optionOf(name)?.isSecret === true
        ? `is a secret, and others can read a command line; set ${variableOf(name)} instead`
        : unknownFlag(written, name, this.#table)
    )
  }

  #takeValue(): string | undefined {
    return this.#left[0]?.startsWith('--') === true ? undefined : this.#left.shift()
  }

  #refuseWord(word: string): void {
    this.#complain(word, 'is not understood here; values follow a flag')
  }

  #complain(input: string, message: string): void {
    this.issues.push({input, message})
  }

  #optionOf(name: string): Option | undefined {
    const input = Object.hasOwn(this.#table, name) ? this.#table[name] : undefined
    if (input !== undefined) return optionOf(input)
    if (!isGlobal(name)) return undefined
    const {placeholder} = GLOBAL_OPTIONS[name]
    return {placeholder, isFlag: placeholder === '', isMany: false, isSecret: false}
  }
}

function optionOf({shape, secret, placeholder}: Input<unknown>): Option {
  return {
    placeholder,
    isFlag: shape === 'flag',
    isMany: shape === 'list' || shape === 'lines',
    isSecret: secret
  }
}

function unknownFlag(written: string, name: string, table: InputTable): string {
  const negated = name.replace(/^no-/, '')
  if (negated !== name && Object.hasOwn(table, negated))
    return `there is no flag ${written}; write --${negated}=false`
  const guess = nearest(name, [...Object.keys(table), ...Object.keys(GLOBAL_OPTIONS)])
  return `there is no flag ${written}${guess ? `; did you mean --${guess}?` : '; see --help'}`
}

function isGlobal(name: string): name is GlobalOption {
  return Object.hasOwn(GLOBAL_OPTIONS, name)
}

/** The variable that an input is read from where no flag gives it. */
export function variableOf(input: string): string {
  return `IMAGE_RELEASE_${input.replaceAll('-', '_').toUpperCase()}`
}
