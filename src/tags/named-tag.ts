import {InputError, type InputIssue} from '../errors.js'
import {isTag, parseTag} from '../oci/reference.js'
import type {PlannedTag, TagClass} from '../plan/plan.js'
import type {RuleOutcome, WantedTag} from './rule-outcome.js'
import {sanitizeTag, shortenTag} from './tag-text.js'

/** A tag with its name in form, and what became of the text that it was made of. */
export interface NamedTag extends PlannedTag {
  readonly text: string
  readonly isShortened: boolean
}

/**
 * Puts the wanted tags into the form of tags, `latest` of the flavor last.
 * @throws InputError with every text that is no tag even so
 */
export function nameTags(outcomes: readonly RuleOutcome[], latest: WantedTag | undefined): NamedTag[] {
  const issues: InputIssue[] = []
  const all = outcomes.flatMap(({rule, tag}) =>
    tag === undefined ? [] : [{line: rule.line, rule: rule.text, tag}]
  )
  if (latest !== undefined) all.push({line: 0, rule: 'flavor', tag: latest})
  const named = all
    .filter(({tag}) => tag.text !== '')
    .map(({line, rule, tag}) => {
      const sanitized = sanitizeTag(tag.text)
      const name = shortenTag(sanitized, tag.text)
      if (!isTag(name)) issues.push(nameIssue(line, name))
      return {name, class: tag.class, rule, text: tag.text, isShortened: name !== sanitized}
    })
  if (issues.length > 0) throw new InputError(issues)
  return named
}

function nameIssue(line: number, name: string): InputIssue {
  const input = line === 0 ? 'flavor' : 'tags'
  try {
    parseTag(name)
  } catch (fault) {
    const message = fault instanceof Error ? fault.message : String(fault)
    return {input, message: line === 0 ? message : `line ${line}: ${message}`}
  }
  return {input, message: name}
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
