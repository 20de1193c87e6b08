import picomatch from 'picomatch'
import {ReleaseError, messageOf} from '../errors.js'
import {boundedExpression} from './bounded-expression.js'
import {type Digest, isDigest, parseDigest} from '../oci/digest.js'
import {parseTag} from '../oci/reference.js'

/** Chooses tags: one by its name, or many by a pattern whose kind is said. Or chooses one manifest by its digest. */
export interface TagPattern {
  /** As it was given, without its age. */
  readonly text: string
  /** Whether it names one thing, and no pattern: only so are `latest` and the newest version ever chosen for deletion. */
  readonly isExact: boolean
  readonly matches: (tag: string) => boolean
  /** The manifest that it names; it then matches no tag. */
  readonly digest?: Digest
  /** How old has to be what it chooses: milliseconds. Absent where an input for all of them says so. */
  readonly olderThan?: number
}

/** What no tag has in it (distribution-spec, "Pulling manifests"), and people write into patterns all the same. */
const NOT_OF_TAGS = /[^\w.-]/

/**
 * Reads `glob:PATTERN`, `regex:PATTERN` or the name of a tag. A glob and a regular expression have to match the whole
 * tag: `regex:rc` chooses nothing but the tag rc.
 * @throws ReleaseError INPUT_INVALID, TAG_INVALID, for what can be no tag, too
 */
export function parseTagPattern(text: string): TagPattern {
  if (isDigestLike(text)) throw invalid(text, 'it is a digest, and this is about tags')
  const pattern = patternIn(text)
  return pattern === undefined ? exactTag(text) : assertOfTags(pattern)
}

/**
 * Reads what `parseTagPattern` does, or a digest.
 * @throws ReleaseError INPUT_INVALID, TAG_INVALID, DIGEST_INVALID
 */
export function parseTagSelector(text: string): TagPattern {
  if (!isDigestLike(text)) return parseTagPattern(text)
  return {text, isExact: true, matches: () => false, digest: parseDigest(text)}
}

/**
 * Reads a pattern of names of any kind, such as the keys of caches.
 * @throws ReleaseError INPUT_INVALID
 */
export function parseNamePattern(text: string): TagPattern {
  return patternIn(text) ?? exactPattern(text)
}

function isDigestLike(text: string): boolean {
  return isDigest(text) || /^sha(?:256|384|512):/.test(text)
}

/** Undefined for the name of one tag. */
function patternIn(text: string): TagPattern | undefined {
  const [, kind, pattern = ''] = /^(glob|regex):(.*)$/s.exec(text) ?? []
  if (kind === undefined) return undefined
  if (pattern === '') throw invalid(text, 'the pattern is missing')
  return {text, isExact: false, matches: kind === 'glob' ? globOf(text, pattern) : regexOf(text, pattern)}
}

function exactTag(text: string): TagPattern {
  const exact = exactPattern(text)
  if (/[/@:]/.test(text)) throw invalid(text, 'give the name of the tag alone, or a whole digest')
  parseTag(text)
  return exact
}

function exactPattern(text: string): TagPattern {
  if (/[*?[\]{}()|^$\\]/.test(text)) throw invalid(text, 'say which kind of pattern it is, glob: or regex:')
  return {text, isExact: true, matches: name => name === text}
}

/** A pattern with a character in it that stands for itself, and that no tag has, would choose nothing for ever. */
function assertOfTags(pattern: TagPattern): TagPattern {
  const [, kind, written = ''] = /^(glob|regex):(.*)$/s.exec(pattern.text) ?? []
  const literal = kind === 'glob' ? literalOfGlob(written) : literalOfRegex(written)
  const [sign] = NOT_OF_TAGS.exec(literal) ?? []
  if (sign !== undefined) throw invalid(pattern.text, `no tag has ${JSON.stringify(sign)} in it`)
  return pattern
}

/** What stands for itself in a glob: without classes, alternatives and wildcards. */
function literalOfGlob(pattern: string): string {
  return pattern
    .replace(/\\./g, '')
    .replace(/\[(?:\[:\w+:\]|[^\]])*\]/g, '')
    .replace(/[@!+*?]\(/g, '')
    .replace(/[*?{}(),|!]/g, '')
}

/** What stands for itself in a regular expression: without escapes, classes, groups and repetitions. */
function literalOfRegex(pattern: string): string {
  return pattern
    .replace(/\\[pPuxk](?:\{[^}]*\}|<[^>]*>)?|\\./g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\(\?(?:<[^>=!]*>|<?[:=!])/g, '(')
    .replace(/\{\d*,?\d*\}/g, '')
    .replace(/[()|.*+?^$]/g, '')
}

/** A tag has no folders: `*` matches anything, a dot at the start too. */
function globOf(text: string, pattern: string): (tag: string) => boolean {
  const {source, flags} = picomatch.makeRe(pattern, {dot: true, bash: true})
  return testOf(text, source.replaceAll(DOT_FOLDERS, ''), flags)
}

/** What picomatch looks for before each character of a path: the folders `.` and `..`. */
const DOT_FOLDERS = '(?!(?:^|\\/)\\.{1,2}(?:\\/|$))'

function regexOf(text: string, pattern: string): (tag: string) => boolean {
  return testOf(text, `^(?:${pattern})$`, 'u')
}

/** Whoever names a tag, or writes a pattern, does not decide how long that takes. */
function testOf(text: string, source: string, flags: string): (tag: string) => boolean {
  try {
    const {test} = boundedExpression(source, flags)
    return tag => {
      try {
        return test(tag)
      } catch (cause) {
        throw invalid(text, messageOf(cause))
      }
    }
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
  const [sign] = NOT_OF_TAGS.exec(parts.join('').replaceAll('*', '')) ?? []
  if (sign !== undefined) throw invalid(text, `no tag has ${JSON.stringify(sign)} in it`)
  const [before = '', after = ''] = parts.map(part =>
    part.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
  )
  const expression = boundedExpression(`^${before}(\\d{1,9})(?!\\d)${after}$`)
  return {
    text,
    numberOf(tag) {
      const digits = expression.find(tag)?.[1]
      return digits === undefined ? undefined : Number(digits)
    }
  }
}

function invalid(text: string, fault: string): ReleaseError {
  return new ReleaseError('INPUT_INVALID', `${JSON.stringify(text)} is not a pattern: ${fault}`)
}
