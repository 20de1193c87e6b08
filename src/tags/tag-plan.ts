import {InputError, type InputIssue, ReleaseError} from '../errors.js'
import type {PlannedTag} from '../plan/plan.js'
import type {WorkflowRun} from '../workflow-run.js'
import {applyRule} from './apply-rule.js'
import type {Flavor} from './flavor.js'
import {planLatest} from './latest-tag.js'
import {nameTags, uniqueTags} from './named-tag.js'
import type {RuleContext, RuleOutcome} from './rule-outcome.js'
import type {TagRule} from './rule.js'
import {type RunFacts, factsOf} from './run-facts.js'
import {leftOutNotes, nameNotes, uncheckedNotes} from './tag-notes.js'
import {type ReleaseVersion, findVersion} from './version.js'

/** How the tags of one image are decided. */
export interface TagConfig {
  readonly rules: readonly TagRule[]
  readonly flavor: Flavor
  /** Digits of a short commit. */
  readonly shortShaLength: number
}

/** The tags that one image earns in a run. */
export interface TagPlan {
  readonly facts: RunFacts
  readonly tags: readonly PlannedTag[]
  /** The version that is released; undefined where none is. */
  readonly version: string | undefined
  /** Rules that gave no tag, and why. */
  readonly leftOut: readonly {readonly rule: string; readonly why: string}[]
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
  const context = contextOf(config, facts)
  const issues: InputIssue[] = []
  const report = (message: string): number => issues.push({input: 'tags', message})
  const outcomes = config.rules.map(rule => applyRule(rule, context, report))
  if (issues.length > 0) throw new InputError(issues)
  assertVersion(outcomes)
  const version = releasedVersion(outcomes, context)
  const latest = planLatest(outcomes, version, context)
  const named = nameTags(outcomes, latest.tag)
  const notes = [
    ...outcomes.flatMap(outcome => outcome.notes ?? []),
    ...latest.notes,
    ...named.flatMap(nameNotes),
    ...leftOutNotes(outcomes, context),
    ...uncheckedNotes(named)
  ]
  return {
    facts,
    tags: uniqueTags(named).map(({name, class: tagClass, rule}) => ({name, class: tagClass, rule})),
    version: version?.version,
    leftOut: outcomes
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
    leftOut: rules.map(rule => ({rule: rule.text, why})),
    notes: [
      'No rule gives a tag for the merge queue’s own branch: the run only builds (docker/metadata-action makes a tag of it).'
    ]
  }
}

function contextOf({flavor}: TagConfig, facts: RunFacts): RuleContext {
  const found = facts.gitTag === undefined ? undefined : findVersion(facts.gitTag)
  const gitVersion = found && facts.isMarkedPrerelease ? {...found, isPrerelease: true} : found
  return {facts, flavor, gitVersion}
}

/** A Git tag that is no version must not become a release; enough if one of the rules can read it. */
function assertVersion(outcomes: readonly RuleOutcome[]): void {
  const [refused] = outcomes.filter(({gate}) => gate !== undefined)
  const isRead = outcomes.some(({rule, version}) => version !== undefined && rule.type !== 'match')
  if (refused?.gate === undefined || isRead) return
  const {text, fault} = refused.gate
  const tagged = fault.nearest === undefined ? 'a version such as v1.2.3' : fault.nearest
  throw new ReleaseError(
    'VERSION_INVALID',
    `${JSON.stringify(text)} is not a version that line ${refused.rule.line} of tags can release: ${fault.fault}`,
    {
      hint: `Tag the commit ${tagged}, or write match=… on the rule with a group ( ) around the version; a Git tag that does not match gives no tag.`
    }
  )
}

function releasedVersion(
  outcomes: readonly RuleOutcome[],
  {facts, gitVersion}: RuleContext
): ReleaseVersion | undefined {
  if (facts.isPullRequest || outcomes.every(({tag}) => tag === undefined)) return undefined
  return outcomes.find(({version}) => version !== undefined)?.version ?? gitVersion
}
