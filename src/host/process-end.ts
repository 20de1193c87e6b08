/** What is under way when a run fails may take this long to end by itself, in milliseconds. */
const GRACE = 1000

/**
 * Ends this process with the exit code that is set. A run that failed may leave something under way, which has a moment to
 * end by itself. After one that did its work the process ends as soon as what it wrote is out, for pipes are written late on
 * Windows: left alone, Node takes its heap apart first, and that takes longer than a small answer of a registry.
 */
export function endProcess(hasFailed: boolean): void {
  if (hasFailed) {
    setTimeout(() => process.exit(), GRACE).unref()
    return
  }
  const unwritten = [process.stdout, process.stderr].filter(({writableLength}) => writableLength > 0)
  const written = unwritten.map(
    async stream => await new Promise(resolve => stream.write('', () => resolve(undefined)))
  )
  void Promise.all(written).then(() => process.exit())
}
