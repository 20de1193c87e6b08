import picomatch from 'picomatch'
import {ReleaseError, messageOf} from '../errors.js'

/** Chooses tags: one by its name, or many by a pattern whose kind is said. */
export interface TagPattern {
  readonly text: string
  /** Whether it names one tag, and no pattern: only so is `latest` ever chosen for deletion. */
  readonly isExact: boolean
  readonly matches: (tag: string) => boolean
}

/**
 * Reads `glob:PATTERN`, `regex:PATTERN` or the name of a tag. A glob and a regular expression have to match the whole
 * tag: `regex:rc` chooses nothing but the tag rc.
 * @throws ReleaseError INPUT_INVALID
 */
export function parseTagPattern(text: string): TagPattern {
  const [, kind, pattern = ''] = /^(glob|regex):(.*)$/s.exec(text) ?? []
  if (kind === undefined) return exactPattern(text)
  if (pattern === '') throw invalid(text, 'the pattern is missing')
  return {text, isExact: false, matches: kind === 'glob' ? globOf(pattern) : regexOf(text, pattern)}
}

function exactPattern(text: string): TagPattern {
  if (/[*?[\]{}()|^$\\]/.test(text)) throw invalid(text, 'say which kind of pattern it is, glob: or regex:')
  return {text, isExact: true, matches: tag => tag === text}
}

/** A tag has no folders: `*` matches anything, a dot at the start too. */
function globOf(pattern: string): (tag: string) => boolean {
  return picomatch(pattern, {dot: true, bash: true})
}

function regexOf(text: string, pattern: string): (tag: string) => boolean {
  try {
    const expression = new RegExp(`^(?:${pattern})$`, 'u')
    return tag => expression.test(tag)
  } catch (cause) {
    throw invalid(text, messageOf(cause))
  }
}

/** Where a number stands in the tags of pull requests: `pr-{number}`, with `*` for anything. */
export interface NumberedPattern {
  readonly text: string
  /** The number in a tag; undefined where the tag is none of these. */
  readonly numberOf: (tag: string) => number | undefined
}

/**
 * Reads `pr-{number}`.
 * @throws ReleaseError INPUT_INVALID
 */
export function parseNumberedPattern(text: string): NumberedPattern {
  const parts = text.split('{number}')
  if (parts.length !== 2)
    throw invalid(text, 'write {number} once, where the number of the pull request stands')
  const [before = '', after = ''] = parts.map(part =>
    part.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
  )
  const expression = new RegExp(`^${before}(\\d{1,9})(?!\\d)${after}$`)
  return {
    text,
    numberOf(tag) {
      const digits = expression.exec(tag)?.[1]
      return digits === undefined ? undefined : Number(digits)
    }
  }
}

function invalid(text: string, fault: string): ReleaseError {
  return new ReleaseError('INPUT_INVALID', `${JSON.stringify(text)} is not a pattern: ${fault}`)
}
