import type {Reporter} from '../../ports.js'

/** The log of one of several builds that run side by side: every line says whose it is. Groups would mix, and are lines. */
export function jobLog(reporter: Reporter, title: string): Reporter {
  const named = (line: string): string => `${title} | ${line}`
  return {
    ...reporter,
    debug: line => reporter.debug(named(line)),
    info: line => reporter.info(named(line)),
    notice: line => reporter.notice(named(line)),
    warning: line => reporter.warning(named(line)),
    async group(name, body) {
      reporter.info(named(name))
      return await body()
    }
  }
}
