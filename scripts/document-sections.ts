import type {Command} from '../src/command/command.js'
import type {Input} from '../src/command/input.js'
import {commandHelp} from '../src/cli/help.js'
import {describe} from './action-metadata.js'

const SECTION = /<!-- (inputs|outputs|help):([\w-]+) -->\n[^]*?<!-- \/\1 -->/g
const OVERVIEW = /<!-- (commands) -->\n[^]*?<!-- \/\1 -->/g

/**
 * Fills the marked sections of a Markdown document: `<!-- inputs:compute-tags -->` up to `<!-- /inputs -->`, likewise
 * `outputs` and `help` (what the command line prints), and `<!-- commands -->` up to `<!-- /commands -->`.
 * The list of commands leads to their pages, in the folder `pages`.
 * Throws an Error where a section names no command, or is not closed.
 */
export function fillSections(
  document: string,
  commands: readonly Command[],
  pages = 'docs/reference'
): string {
  const filled = document
    .replace(SECTION, (_, kind: SectionKind, name: string) => {
      return section(kind, `${kind}:${name}`, contentOf(kind, commandNamed(name, commands)))
    })
    .replace(OVERVIEW, () => section('commands', 'commands', commandTable(commands, pages)))
  const opened = document.match(/<!-- (inputs|outputs|help):|<!-- commands -->/g)?.length ?? 0
  const closed = document.match(/<!-- \/(inputs|outputs|help|commands) -->/g)?.length ?? 0
  if (opened !== closed) throw new Error(`${opened} marked sections are opened and ${closed} are closed`)
  return filled
}

type SectionKind = 'inputs' | 'outputs' | 'help'

function section(kind: string, head: string, content: string): string {
  return `<!-- ${head} -->\n\n${content}\n\n<!-- /${kind} -->`
}

function commandNamed(name: string, commands: readonly Command[]): Command {
  const command = commands.find(candidate => candidate.name === name)
  if (command === undefined) throw new Error(`a marked section names ${name}, which is no command`)
  return command
}

function contentOf(kind: SectionKind, command: Command): string {
  if (kind === 'help') return `\`\`\`text\n${commandHelp(command)}\n\`\`\``
  return kind === 'inputs' ? inputTable(command) : outputTable(command)
}

function inputTable({inputs}: Command): string {
  return table(
    ['input', 'meaning', 'default'],
    Object.entries(inputs).map(([name, input]) => [`\`${name}\``, describe(input), defaultOf(input)])
  )
}

function defaultOf(input: Input<unknown>): string {
  if (input.required) return '**required**'
  return input.default ? `\`${input.default.replaceAll('\n', ' ')}\`` : ''
}

function outputTable({outputs}: Command): string {
  return table(
    ['output', 'holds'],
    Object.entries(outputs).map(([name, summary]) => [`\`${name}\``, summary])
  )
}

function commandTable(commands: readonly Command[], pages: string): string {
  return table(
    ['command', 'what it does'],
    commands.map(({name, summary}) => [`[${name}](${pages}/${name}.md)`, summary])
  )
}

/** A table of Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')
}

/** A name in angle brackets would be taken for HTML, and be gone; a code span keeps it as it is. */
function escapeCell(cell: string): string {
  const text = cell.replace(/`[^`]*`|<(?=[a-z])/g, found => (found === '<' ? '\\<' : found))
  return text.replaceAll('|', '\\|').replaceAll('\n', '<br>')
}
