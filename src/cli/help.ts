import type {Command} from '../command/command.js'
import type {Input} from '../command/input.js'
import {GLOBAL_OPTIONS, variableOf} from './arguments.js'

const WIDTH = 96
const COLUMN = 4

/** What `image-release --help` prints. */
export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({name}) => name.length)) + 2
  return [
    'image-release: release multi-architecture container images, all tags together or not at all.',
    '',
    'Usage: image-release COMMAND [FLAGS]',
    '',
    'Commands:',
    ...commands.map(({name, summary}) => `  ${name.padEnd(width)}${summary}`),
    '',
    'image-release completion bash|zsh|fish prints the script that completes command lines.',
    'image-release COMMAND --help explains a command. Results are JSON on standard output, the log is on standard error.',
    'Exit codes: 0 done, 1 failed, 2 wrong use. The code at the end of an error has its entry in docs/troubleshooting.md.'
  ].join('\n')
}

/** What `image-release COMMAND --help` prints. */
export function commandHelp(command: Command): string {
  const inputs = Object.entries(command.inputs)
  return [
    `image-release ${command.name}: ${command.summary}`,
    '',
    ...wrap(command.description, 0),
    '',
    `Usage: image-release ${command.name} [FLAGS]`,
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
      Object.entries(GLOBAL_OPTIONS).flatMap(([name, {placeholder, summary}]) =>
        entry(flagOf(name, placeholder), summary)
      )
    ),
    ...section(
      'Outputs:',
      Object.entries(command.outputs).flatMap(([name, summary]) => entry(`  ${name}`, summary))
    ),
    ...section(
      'Examples:',
      command.examples.flatMap(({line, remark}) => [`  # ${remark}`, `  ${line}`, ''])
    )
  ]
    .join('\n')
    .trimEnd()
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
    input.variable === undefined ? '' : `Else the variable ${input.variable}.`,
    input.default !== undefined && input.default !== '' && input.shape !== 'flag'
      ? `[default: ${input.default.replaceAll('\n', ', ')}]`
      : ''
  ]
    .filter(Boolean)
    .join(' ')
}

function entry(head: string, text: string): string[] {
  return [head, ...wrap(text, COLUMN + 2)]
}

function wrap(text: string, indent: number): string[] {
  const lines: string[] = ['']
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1) ?? ''
    if (line !== '' && indent + line.length + word.length + 1 > WIDTH) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.map(line => ' '.repeat(indent) + line)
}
