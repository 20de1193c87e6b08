import {renderTemplate, isLiteral} from '../rules/template.js'
import type {RuleContext, RuleOutcome} from './rule-outcome.js'
import {placeOf} from '../rules/rule.js'
import type {NamedTag} from './named-tag.js'

/** What is to be said of one name: that it was changed, and what follows from that. */
export function nameNotes({name, text, isShortened}: NamedTag): string[] {
  if (isShortened)
    return [
      `The tag ${JSON.stringify(text)} is too long: it is shortened to ${name}, whose end is a hash of the whole.`
    ]
  if (name === text) return []
  return [
    `${JSON.stringify(text)} is written ${name} as a tag; whatever else is written the same moves the same tag.`
  ]
}

/** What is to be said of rules that others may expect more of. */
export function skippedNotes(outcomes: readonly RuleOutcome[], {flavor, facts}: RuleContext): string[] {
  const notes: string[] = []
  if (outcomes.length > 0 && outcomes.every(({tag}) => tag === undefined))
    notes.push(`No rule gives a tag for this run (${facts.event}).`)
  const own = outcomes.filter(
    ({rule, tag}) => tag !== undefined && rule.prefix !== undefined && !/(?:^|,)\s*prefix=/i.test(rule.text)
  )
  if (renderTemplate(flavor.prefix.template, facts.scope) !== '')
    for (const {rule} of own)
      notes.push(
        `The flavor’s prefix is not put before the tag of type=${rule.type}, which has its own; write prefix=… on ${placeOf(rule)} to change it.`
      )
  if (/[&<>"'`=]/.test(facts.branch ?? facts.gitTag ?? '') && outcomes.some(usesTemplates))
    notes.push(
      'Templates give the name of the ref as it is (docker/metadata-action escapes it for HTML first).'
    )
  return notes
}

function usesTemplates({rule, tag}: RuleOutcome): boolean {
  if (tag === undefined) return false
  const value = rule.type === 'raw' ? rule.value : undefined
  return [rule.prefix, rule.suffix, value].some(template => template !== undefined && !isLiteral(template))
}
