import type {Command} from '../command/command.js'
import type {Input} from '../command/input.js'
import {GLOBAL_OPTIONS, variableOf} from './arguments.js'

/** Columns of a text that goes to no terminal. */
export const PLAIN_WIDTH = 80
const COLUMN = 4

/** A command that the command line answers by itself: there is nothing to run. */
export interface BuiltIn {
  readonly name: string
  readonly summary: string
  readonly usage: string
  readonly description: string
}

/** What the command line answers by itself, as it stands in every list of commands. */
export const BUILT_INS: readonly BuiltIn[] = [
  {
    name: 'completion',
    summary: 'Print the script that completes command lines in bash, zsh or fish.',
    usage: 'image-release completion bash|zsh|fish',
    description:
      'Prints a script for your shell. For bash: image-release completion bash > /etc/bash_completion.d/image-release. For zsh: image-release completion zsh > "${fpath[1]}/_image-release". For fish: image-release completion fish > ~/.config/fish/completions/image-release.fish.'
  },
  {
    name: 'help',
    summary: 'Explain a command: image-release help COMMAND.',
    usage: 'image-release help [COMMAND]',
    description:
      'Lists all commands, or explains one: its flags, variables, outputs and examples. image-release COMMAND --help does the same.'
  }
]

/** What `image-release --help` prints. */
export function overview(commands: readonly Command[], columns = PLAIN_WIDTH): string {
  const all = [...commands, ...BUILT_INS]
  const width = Math.max('-v, --version'.length, ...all.map(({name}) => name.length)) + 4
  const row = (name: string, text: string): string[] =>
    wrap(text, width, columns).map((line, at) =>
      at === 0 ? `  ${name}`.padEnd(width) + line.trimStart() : line
    )
  return [
    ...wrap(
      'image-release: release multi-architecture container images, all tags together or not at all.',
      0,
      columns
    ),
    '',
    'Usage: image-release COMMAND [FLAGS]',
    '',
    'Commands:',
    ...all.flatMap(({name, summary}) => row(name, summary)),
    '',
    'Flags:',
    ...row('-h, --help', 'Show this help; with a command, explain it.'),
    ...row('-v, --version', 'Print the version.'),
    '',
    ...wrap(
      'A terminal gets a short table; a pipe, a file or --json gets JSON on standard output. The log is on standard error.',
      0,
      columns
    ),
    ...wrap(
      'Exit codes: 0 done, 1 failed, 2 wrong use. The code at the end of an error has its entry in docs/troubleshooting.md.',
      0,
      columns
    )
  ].join('\n')
}

/** What `image-release completion --help` prints. */
export function builtInHelp({name, summary, usage, description}: BuiltIn, columns = PLAIN_WIDTH): string {
  return [
    ...wrap(`image-release ${name}: ${summary}`, 0, columns),
    '',
    ...wrap(description, 0, columns),
    '',
    `Usage: ${usage}`
  ].join('\n')
}

/** What `image-release COMMAND --help` prints. */
export function commandHelp(command: Command, columns = PLAIN_WIDTH): string {
  return [
    ...wrap(`image-release ${command.name}: ${command.summary}`, 0, columns),
    '',
    ...wrap(command.description, 0, columns),
    '',
    `Usage: image-release ${command.name} [FLAGS]`,
    ...flagSections(command, columns),
    ...section(
      'Examples:',
      command.examples.flatMap(({line, remark}) => [
        ...wrap(remark, COLUMN, columns).map(text => `  # ${text.trimStart()}`),
        `  ${line}`,
        ''
      ])
    )
  ]
    .join('\n')
    .trimEnd()
}

/** Flags, variables and outputs, each with what is said of it below it. */
function flagSections(command: Command, columns: number): string[] {
  const inputs = Object.entries(command.inputs)
  const entry = (head: string, text: string): string[] => [head, ...wrap(text, COLUMN + 2, columns)]
  return [
    '',
    'Flags:',
    ...inputs
      .filter(([, {secret}]) => !secret)
      .flatMap(([name, input]) => entry(flagOf(name, input.placeholder), remarks(input))),
    ...section(
      'Secrets, by variable only:',
      inputs
        .filter(([, {secret}]) => secret)
        .flatMap(([name, input]) => entry(`  ${variableOf(name)}`, remarks(input)))
    ),
    ...section(
      'For every command:',
      Object.entries(GLOBAL_OPTIONS)
        .filter(([name]) => !Object.hasOwn(command.inputs, name))
        .flatMap(([name, {placeholder, summary}]) => entry(flagOf(name, placeholder), summary))
    ),
    ...section(
      'Outputs:',
      Object.entries(command.outputs).flatMap(([name, summary]) => entry(`  ${name}`, summary))
    )
  ]
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines]
}

function flagOf(name: string, placeholder: string): string {
  return `  --${name}${placeholder === '' ? '' : ` ${placeholder}`}`
}

/** What is said of an input: its summary, whether it must be given, how often, and its default. */
export function remarks(input: Input<unknown>): string {
  const isMany = input.shape === 'list' || input.shape === 'lines'
  return [
    input.summary,
    input.required ? 'Required.' : '',
    isMany
      ? input.shape === 'list'
        ? 'Separated by commas or lines, or given again.'
        : 'One a line, or given again.'
      : '',
    input.variable === undefined ? '' : `Otherwise the variable ${input.variable}.`,
    input.default !== undefined && input.default !== '' && input.shape !== 'flag'
      ? `[default: ${input.default.replaceAll('\n', ', ')}]`
      : ''
  ]
    .filter(Boolean)
    .join(' ')
}

function wrap(text: string, indent: number, columns: number): string[] {
  const lines: string[] = ['']
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1) ?? ''
    if (line !== '' && indent + line.length + word.length + 1 > columns) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.map(line => ' '.repeat(indent) + line)
}
