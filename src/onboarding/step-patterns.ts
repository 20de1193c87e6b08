import {boundedExpression} from '../patterns/bounded-expression.js'

/** What the other actions take for patterns of tags, in the grammar of this project. */

/** A pattern of tags that was read. */
export type ReadPattern =
  | {readonly text: string; readonly kind: 'tags' | 'digest'}
  | {readonly text: string; readonly kind: 'nothing' | 'unclear'; readonly why: string}

const DIGEST = /^sha256:[0-9a-f]{64}$/

/** Reads a pattern with `*` and `?` for anything, as wildcard-match and wildmatch have them. */
export function readWildcard(text: string): ReadPattern {
  if (DIGEST.test(text)) return {text, kind: 'digest'}
  if (text !== text.trim())
    return {text, kind: 'unclear', why: 'the blank beside it is part of it there, so that it matches nothing'}
  if (text.startsWith('sha256:'))
    return {text, kind: 'unclear', why: 'it is a pattern of digests, and those are named whole here'}
  const [sign] = /[^\w.*?-]/.exec(text.replaceAll(/\$\{\{.*?\}\}/g, '')) ?? []
  if (sign !== undefined) return {text, kind: 'nothing', why: `no tag has ${JSON.stringify(sign)} in it`}
  return {text: /[*?]/.test(text) ? `glob:${text}` : text, kind: 'tags'}
}

/** Reads a regular expression that has to be found in a tag; here one has to match it from end to end. */
export function readExpression(text: string): ReadPattern {
  const isPlain = !text.includes('|')
  const [, start = '', rest = '', end = ''] = /^(\^?)(.*?)((?<!\\)\$)?$/s.exec(text) ?? []
  const core = isPlain ? rest : `(?:${text})`
  const before = isPlain && start !== '' ? '' : '.*'
  const after = isPlain && end !== '' ? '' : '.*'
  return {text: `regex:${before}${core}${after}`, kind: 'tags'}
}

/** One pattern for all of these: numbers to keep count what any of them matches. */
export function unionOf(patterns: readonly string[]): string {
  const [only] = patterns
  if (patterns.length === 1 && only !== undefined) return only
  return `glob:@(${patterns.map(bare).join('|')})`
}

/** A pattern for all tags but these. */
export function complementOf(patterns: readonly string[]): string {
  return `glob:!(${patterns.map(bare).join('|')})`
}

function bare(pattern: string): string {
  return pattern.replace(/^glob:/, '')
}

/**
 * Of how many digests a wildcard or expression is true, which the action holds against digests, too. It is tried on some:
 * no pattern that people write tells these from the rest.
 */
export function digestsMatched(matches: (text: string) => boolean): 'all' | 'some' | 'none' {
  const found = SAMPLES.filter(matches).length
  if (found === SAMPLES.length) return 'all'
  return found === 0 ? 'none' : 'some'
}

const HEX = '0123456789abcdef'
/** Each digit alone, and each in turn at every place. */
const SAMPLES = Array.from(HEX).flatMap((digit, at) => [
  `sha256:${digit.repeat(64)}`,
  `sha256:${Array.from({length: 64}, (_, place) => HEX[(place * 7 + at + (place >> 4)) % 16]).join('')}`
])

/** Whether a text matches a pattern with `*` and `?` from end to end. */
export function wildcardTest(pattern: string): (text: string) => boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  const expression = boundedExpression(`^${source}$`, 's')
  return text => expression.test(text)
}
