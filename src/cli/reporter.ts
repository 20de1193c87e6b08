import {appendFileSync} from 'node:fs'
import type {Activity, Reporter} from '../ports.js'
import {messageOf} from '../errors.js'
import {systemClock} from '../machine/clock.js'
import {withoutCommands, withoutControls} from '../host/foreign-text.js'
import {progressLines} from '../host/progress-lines.js'
import {progressBars} from './progress-bars.js'

/** The log of a command line, on standard error. */
export interface CliReporter extends Reporter {
  /** Sets where the summary goes; without a file it goes nowhere, for the log says the same. */
  setSummaryFile(file: string | undefined): void
  /** Says what the run failed with. */
  error(line: string): void
  /** A text without the secrets that are known. */
  redact(text: string): string
}

/** A log without decoration: one line each, secrets replaced. */
export function cliReporter(environment: Readonly<Record<string, string | undefined>>): CliReporter {
  const secrets: string[] = []
  const state: {summaryFile?: string | undefined} = {}
  const paint = painting(process.stderr.isTTY && !environment['NO_COLOR'])
  const redact = (text: string): string =>
    secrets.reduce((line, secret) => line.replaceAll(secret, '***'), text)
  const bars = isTerminal(environment) ? progressBars(process.stderr) : undefined
  // A command line in a step of a workflow writes to the same runner as an action.
  const isRunner = environment['GITHUB_ACTIONS'] === 'true'
  const guard = (text: string): string => (isRunner ? withoutCommands(text) : withoutControls(text))
  const write = (text: string): void => {
    const line = `${redact(guard(text))}\n`
    if (bars?.write(line) !== true) process.stderr.write(line)
  }
  return {
    debug: line => {
      if (environment['IMAGE_RELEASE_DEBUG'] !== undefined) write(paint(2, line))
    },
    info: write,
    notice: line => write(`${paint(36, 'note:')} ${line}`),
    warning: line => write(`${paint(33, 'warning:')} ${line}`),
    error: line => write(`${paint(31, 'error:')} ${line}`),
    redact,
    async group(title, body) {
      write(paint(1, title))
      return await body()
    },
    progress: bars?.open ?? progressLines(write, systemClock),
    activity: bars && (title => guarded(bars.activity(title), text => redact(guard(text)))),
    secret: value => addSecret(secrets, value),
    summary(markdown) {
      const fault = state.summaryFile && appendFault(state.summaryFile, `${redact(markdown)}\n`)
      if (fault) write(`${paint(33, 'warning:')} ${fault}`)
    },
    setSummaryFile(file) {
      state.summaryFile = file
    }
  }
}

function addSecret(secrets: string[], value: string): void {
  if (value.trim() === '' || secrets.includes(value)) return
  secrets.push(value)
  // The longest first: what is left of one that begins like another would be shown.
  secrets.sort((one, other) => other.length - one.length)
}

/** What it tells of is done, or has failed by itself: that it cannot be written is said, and fails nothing. */
function appendFault(file: string, text: string): string | undefined {
  try {
    appendFileSync(file, text)
    return undefined
  } catch (error) {
    return `the summary cannot be written to ${file}: ${messageOf(error)}`
  }
}

function painting(hasColour: boolean): (code: number, text: string) => string {
  return (code, text) => (hasColour ? `\u001b[${code}m${text}\u001b[0m` : text)
}

/** What an activity says comes from programs, as lines of the log do. */
function guarded(activity: Activity, clean: (text: string) => string): Activity {
  const line = (text: string): string => clean(text).replaceAll(/\s+/g, ' ').trim()
  return {
    doing: text => {
      activity.doing(line(text))
    },
    end: text => {
      activity.end(line(text))
    }
  }
}

/** A terminal that can move its cursor, and that nobody else writes to: in CI a log is kept, whatever it looks like. */
function isTerminal(environment: Readonly<Record<string, string | undefined>>): boolean {
  return process.stderr.isTTY && environment['TERM'] !== 'dumb' && (environment['CI'] ?? '') === ''
}
