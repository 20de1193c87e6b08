import {InputError, type InputIssue, ReleaseError} from '../../errors.js'
import type {WorkflowRun} from '../../contracts/workflow-run.js'
import {applyRule} from './apply-rule.js'
import type {Flavor} from '../rules/flavor.js'
import {planLatest} from './latest-tag.js'
import {type NamedTag, nameTags, uniqueTags} from './named-tag.js'
import {type TagRule, placeOf} from '../rules/rule.js'
import {type RunFacts, factsOf} from '../../ci/run-facts.js'
import type {TagPolicy} from './tag-kind.js'
import {type GivenVersion, type VersionSource, chooseVersion} from './version-source.js'
import {type ReleaseVersion, findVersion} from '../../versions/version.js'
import {renderTemplate, isLiteral} from '../rules/template.js'
import type {RuleContext, RuleOutcome} from './rule-outcome.js'

/** How the tags of one image are decided. */
export interface TagConfig {
  readonly rules: readonly TagRule[]
  readonly flavor: Flavor
  /** Digits of a short commit. */
  readonly shortShaLength: number
  /** The version, where it does not come from the Git tag. */
  readonly version?: GivenVersion
  readonly policy?: TagPolicy
  /** Whether a hash tells names apart that are written the same as tags. */
  readonly isUnique?: boolean
}

/** The tags that one image earns in a run. */
export interface TagPlan {
  readonly facts: RunFacts
  readonly tags: readonly NamedTag[]
  /** The version that is released; undefined where none is. */
  readonly version: string | undefined
  /** Rules that gave no tag, and why. */
  readonly skipped: readonly {readonly rule: string; readonly why: string}[]
  readonly notes: readonly string[]
}

/**
 * Decides the tags of a run: pure, so that the same rules and facts give the same tags anywhere.
 * @throws ReleaseError VERSION_INVALID where a rule must read a version in the Git tag and there is none
 * @throws InputError with every rule that makes something that is no tag
 */
export function planTags(config: TagConfig, run: WorkflowRun): TagPlan {
  const facts = factsOf(run, config.shortShaLength)
  if (facts.isMergeQueue) return mergeQueuePlan(config, facts)
  const source = chooseVersion(config.version, facts)
  const context = contextOf(config.flavor, facts, source)
  const issues: InputIssue[] = []
  const report = (message: string): number => issues.push({input: 'tags', message})
  const outcomes = config.rules.map(rule => applyRule(rule, context, report))
  if (issues.length > 0) throw new InputError(issues)
  const gateNotes = assertVersion(outcomes, context)
  const version = releasedVersion(outcomes, context)
  const latest = planLatest(outcomes, version, context)
  const named = nameTags(outcomes, latest.tag, {
    policy: config.policy ?? new Map(),
    isUnique: config.isUnique === true,
    targetNames: config.flavor.targetNames ?? []
  })
  const notes = [
    ...source.notes,
    ...gateNotes,
    ...outcomes.flatMap(outcome => outcome.notes ?? []),
    ...latest.notes,
    ...named.flatMap(nameNotes),
    ...skippedNotes(outcomes, context)
  ]
  return {
    facts,
    tags: uniqueTags(named),
    version: version?.version,
    skipped: outcomes
      .filter(({tag}) => tag === undefined)
      .map(({rule, why}) => ({rule: rule.text, why: why ?? ''})),
    notes: [...new Set(notes)]
  }
}

function mergeQueuePlan({rules}: TagConfig, facts: RunFacts): TagPlan {
  const why = 'the merge queue only builds'
  return {
    facts,
    tags: [],
    version: undefined,
    skipped: rules.map(rule => ({rule: rule.text, why})),
    notes: [
      'No rule gives a tag for the merge queue’s own branch: the run only builds (docker/metadata-action makes a tag of it).'
    ]
  }
}

function contextOf(flavor: Flavor, facts: RunFacts, {text, from}: VersionSource): RuleContext {
  const found = facts.gitTag === undefined ? undefined : findVersion(text ?? facts.gitTag)
  const gitVersion = found && facts.isMarkedPrerelease ? {...found, isPrerelease: true} : found
  return {facts, flavor, versionText: text, ...(from === undefined ? {} : {versionFrom: from}), gitVersion}
}

/**
 * A Git tag that is no version must not become a release; enough if one of the rules can read it, or names the Git tag itself.
 * @returns what is to be said where another rule names it
 */
function assertVersion(outcomes: readonly RuleOutcome[], {versionFrom}: RuleContext): string[] {
  const [refused] = outcomes.filter(({gate}) => gate !== undefined)
  const isRead = outcomes.some(({rule, version}) => version !== undefined && rule.type !== 'match')
  if (refused?.gate === undefined || isRead) return []
  const {text, fault} = refused.gate
  const named = versionFrom === undefined ? outcomes.find(namesGitTag) : undefined
  if (named !== undefined)
    return [
      `No tag from ${placeOf(refused.rule)}: ${text} is no version: ${fault.fault}. It is published by its own name, as ${placeOf(named.rule)} asks.`
    ]
  const tagged = fault.nearest === undefined ? 'a version such as v1.2.3' : fault.nearest
  throw new ReleaseError(
    'VERSION_INVALID',
    `${JSON.stringify(text)} is not a version that ${placeOf(refused.rule)}${refused.rule.origin === undefined ? ' of tags' : ''} can release: ${fault.fault}`,
    {
      hint: `Tag the commit ${tagged}, or write match=… on the rule with a group ( ) around the version; a Git tag that does not match gives no tag.`
    }
  )
}

function namesGitTag({rule, tag}: RuleOutcome): boolean {
  if (tag === undefined) return false
  return rule.type === 'ref' ? rule.event === 'tag' : rule.type === 'match' && rule.value === undefined
}

function releasedVersion(
  outcomes: readonly RuleOutcome[],
  {facts, gitVersion}: RuleContext
): ReleaseVersion | undefined {
  if (facts.isPullRequest || outcomes.every(({tag}) => tag === undefined)) return undefined
  return outcomes.find(({version}) => version !== undefined)?.version ?? gitVersion
}

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
