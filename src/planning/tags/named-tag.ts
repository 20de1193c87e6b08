import {InputError, type InputIssue, messageOf} from '../../errors.js'
import {isTag, parseTag} from '../../oci/reference.js'
import type {PlannedTag, TagClass} from '../../contracts/plan.js'
import type {RuleOutcome, WantedTag} from './rule-outcome.js'
import {placeOf} from '../rules/rule.js'
import {type TagKind, type TagPolicy, classOf} from './tag-kind.js'
import {hashedTag, sanitizeTag, shortenTag} from './tag-text.js'

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
