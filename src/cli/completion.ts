import type {Command} from '../command/command.js'
import type {Input} from '../command/input.js'
import {GLOBAL_OPTIONS} from './arguments.js'
import {BUILT_INS} from './help.js'

export const SHELLS = ['bash', 'zsh', 'fish'] as const

/** A shell that completes command lines. */
export type Shell = (typeof SHELLS)[number]

/** A flag as a shell completes it. */
interface Flag {
  readonly name: string
  readonly summary: string
  /** Whether a value follows. */
  readonly hasValue: boolean
  /** The words that the value may be; none where it may be anything, such as a file. */
  readonly words: readonly string[]
}

/** The script that teaches a shell the commands, their flags and their choices. It starts no program to complete. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  return {bash: bashScript, zsh: zshScript, fish: fishScript}[shell](commands)
}

function flagsOf(command: Command): Flag[] {
  const own = Object.entries(command.inputs).filter(([, {secret}]) => !secret)
  return [
    ...own.map(([name, input]) => flagOf(name, input)),
    ...Object.entries(GLOBAL_OPTIONS)
      .filter(([name]) => !Object.hasOwn(command.inputs, name))
      .map(([name, {placeholder, summary}]) => ({
        name,
        summary,
        hasValue: placeholder !== '',
        words: name === 'output' ? Object.keys(command.outputs) : []
      }))
  ]
}

function flagOf(name: string, {shape, summary, choices = []}: Input<unknown>): Flag {
  return {name, summary, hasValue: shape !== 'flag', words: choices}
}

/** The names stand in case patterns: a value is completed by the flag before it, a flag by the command. */
function bashCases(commands: readonly Command[]): {flags: string[]; words: string[]; values: string} {
  const all = commands.map(command => ({name: command.name, flags: flagsOf(command)}))
  const valued = all.flatMap(({flags}) => flags).filter(({hasValue}) => hasValue)
  return {
    flags: all.map(
      ({name, flags}) => `    ${name}) flags=${quote(flags.map(flag => `--${flag.name}`).join(' '))} ;;`
    ),
    words: all.flatMap(({name, flags}) =>
      flags
        .filter(({words}) => words.length > 0)
        .map(flag => `    ${name}:--${flag.name}) words=${quote(flag.words.join(' '))} ;;`)
    ),
    values: [...new Set(valued.map(({name}) => `--${name}`))].join('|')
  }
}

function bashScript(commands: readonly Command[]): string {
  const {flags, words, values} = bashCases(commands)
  return [
    '# bash completion for image-release: image-release completion bash > /etc/bash_completion.d/image-release',
    '_image_release() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD - 1]}" command="${COMP_WORDS[1]}"',
    '  local flags="" words=""',
    '  COMPREPLY=()',
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    COMPREPLY=($(compgen -W ${quote(wordsAtStart(commands).join(' '))} -- "$current"))`,
    '    return',
    '  fi',
    `  if [ "$command" = completion ]; then COMPREPLY=($(compgen -W ${quote(SHELLS.join(' '))} -- "$current")); return; fi`,
    `  if [ "$command" = help ]; then COMPREPLY=($(compgen -W ${quote(namesOf(commands).join(' '))} -- "$current")); return; fi`,
    '  case "$command" in',
    ...flags,
    '  esac',
    '  case "$command:$previous" in',
    ...words,
    '  esac',
    '  if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$current")); return; fi',
    '  case "$previous" in',
    `    ${values}) COMPREPLY=($(compgen -f -- "$current")); return ;;`,
    '  esac',
    '  COMPREPLY=($(compgen -W "$flags" -- "$current"))',
    '}',
    'complete -o filenames -o bashdefault -F _image_release image-release'
  ].join('\n')
}

function zshScript(commands: readonly Command[]): string {
  const entries = [...commands, ...BUILT_INS].map(({name, summary}) => [name, summary] as const)
  const cases = commands.flatMap(command => [
    `    ${command.name})`,
    `      _arguments ${flagsOf(command).map(zshFlag).join(' ')} ;;`
  ])
  return [
    '#compdef image-release',
    '# zsh completion for image-release: image-release completion zsh > "${fpath[1]}/_image-release"',
    '_image_release() {',
    '  if (( CURRENT == 2 )); then',
    '    local -a commands',
    `    commands=(${entries.map(([name, summary]) => quote(`${name}:${summary}`)).join(' ')})`,
    '    _describe command commands',
    '    return',
    '  fi',
    '  local command="$words[2]"',
    '  shift words; (( CURRENT-- ))',
    '  case "$command" in',
    ...cases,
    `    completion) compadd ${SHELLS.join(' ')} ;;`,
    `    help) compadd ${namesOf(commands).join(' ')} ;;`,
    '  esac',
    '}',
    'if [ "$funcstack[1]" = "_image-release" ]; then _image_release "$@"; else compdef _image_release image-release; fi'
  ].join('\n')
}

/** `--name[summary]:message:action`; brackets and colons of the summary would end it. */
function zshFlag({name, summary, hasValue, words}: Flag): string {
  const text = (summary.split('. ')[0] ?? '')
    .replace(/[[\]\\]/g, String.raw`\$&`)
    .replaceAll(':', String.raw`\:`)
  const value = words.length > 0 ? `:value:(${words.join(' ')})` : ':value:_files'
  return quote(`*--${name}[${text}]${hasValue ? value : ''}`)
}

function fishScript(commands: readonly Command[]): string {
  const start = "-n '__fish_use_subcommand'"
  const entries = [...commands, ...BUILT_INS].map(({name, summary}) => [name, summary] as const)
  return [
    '# fish completion for image-release: image-release completion fish > ~/.config/fish/completions/image-release.fish',
    'complete -c image-release -f',
    ...entries.map(
      ([name, summary]) => `complete -c image-release ${start} -a ${name} -d ${fishQuote(summary)}`
    ),
    `complete -c image-release -n '__fish_seen_subcommand_from completion' -a '${SHELLS.join(' ')}'`,
    `complete -c image-release -n '__fish_seen_subcommand_from help' -a '${namesOf(commands).join(' ')}'`,
    ...commands.flatMap(command => flagsOf(command).map(flag => fishFlag(command.name, flag)))
  ].join('\n')
}

function fishFlag(command: string, {name, summary, hasValue, words}: Flag): string {
  const value = !hasValue ? '' : words.length > 0 ? ` -x -a ${fishQuote(words.join(' '))}` : ' -r -F'
  const text = fishQuote(summary.split('. ')[0] ?? '')
  return `complete -c image-release -n '__fish_seen_subcommand_from ${command}' -l ${name}${value} -d ${text}`
}

function namesOf(commands: readonly Command[]): string[] {
  return [...commands, ...BUILT_INS].map(({name}) => name)
}

function wordsAtStart(commands: readonly Command[]): string[] {
  return [...namesOf(commands), '--help', '--version']
}

/** In single quotes, for bash and zsh. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function fishQuote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
}
