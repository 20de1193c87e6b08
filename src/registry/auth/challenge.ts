/** One challenge of a WWW-Authenticate header (RFC 9110, 11.6.1). */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>
}

/** A list may have empty members, so commas stand wherever white space does. */
const SCHEME = /[\s,]*([!#$%&'*+.^`|~\w-]+)(?=[\s,]|$)/y
/** What Negotiate and the like have in place of parameters. */
const TOKEN68 = /\s+[\w.~+/-]+=*(?=\s*(?:,|$))/y
/** A value without quotes may be more than a token: some registries forget them around a URL. */
const PARAMETER = /[\s,]*([!#$%&'*+.^`|~\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"][^\s,]*))/y

/** Reads the challenges of a WWW-Authenticate header; what cannot be read ends the list. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = []
  const place = {at: 0}
  for (let scheme = take(SCHEME, header, place); scheme; scheme = take(SCHEME, header, place)) {
    take(TOKEN68, header, place)
    challenges.push({scheme: (scheme[1] ?? '').toLowerCase(), parameters: readParameters(header, place)})
  }
  return challenges
}

function readParameters(header: string, place: {at: number}): Record<string, string> {
  const entries: [string, string][] = []
  for (let match = take(PARAMETER, header, place); match; match = take(PARAMETER, header, place)) {
    const [, name = '', quoted, plain = ''] = match
    entries.push([name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain])
  }
  return Object.fromEntries(entries)
}

/** Matches at one place, and moves it behind the match. */
function take(pattern: RegExp, text: string, place: {at: number}): RegExpExecArray | undefined {
  const sticky = new RegExp(pattern)
  sticky.lastIndex = place.at
  const match = sticky.exec(text) ?? undefined
  if (match) place.at = sticky.lastIndex
  return match
}
