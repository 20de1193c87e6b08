/** What is under way when a run fails may take this long to end by itself, in milliseconds. */
const GRACE = 1000

/** Ends this process with the exit code that is set, unless it ends by itself before. */
export function endSoon(): void {
  setTimeout(() => process.exit(), GRACE).unref()
}
