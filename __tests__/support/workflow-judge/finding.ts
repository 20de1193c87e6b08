/** What is wrong, and where. */
export interface Finding {
  /** The file and the keys that lead there. */
  readonly place: string
  readonly message: string
}

/** An error of a judge that is at one place. */
export function findingAt(place: string, error: unknown): Finding {
  return {place, message: error instanceof Error ? error.message : String(error)}
}

/** A list without what is in it twice. */
export function distinct(findings: readonly Finding[]): Finding[] {
  const known = new Map(findings.map(each => [`${each.place}: ${each.message}`, each]))
  return [...known.values()]
}
