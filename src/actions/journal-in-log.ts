import {messageOf} from '../errors.js'
import type {Journal, Reporter} from '../ports.js'

/**
 * A journal that stands in the job's log where it cannot be kept better: a release does not fail because the artifact
 * service does, and what is needed to put tags back can be copied from there.
 */
export function orInLog(journal: Journal, reporter: Pick<Reporter, 'warning' | 'info'>): Journal {
  return {
    find: async name => await journal.find(name),
    async save(name, text) {
      try {
        return await journal.save(name, text)
      } catch (error) {
        reporter.warning(`${messageOf(error)}; it is in this log instead`)
        reporter.info(text)
        return "this job's log"
      }
    }
  }
}
