import type {Flavor} from '../rules/flavor.js'
import type {RunFacts} from '../../ci/run-facts.js'
import type {TagRule} from '../rules/rule.js'
import type {TagKind} from './tag-kind.js'
import {type Template, renderTemplate} from '../rules/template.js'
import type {VersionFault} from '../../versions/version-fault.js'
import type {ReleaseVersion} from '../../versions/version.js'

/** A tag that a rule wants, before it is put into the form of a tag. */
export interface WantedTag {
  readonly text: string
  readonly kind: TagKind
  /** Whether a flavor of latest=auto gives `latest` for it. */
  readonly earnsLatest: boolean
}

/** What a rule came to in a run. */
export interface RuleOutcome {
  readonly rule: TagRule
  readonly tag?: WantedTag
  /** The version that the rule read, whether or not it gives a tag. */
  readonly version?: ReleaseVersion
  /** Why there is no tag. */
  readonly why?: string
  /** Set where a Git tag had to be a version but is none. */
  readonly gate?: {readonly text: string; readonly fault: VersionFault}
  /** What is otherwise than docker/metadata-action has it, or worth knowing. */
  readonly notes?: readonly string[]
}

/** Everything that a rule can see. */
export interface RuleContext {
  readonly facts: RunFacts
  readonly flavor: Flavor
  /** What version rules read where they do not say: the Git tag, or a version that is given. */
  readonly versionText: string | undefined
  /** Where it stands, if it is not the Git tag. */
  readonly versionFrom?: string
  /** The version that a run on a Git tag releases, whoever reads it. */
  readonly gitVersion: ReleaseVersion | undefined
}

/** The outcome of a rule that gives no tag. */
export function noTag(rule: TagRule, why: string, ...notes: string[]): RuleOutcome {
  return {rule, why, notes}
}

/** The text with the prefix and suffix of the rule around it, or else those of the flavor. */
export function decorate(text: string, rule: TagRule, {flavor, facts}: RuleContext): string {
  const render = (template: Template): string => renderTemplate(template, facts.scope)
  const prefix = render(rule.prefix ?? flavor.prefix.template)
  const suffix = render(rule.suffix ?? flavor.suffix.template)
  return `${prefix}${text}${suffix}`
}
