import {randomUUID} from 'node:crypto'
import {appendFileSync} from 'node:fs'
import {EOL} from 'node:os'
import {withoutCommands} from '../host/foreign-text.js'

/** What a step says to its runner, and what the runner told it. */
export interface WorkflowCommands {
  /** The text of an input, '' where none is given. */
  input(name: string): string
  /** The variable in which the runner gives an input. */
  variableOf(name: string): string
  setOutput(name: string, value: string): void
  /** Sets a variable for the steps after this one. */
  exportVariable(name: string, value: string): void
  /** Has a text replaced by *** in the log from now on. */
  mask(secret: string): void
  /** A message of several lines becomes one annotation. */
  annotate(level: 'debug' | 'notice' | 'warning' | 'error', message: string): void
  /** Lines of the log. What looks like a command in them is no command. */
  info(text: string): void
  startGroup(title: string): void
  endGroup(): void
  /** Adds GitHub Markdown to the summary of the job. */
  summarize(markdown: string): void
}

/** Where the runner's variables stand, and where its commands are written to. */
export interface RunnerSurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly write: (text: string) => void
}

/**
 * The protocol between a step and its runner (docs.github.com, "Workflow commands for GitHub Actions"): files for
 * outputs, variables and the summary; lines of the log that start with "::" for the rest. The same bytes as
 * @actions/core writes, which is not used here: it loads an HTTP client that takes as long as all of compute-tags.
 */
export function openWorkflowCommands({environment, write}: RunnerSurroundings): WorkflowCommands {
  const command = (name: string, message = '', property = ''): void =>
    write(
      `::${name}${property === '' ? '' : ` name=${escapeProperty(property)}`}::${escapeData(message)}${EOL}`
    )
  const append = (variable: string, text: string): boolean => {
    const file = environment[variable]
    if (file !== undefined && file !== '') appendFileSync(file, text)
    return file !== undefined && file !== ''
  }
  return {
    input: name => environment[variableOf(name)] ?? '',
    variableOf,
    setOutput(name, value) {
      // Runners before 2.298 know no files; the empty line ends one that was begun without a line break.
      if (!append('GITHUB_OUTPUT', keyedValue(name, value))) {
        write(EOL)
        command('set-output', value, name)
      }
    },
    exportVariable(name, value) {
      if (!append('GITHUB_ENV', keyedValue(name, value))) command('set-env', value, name)
    },
    mask: secret => command('add-mask', secret),
    annotate: (level, message) => command(level, message),
    info: text => write(`${withoutCommands(text)}${EOL}`),
    startGroup: title => command('group', title),
    endGroup: () => command('endgroup'),
    summarize: markdown => void append('GITHUB_STEP_SUMMARY', `${markdown}\n`)
  }
}

function variableOf(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`
}

/** `name<<DELIMITER`, the value's lines, and a delimiter that nobody can have put into the value. */
function keyedValue(name: string, value: string): string {
  const delimiter = `ghadelimiter_${randomUUID()}`
  return `${name}<<${delimiter}${EOL}${value}${EOL}${delimiter}${EOL}`
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
