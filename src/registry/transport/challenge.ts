/** One challenge of a WWW-Authenticate header (RFC 9110, 11.6.1). */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>
}

const PARAMETER = /^\s*,?\s*([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/
const SCHEME = /^\s*,?\s*([A-Za-z][A-Za-z0-9-]*)(?=\s|$)/

/** Reads the challenges of a WWW-Authenticate header; what cannot be read ends the list. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = []
  let rest = header
  for (let scheme = SCHEME.exec(rest); scheme; scheme = SCHEME.exec(rest)) {
    rest = rest.slice(scheme[0].length)
    const parameters: Record<string, string> = {}
    for (let match = PARAMETER.exec(rest); match; match = PARAMETER.exec(rest)) {
      parameters[(match[1] ?? '').toLowerCase()] = (match[2] ?? match[3] ?? '').replace(/\\(.)/g, '$1')
      rest = rest.slice(match[0].length)
    }
    challenges.push({scheme: (scheme[1] ?? '').toLowerCase(), parameters})
  }
  return challenges
}
