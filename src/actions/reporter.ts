import {messageOf} from '../errors.js'
import type {Reporter} from '../ports.js'
import {systemClock} from '../machine/clock.js'
import {progressLines} from '../host/progress-lines.js'
import type {WorkflowCommands} from './workflow-commands.js'

/** The log, the annotations and the job summary of a step. */
export function githubReporter(commands: WorkflowCommands): Reporter {
  return {
    debug: line => commands.annotate('debug', line),
    info: line => commands.info(line),
    notice: line => commands.annotate('notice', line),
    warning: line => commands.annotate('warning', line),
    async group(title, body) {
      commands.startGroup(title)
      try {
        return await body()
      } finally {
        commands.endGroup()
      }
    },
    progress: progressLines(line => commands.info(line), systemClock),
    secret: value => commands.mask(value),
    summary(markdown) {
      try {
        commands.summarize(markdown)
      } catch (error) {
        // What it tells of is done, or has failed by itself.
        commands.annotate('warning', `the summary of the job cannot be written: ${messageOf(error)}`)
      }
    }
  }
}
