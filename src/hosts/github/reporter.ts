import {appendFileSync} from 'node:fs'
import * as core from '@actions/core'
import type {Reporter} from '../../ports.js'

/** The log, the annotations and the job summary of a step. */
export function githubReporter(): Reporter {
  return {
    debug: line => core.debug(line),
    info: line => core.info(line),
    notice: line => core.notice(line),
    warning: line => core.warning(line),
    group: async (title, body) => await core.group(title, body),
    secret: value => core.setSecret(value),
    summary(markdown) {
      const file = process.env['GITHUB_STEP_SUMMARY']
      if (file) appendFileSync(file, `${markdown}\n`)
    }
  }
}
