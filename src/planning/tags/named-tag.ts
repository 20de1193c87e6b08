import {InputError, type InputIssue, messageOf} from '../../errors.js'
import {MAX_TAG_LENGTH, isTag, parseTag} from '../../oci/reference.js'
import type {PlannedTag, TagClass} from '../../contracts/plan.js'
import type {RuleOutcome, WantedTag} from './rule-outcome.js'
import {placeOf} from '../rules/rule.js'
import {type TagKind, type TagPolicy, classOf} from './tag-kind.js'
import {createHash} from 'node:crypto'

/** A tag with its name in form, and what became of the text that it was made of. */
export interface NamedTag extends PlannedTag {
  readonly text: string
  readonly kind: TagKind
  readonly isShortened: boolean
  /** Names of targets, such as an axis, that its text depends on. */
  readonly targetNames: readonly string[]
}

/** How the names of tags are made. */
export interface NameConfig {
  readonly policy: TagPolicy
  /** Whether two texts that are written the same as tags are told apart by a hash. */
  readonly isUnique: boolean
  /** The names of the target that the flavor depends on. */
  readonly targetNames: readonly string[]
}

/**
 * Puts the wanted tags into the form of tags, `latest` of the flavor last.
 * @throws InputError with every text that is no tag even so
 */
export function nameTags(
  outcomes: readonly RuleOutcome[],
  latest: WantedTag | undefined,
  config: NameConfig
): NamedTag[] {
  const issues: InputIssue[] = []
  const named = outcomes.flatMap(({rule, tag}) => {
    if (tag === undefined || tag.text === '') return []
    const named = {
      ...nameTag(tag, config),
      rule: rule.text,
      targetNames: [...config.targetNames, ...(rule.targetNames ?? [])]
    }
    issues.push(...nameIssues('tags', named.name, `${placeOf(rule)}: `))
    return [named]
  })
  if (latest !== undefined) {
    named.push({
      ...nameTag(latest, config),
      rule: 'flavor',
      targetNames: latest.text === 'latest' ? [] : [...config.targetNames]
    })
    issues.push(...nameIssues('flavor', named.at(-1)?.name ?? '', ''))
  }
  if (issues.length > 0) throw new InputError(issues)
  return named
}

function nameTag(
  {text, kind}: WantedTag,
  {policy, isUnique}: NameConfig
): Omit<NamedTag, 'rule' | 'targetNames'> {
  const sanitized = sanitizeTag(text)
  const whole = isUnique && sanitized !== text ? hashedTag(sanitized, text) : sanitized
  const name = shortenTag(whole, text)
  return {name, class: classOf(kind, policy), text, kind, isShortened: name !== whole}
}

function nameIssues(input: string, name: string, place: string): InputIssue[] {
  if (isTag(name)) return []
  try {
    parseTag(name)
  } catch (fault) {
    return [{input, message: `${place}${messageOf(fault)}`}]
  }
  return []
}

const STRICTNESS: Readonly<Record<TagClass, number>> = {immutable: 2, forward: 1, moving: 0}

/** Each name once, where it came first, in the strictest class that any rule gives it. */
export function uniqueTags(tags: readonly NamedTag[]): NamedTag[] {
  const found = new Map<string, NamedTag>()
  for (const tag of tags) {
    const known = found.get(tag.name)
    if (known === undefined) found.set(tag.name, tag)
    else if (STRICTNESS[tag.class] > STRICTNESS[known.class])
      found.set(tag.name, {...known, class: tag.class})
  }
  return [...found.values()]
}

const HASH_LENGTH = 8

/** Makes a tag of any text as docker/metadata-action does: runs of characters that a tag cannot hold become "-". */
export function sanitizeTag(text: string): string {
  return text.replace(/[^a-zA-Z0-9._-]+/g, '-')
}

/**
 * Shortens a tag that is too long: its first part and a hash of the whole text, so that two long names that differ
 * only at their ends do not become one tag.
 */
export function shortenTag(tag: string, text: string): string {
  return tag.length <= MAX_TAG_LENGTH ? tag : hashedTag(tag.slice(0, MAX_TAG_LENGTH - HASH_LENGTH - 1), text)
}

/** The tag with a hash of its text at the end: other texts that are written the same become other tags. */
export function hashedTag(tag: string, text: string): string {
  return `${tag}-${createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH)}`
}
