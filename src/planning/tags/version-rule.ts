import {type VersionRule, placeOf} from '../rules/rule.js'
import {type RuleContext, type RuleOutcome, decorate, noTag} from './rule-outcome.js'
import {type Template, isLiteral, literal, renderTemplate, valuesIn} from '../rules/template.js'
import {versionFault} from '../../versions/version-fault.js'
import {type ReleaseVersion, readVersion} from '../../versions/version.js'

/** What type=semver and type=pep440 come to. */
export function applyVersionRule(rule: VersionRule, context: RuleContext): RuleOutcome {
  if (context.facts.isPullRequest) return onPullRequest(rule)
  const source = sourceOf(rule, context)
  if (source === undefined) return noTag(rule, 'the run has no Git tag')
  const text = matchedText(rule, source)
  if (text === undefined) return noTag(rule, `${source} does not match`, unmatchedNote(rule, source))
  const version = readRelease(rule, text, context)
  return version === undefined ? unreadable(rule, text, context) : released(rule, version, context)
}

function onPullRequest(rule: VersionRule): RuleOutcome {
  const note = `No tag from ${placeOf(rule)}: a pull request releases no version. To publish one anyway, write type=raw,value=….`
  return noTag(rule, 'a pull request releases no version', ...(rule.value === undefined ? [] : [note]))
}

function sourceOf(rule: VersionRule, {facts, versionText}: RuleContext): string | undefined {
  if (rule.value === undefined) return versionText
  return renderTemplate(rule.value, facts.scope) || undefined
}

function matchedText(rule: VersionRule, source: string): string | undefined {
  return rule.match === undefined ? source : rule.match.find(source)?.[1]
}

function unmatchedNote(rule: VersionRule, source: string): string {
  return `No tag from ${placeOf(rule)}: ${source} does not match ${rule.match?.source ?? ''} (docker/metadata-action would use the whole text).`
}

/** The version; none where a tag cannot stand for it. */
function readRelease(rule: VersionRule, text: string, {facts}: RuleContext): ReleaseVersion | undefined {
  const version = readVersion(rule.type, text)
  if (version === undefined || version.build !== undefined) return undefined
  return facts.isMarkedPrerelease ? {...version, isPrerelease: true} : version
}

/** A Git tag and the file of the version must hold one; what `value` holds on a branch need not be one. */
function unreadable(rule: VersionRule, text: string, {facts, versionFrom}: RuleContext): RuleOutcome {
  const fault = versionFault(rule.type, text)
  const isGiven = rule.value === undefined && versionFrom !== undefined
  if (facts.gitTag !== undefined || isGiven) return {rule, why: fault.fault, gate: {text, fault}}
  return noTag(rule, fault.fault, `No tag from ${placeOf(rule)}: ${text} is no version: ${fault.fault}.`)
}

function released(rule: VersionRule, version: ReleaseVersion, context: RuleContext): RuleOutcome {
  if (!version.isPrerelease && version.major === '0' && isMajorAlone(rule) && rule.enable === undefined)
    return {...noTag(rule, 'major version 0 promises nothing', majorZeroNote(rule)), version}
  if (version.isPrerelease && isLiteral(rule.pattern)) return sharedTag(rule, version)
  const pattern = version.isPrerelease ? wholeVersion(rule.pattern) : rule.pattern
  const isExact = version.isPrerelease || isExactPattern(pattern)
  const tag = {
    text: decorate(renderVersion(pattern, version), rule, context),
    kind: isExact ? 'version' : 'alias',
    earnsLatest: !version.isPrerelease
  } as const
  return {rule, version, tag, notes: version.isPrerelease ? prereleaseNotes(rule, version) : []}
}

/** A tag without any part of the version is shared by all versions. */
function sharedTag(rule: VersionRule, version: ReleaseVersion): RuleOutcome {
  const name = renderVersion(rule.pattern, version)
  const note = `No tag from ${placeOf(rule)}: ${name} does not move to the pre-release ${version.version} (docker/metadata-action gives the version in its place). To move it, write type=raw,value=${name}.`
  return {...noTag(rule, 'a pre-release moves no shared tag', note), version}
}

function renderVersion(pattern: Template, version: ReleaseVersion): string {
  const {raw, major, minor, patch} = version
  const values = new Map(Object.entries({raw, version: version.version, major, minor, patch}))
  return renderTemplate(pattern, {values, dates: {date: '', commit_date: ''}})
}

/** Part of a version must not move to a pre-release: the whole version stands in its place, the text around stays. */
function wholeVersion(pattern: Template): Template {
  const values = valuesIn(pattern)
  if (values.has('raw') || values.has('version')) return pattern
  const whole = {kind: 'value', name: 'version'} as const
  const before = pattern.parts.slice(0, 1).filter(part => part.kind === 'text')
  const after = pattern.parts
    .slice(1)
    .slice(-1)
    .filter(part => part.kind === 'text')
  return {source: pattern.source, parts: [...before, whole, ...after]}
}

function isExactPattern(pattern: Template): boolean {
  const values = valuesIn(pattern)
  return (
    values.has('raw') || values.has('version') || ['major', 'minor', 'patch'].every(name => values.has(name))
  )
}

function isMajorAlone({pattern}: VersionRule): boolean {
  const values = valuesIn(pattern)
  return values.has('major') && values.size === 1
}

function majorZeroNote(rule: VersionRule): string {
  return `No tag from ${placeOf(rule)}: major version 0 promises nothing to its users. To have the tag, write enable=true on that line.`
}

function prereleaseNotes({pattern}: VersionRule, version: ReleaseVersion): string[] {
  if (renderVersion(wholeVersion(pattern), version) === renderVersion(plainVersion(pattern), version))
    return []
  return [
    `The text around the version stays for the pre-release ${version.version} (docker/metadata-action drops it). To drop it, write pattern={{version}}.`
  ]
}

/** What docker/metadata-action makes of a pattern for a pre-release. */
function plainVersion(pattern: Template): Template {
  const isRaw = pattern.parts.length === 1 && valuesIn(pattern).has('raw')
  return isRaw ? pattern : {...literal(''), parts: [{kind: 'value', name: 'version'}]}
}
