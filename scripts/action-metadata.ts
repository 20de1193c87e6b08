import {stringify} from 'yaml'
import type {Command} from '../src/command/command.js'
import type {Input} from '../src/command/input.js'

/** How an action looks in the marketplace. */
export interface Branding {
  readonly icon: string
  readonly color: string
}

const HEADER = '# Made by `npm run generate` from the tables in src/commands. Change those, not this file.\n'
const RUNTIME = 'node24'

/** The metadata of one command's action, in a folder of its own. */
export function commandMetadata(command: Command, branding: Branding): string {
  return format({
    name: `Image Release: ${command.name}`,
    description: command.summary,
    branding,
    inputs: mapValues(metadataInputs(command), input => ({
      description: describe(input),
      ...(input.required ? {required: true} : {}),
      ...defaultField(metadataDefault(input))
    })),
    outputs: mapValues(command.outputs, description => ({description})),
    runs: {using: RUNTIME, main: `../dist/${command.name}.js`}
  })
}

/**
 * The metadata of the root action, which takes the inputs of all commands and gives the outputs of the chosen one.
 * @param whole what it does where no command is named
 */
export function rootMetadata(commands: readonly Command[], branding: Branding, whole: string): string {
  const choice = {
    description: `Left out: ${whole}, everything in this one job. Take that where one machine builds all platforms; take the reusable workflow, or the actions of the commands, where each is to be built on a runner of its own. Else what to do: ${commands.map(({name, summary}) => `${name} (${lowerFirst(summary)})`).join('; ')}`
  }
  return format({
    name: 'Image Release',
    description:
      'Release a multi-architecture container image in one step: plan, build by digest, merge, verify, clean up; or one of these alone.',
    branding,
    inputs: {
      command: choice,
      ...mapValues(byName(commands, metadataInputs), owners => rootInput(owners, commands.length))
    },
    outputs: mapValues(
      byName(commands, ({outputs}) => outputs),
      owners => ({description: shared(owners, entry => entry, commands.length)})
    ),
    runs: {using: RUNTIME, main: 'dist/main.js'}
  })
}

/** An input or output, and the command that has it. */
interface Owned<Entry> {
  readonly command: string
  readonly entry: Entry
}

/** Collects the inputs or outputs of all commands by name, in the order in which they first appear. */
function byName<Entry>(
  commands: readonly Command[],
  tableOf: (command: Command) => Readonly<Record<string, Entry>>
): Record<string, Owned<Entry>[]> {
  const owners: Record<string, Owned<Entry>[]> = {}
  for (const command of commands)
    for (const [name, entry] of Object.entries(tableOf(command)))
      (owners[name] ??= []).push({command: command.name, entry})
  return owners
}

/** Only a default that all its commands share stands in the metadata; each command knows its own anyway. */
function rootInput(
  owners: readonly Owned<Input<unknown>>[],
  commandCount: number
): {description: string; default?: string} {
  const defaults = new Set(owners.map(({entry}) => metadataDefault(entry)))
  const [common] = defaults.size === 1 ? defaults : []
  return {
    description: shared(owners, describe, commandCount),
    ...defaultField(common)
  }
}

/** The inputs of a command as action.yml has them: where a file of settings may speak, a default must not look like an input. */
function metadataInputs({inputs, settings}: Command): Readonly<Record<string, Input<unknown>>> {
  return settings !== undefined ? mapValues(inputs, withoutDefault) : inputs
}

function withoutDefault(input: Input<unknown>): Input<unknown> {
  const {default: fallback = '', ...others} = input
  if (fallback.trim() === '' || input.variable !== undefined) return others
  return {...others, summary: `${input.summary} Default: ${fallback.replaceAll('\n', ' ')}.`}
}

/** A runner gives a default as if it were given: an input that a variable may stand in for must have none there. */
function metadataDefault(input: Input<unknown>): string | undefined {
  return input.variable === undefined ? input.default : undefined
}

function defaultField(text: string | undefined): {default?: string} {
  return text === undefined ? {} : {default: text}
}

/** The texts of an entry's owners, each text once and with the names of those that it holds for. */
function shared<Entry>(
  owners: readonly Owned<Entry>[],
  textOf: (entry: Entry) => string,
  commandCount: number
): string {
  const texts = owners.map(({command, entry}) => ({command, text: textOf(entry)}))
  return [...new Set(texts.map(({text}) => text))]
    .map(text => {
      const names = texts.flatMap(owner => (owner.text === text ? [owner.command] : []))
      return `${names.length === commandCount ? 'every command' : names.join(', ')}: ${text}`
    })
    .join('\n')
}

/** What an input is for and how it is written. */
export function describe(input: Input<unknown>): string {
  const form = FORMS[input.shape]
  const choices = input.choices === undefined ? '' : `One of ${input.choices.join(', ')}.`
  const variable = input.variable === undefined ? '' : `Otherwise the variable ${input.variable}.`
  return [input.summary, choices, form, variable].filter(Boolean).join(' ')
}

const FORMS: Readonly<Partial<Record<Input<unknown>['shape'], string>>> = {
  list: 'Separated by commas or line breaks.',
  lines: 'One a line.',
  duration: 'A span of time such as 30s, 24h, 7d or 2w.',
  json: 'JSON, the path of a file that holds it, or artifact:NAME for what a job of this run kept.'
}

function format(document: object): string {
  const text = stringify(document, {lineWidth: 0, singleQuote: true})
  return HEADER + text.replace(/^(?=(inputs|outputs|runs|branding):)/gm, '\n')
}

function mapValues<From, To>(
  table: Readonly<Record<string, From>>,
  map: (value: From) => To
): Record<string, To> {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, map(value)]))
}

function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, '')
}
