import {enableFault} from '../rules/rule-attributes.js'
import {asksDefaultBranch, meetsConditions} from '../rules/rule-condition.js'
import {
  type EdgeRule,
  type MatchRule,
  type RawRule,
  type RefRule,
  type ScheduleRule,
  type ShaRule,
  type TagRule,
  placeOf
} from '../rules/rule.js'
import {type RuleContext, type RuleOutcome, decorate, noTag} from './rule-outcome.js'
import type {TagKind} from './tag-kind.js'
import {isLiteral, renderTemplate, valuesIn} from '../rules/template.js'
import {applyVersionRule} from './version-rule.js'
import {type ReleaseVersion, findVersion} from '../../versions/version.js'

/** What a rule comes to in a run. `report` takes the faults that only the run brings to light. */
export function applyRule(rule: TagRule, context: RuleContext, report: (fault: string) => void): RuleOutcome {
  if (rule.on !== undefined && !meetsConditions(rule.on, context.facts))
    return noTagByDefault(asksDefaultBranch(rule.on), rule, 'the run is not what on= asks for', context)
  const enable = rule.enable === undefined ? 'true' : renderTemplate(rule.enable, context.facts.scope)
  if (enable !== 'true' && enable !== 'false') report(`${placeOf(rule)}: ${enableFault(enable)}`)
  if (enable !== 'true') {
    const asksDefault =
      rule.enable !== undefined && [...valuesIn(rule.enable)].some(name => name.endsWith('_default_branch'))
    return noTagByDefault(asksDefault, rule, 'enable= is false', context)
  }
  switch (rule.type) {
    case 'schedule':
      return applySchedule(rule, context)
    case 'semver':
    case 'pep440':
      return applyVersionRule(rule, context)
    case 'match':
      return applyMatch(rule, context)
    case 'edge':
      return applyEdge(rule, context)
    case 'ref':
      return applyRef(rule, context)
    case 'raw':
      return applyRaw(rule, context)
    case 'sha':
      return applySha(rule, context)
  }
}

/** A checkout on a workstation may not know which branch is the default: then that is why, and can be mended. */
function noTagByDefault(
  asksDefault: boolean,
  rule: TagRule,
  why: string,
  {facts: {branch, defaultBranch}}: RuleContext
): RuleOutcome {
  if (!asksDefault || branch === undefined || defaultBranch !== undefined) return noTag(rule, why)
  return noTag(
    rule,
    'which branch is the default is not known here',
    'Rules for the default branch give no tag: nothing here says which branch that is. Run git remote set-head origin --auto, or name the branch in the rule.'
  )
}

function applySchedule(rule: ScheduleRule, context: RuleContext): RuleOutcome {
  const {event, scope} = context.facts
  if (!event.includes('schedule')) return noTag(rule, 'the run was not started by a schedule')
  return wanted(rule, renderTemplate(rule.pattern, scope), 'schedule', context)
}

function applyEdge(rule: EdgeRule, context: RuleContext): RuleOutcome {
  const branch = rule.branch ?? context.facts.defaultBranch
  if (context.facts.branch === undefined || context.facts.branch !== branch)
    return noTagByDefault(
      rule.branch === undefined,
      rule,
      `the run is not on the branch ${branch ?? '(default)'}`,
      context
    )
  return wanted(rule, 'edge', 'branch', context)
}

function applyRef(rule: RefRule, context: RuleContext): RuleOutcome {
  const {branch, gitTag, pullRequest} = context.facts
  const name = {branch, tag: gitTag, pr: pullRequest}[rule.event]
  if (name === undefined) return noTag(rule, `the run is not on a ${REF_NAMES[rule.event]}`)
  if (rule.event !== 'tag')
    return wanted(rule, name, rule.event === 'pr' ? 'pull-request' : 'branch', context)
  const outcome = wanted(rule, name, kindOfGitTag(name, context.gitVersion), context)
  return earning(outcome, context)
}

const REF_NAMES = {branch: 'branch', tag: 'Git tag', pr: 'pull request'}

function applyMatch(rule: MatchRule, context: RuleContext): RuleOutcome {
  if (context.facts.isPullRequest) return noTag(rule, 'a pull request releases no version')
  const source =
    rule.value === undefined ? context.facts.gitTag : renderTemplate(rule.value, context.facts.scope)
  if (source === undefined || source === '') return noTag(rule, 'the run has no Git tag')
  const found = rule.pattern.find(source)?.[rule.group]
  if (found === undefined || found === '')
    return noTag(rule, `${source} does not match`, `No tag from ${placeOf(rule)}: ${source} does not match.`)
  const version = releaseIn(source, context)
  if (version !== undefined && isAliasOfPrerelease(found, version))
    return {...noTag(rule, 'a pre-release moves no shared tag', aliasNote(rule, found, version)), version}
  const tag = wanted(rule, found, kindOfMatch(found, source, version), context)
  return earning(version === undefined ? tag : {...tag, version}, {...context, gitVersion: version})
}

function releaseIn(text: string, {facts}: RuleContext): ReleaseVersion | undefined {
  const version = findVersion(text)
  return version && facts.isMarkedPrerelease ? {...version, isPrerelease: true} : version
}

/** Only the numbers of a pre-release were matched, as 2.0 of v2.0.8-beta.67: stable releases share that tag. */
function isAliasOfPrerelease(found: string, version: ReleaseVersion): boolean {
  const part = findVersion(found)
  if (!version.isPrerelease || version.precision < 2 || part?.version === version.version) return false
  return part === undefined ? !/[a-z]{2}/i.test(found) : !part.isPrerelease
}

function aliasNote(rule: MatchRule, found: string, version: ReleaseVersion): string {
  return `No tag from ${placeOf(rule)}: ${found} does not move to the pre-release ${version.version} (docker/metadata-action moves it). To move it, write type=raw,value=${found}.`
}

function kindOfMatch(found: string, source: string, version: ReleaseVersion | undefined): TagKind {
  if (found === source) return 'version'
  if (version === undefined) return 'other'
  return findVersion(found)?.version === version.version ? 'version' : 'alias'
}

function applyRaw(rule: RawRule, context: RuleContext): RuleOutcome {
  const value = renderTemplate(rule.value, context.facts.scope)
  if (value === '') return noTag(rule, 'its value is empty')
  return wanted(rule, value, kindOfRaw(rule, value, context), context)
}

function kindOfRaw(rule: RawRule, value: string, {facts, gitVersion}: RuleContext): TagKind {
  const names = valuesIn(rule.value)
  if (names.has('sha')) return 'commit'
  if (facts.isPullRequest) return 'pull-request'
  if (facts.gitTag === undefined) return 'branch'
  if (names.has('tag')) return kindOfGitTag(facts.gitTag, gitVersion)
  if (gitVersion === undefined || !isLiteral(rule.value)) return 'other'
  return findVersion(value)?.version === gitVersion.version ? 'version' : 'alias'
}

function applySha(rule: ShaRule, context: RuleContext): RuleOutcome {
  const {sha, shortSha} = context.facts
  return wanted(rule, rule.format === 'long' ? sha : shortSha, 'commit', context)
}

/** A Git tag such as v1 is moved along with its releases, one such as nightly at will; every other stands for good. */
function kindOfGitTag(gitTag: string, version: ReleaseVersion | undefined): TagKind {
  if (version !== undefined && !version.isPrerelease && version.precision < 3) return 'alias'
  return /\d/.test(gitTag) ? 'version' : 'other'
}

/** A Git tag and what is matched in it earn `latest`, unless they are pre-releases. */
function earning(outcome: RuleOutcome, {gitVersion}: RuleContext): RuleOutcome {
  if (outcome.tag === undefined) return outcome
  return {...outcome, tag: {...outcome.tag, earnsLatest: gitVersion?.isPrerelease !== true}}
}

function wanted(rule: TagRule, text: string, kind: TagKind, context: RuleContext): RuleOutcome {
  return {rule, tag: {text: decorate(text, rule, context), kind, earnsLatest: false}}
}
