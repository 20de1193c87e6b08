import type {Reporter} from '../ports.js'

/** A log that is held back, and shown only where something went wrong. */
export interface QuietReporter extends Reporter {
  /** Says all that was held back. */
  showHeld(): void
}

/** Holds the lines of a step back from a reader who only wants to know how it ended. Warnings get through. */
export function quietReporter(reporter: Reporter): QuietReporter {
  const held: string[] = []
  const hold = (line: string): void => void held.push(line)
  return {
    ...reporter,
    info: hold,
    notice: hold,
    activity: undefined,
    progress: () => ({advance: () => undefined, end: () => undefined}),
    async group(title, body) {
      hold(title)
      return await body()
    },
    showHeld() {
      for (const line of held) reporter.info(line)
    }
  }
}
