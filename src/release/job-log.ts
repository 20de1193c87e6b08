import type {Activity, Clock, Progress, Reporter} from '../ports.js'
import {transferText} from '../shared/transfer.js'

/** The log of one build, and its line at the foot of a terminal. */
export interface JobLog {
  readonly reporter: Reporter
  /** Says what became of the build. */
  end(outcome: string): void
}

/** What a build is called, and whether others run beside it. */
export interface LoggedJob {
  readonly title: string
  readonly isOfSeveral: boolean
}

/**
 * The log of a build. Of several that run side by side every line says whose it is; groups would mix, and are lines. A person
 * at a terminal sees what each does now, and how much of its image has been sent.
 */
export function jobLog(reporter: Reporter, {title, isOfSeveral}: LoggedJob, clock: Clock): JobLog {
  const activity = reporter.activity?.(title)
  const named = (line: string): string =>
    isOfSeveral ? `${title} | ${line.startsWith(`${title}: `) ? line.slice(title.length + 2) : line}` : line
  const grouped: Reporter['group'] = async (name, body) => {
    reporter.info(named(name))
    return await body()
  }
  return {
    end: outcome => activity?.end(outcome),
    reporter: {
      ...reporter,
      debug: line => reporter.debug(named(line)),
      info(line) {
        activity?.doing(line)
        reporter.info(named(line))
      },
      notice: line => reporter.notice(named(line)),
      warning: line => reporter.warning(named(line)),
      group: isOfSeveral ? grouped : async (name, body) => await reporter.group(name, body),
      progress:
        activity === undefined
          ? (place, bytes) => reporter.progress(named(place), bytes)
          : uploadsOf(activity, clock)
    }
  }
}

/** All uploads of one build as one number: an image goes to every registry. */
function uploadsOf(activity: Activity, clock: Clock): Reporter['progress'] {
  const sum = {arrived: 0, total: 0, begun: 0}
  return (_place, bytes): Progress => {
    if (sum.total === 0) sum.begun = clock.now()
    sum.total += bytes
    return {
      advance(more) {
        sum.arrived += more
        activity.doing(`pushing: ${transferText({...sum, elapsed: clock.now() - sum.begun})}`)
      },
      end: () => undefined
    }
  }
}
