import type {RunFacts} from '../../ci/run-facts.js'
import {boundedExpression} from '../../patterns/bounded-expression.js'
import {type ReleaseVersion, findVersion, readVersion} from '../../versions/version.js'
import {parsePep440} from '../../versions/pep440.js'
import type {OrderedVersion} from '../../versions/version-order.js'
import type {WorkflowRun} from '../../contracts/workflow-run.js'
import type {PeerFlavor, PeerRule} from './peer-rules.js'

/** One tag that only one of docker/metadata-action and compute-tags gives, or a run that one of them refuses. */
export interface TagDifference {
  /** Where the tag is: there, or here; `refused` is refused here and not there, `accepted` the other way round. */
  readonly side: 'there' | 'here' | 'refused' | 'accepted'
  /** The tag, or the message of the refusal. */
  readonly text: string
  /** The rule that gives the tag, as docker/metadata-action reads it; undefined for `latest` of the flavor. */
  readonly rule: PeerRule | undefined
  /** What the rule gives there without prefix and suffix; undefined for a tag that is only here. */
  readonly value?: string | undefined
}

/** What a difference is judged by. */
export interface DifferenceFacts {
  readonly run: RunFacts
  /** Undefined where the rules cannot be read there. */
  readonly flavor: PeerFlavor | undefined
  readonly rules: readonly PeerRule[]
  /** The rule whose tag comes first there: with `latest=auto` it decides; undefined where no rule gives a tag. */
  readonly first: PeerRule | undefined
  /** Whether `latest` is given there. */
  readonly isLatestThere: boolean
  /** The input `tags` as it is written. */
  readonly written: string
  /** The input `flavor` as it is written. */
  readonly writtenFlavor: string
  /** The input `images` as it is written. */
  readonly writtenImages: string
}

/** A row of the table of differences in docs/migration.md. */
export interface DifferenceRow {
  readonly id: string
  /** What is given, what docker/metadata-action does, and what happens here: Markdown. */
  readonly given: string
  readonly there: string
  readonly here: string
  /** Whether it explains a difference of tags; absent for what no rule gives, such as labels. */
  readonly explains?: (difference: TagDifference, facts: DifferenceFacts) => boolean
  /** What inputs are refused here, whatever the run; a refusal is explained by nothing else. */
  readonly refused?: (written: WrittenInputs) => boolean
  /** Whether it holds beside the tags; each row has this or `explains`. */
  readonly isBeside?: (beside: BesideFacts) => boolean
}

/** What is known beside the rules of a step; what is not known is absent, and no row holds by it. */
export interface BesideFacts {
  /** The input `labels` as it is written. */
  readonly labels?: string
  /** The input `annotations` as it is written. */
  readonly annotations?: string
  /** Where annotations are said to belong, there and here. */
  readonly levels?: {readonly there: readonly string[]; readonly here: readonly string[]}
  /** Whatever may hold templates: rules, flavor, labels, annotations. */
  readonly templates?: string
  /** The texts that tags are made of, before they are put into the form of tags. */
  readonly texts?: readonly string[]
  readonly run?: Pick<WorkflowRun, 'startedAt' | 'commitDate'>
  /** The inputs of the build. */
  readonly build?: Readonly<Record<string, string>>
  /** What is released by a tag that only moves to newer versions, and what that tag points at. */
  readonly move?: {readonly to: OrderedVersion; readonly from: OrderedVersion}
}

/** Inputs as they are written. */
export type WrittenInputs = Pick<DifferenceFacts, 'written' | 'writtenFlavor' | 'writtenImages'>

/** A row of what is refused here: its message, and what has to be written for it. */
export function refusal(
  message: RegExp,
  refused: (written: WrittenInputs) => boolean
): Pick<DifferenceRow, 'explains' | 'refused'> {
  return {
    refused,
    explains: ({side, text}, facts) => side === 'refused' && message.test(text) && refused(facts)
  }
}

/** A row of what is refused here in some runs: its message, and the fact that makes it. */
export function refusalIn(
  message: RegExp,
  isGiven: (facts: DifferenceFacts) => boolean
): (difference: TagDifference, facts: DifferenceFacts) => boolean {
  return ({side, text}, facts) => side === 'refused' && message.test(text) && isGiven(facts)
}

/** Whether a regular expression finds something; its time is bounded. */
export function isFound(expression: string, text: string): boolean {
  return boundedExpression(expression).test(text)
}

/** Whether a rule is what is left of a line without the quotes around its fields. */
export function isQuotedAs({text}: PeerRule, line: string): boolean {
  return line.includes(',"') && line.replaceAll('"', '').trim() === text
}

/** The rule that a tag is given by there; for `latest` the one that decides. */
export function decidingRule({rule}: TagDifference, {first}: DifferenceFacts): PeerRule | undefined {
  return rule ?? first
}

/** Whether a rule reads a version. */
export function isOfVersion(rule: PeerRule | undefined): rule is PeerRule {
  return rule !== undefined && ['semver', 'pep440', 'match'].includes(rule.type)
}

/** Whether a rule writes a version by a pattern. */
export function isPatterned(rule: PeerRule | undefined): rule is PeerRule {
  return isOfVersion(rule) && rule.type !== 'match'
}

/** The names in a pattern, in its order. */
export function patternNames(pattern: string): string[] {
  return [...pattern.matchAll(/\{\{\{?\s*([\w.]+)/g)].map(([, name = '']) => name)
}

/** The text that a rule reads its version in: a Git tag, or its value. */
export function tagSourceOf(rule: PeerRule | undefined, {run}: DifferenceFacts): string {
  const value = isOfVersion(rule) ? (rule.attributes['value'] ?? '') : ''
  return value === '' ? (run.gitTag ?? '') : value.replaceAll('{{tag}}', run.gitTag ?? '')
}

/** The version that a rule releases here, a pre-release also where GitHub's release is marked as one. */
export function versionOf(rule: PeerRule | undefined, facts: DifferenceFacts): ReleaseVersion | undefined {
  const version = writtenVersionOf(rule, facts)
  return version !== undefined && facts.run.isMarkedPrerelease ? {...version, isPrerelease: true} : version
}

/** The version that a rule reads, or the one in the Git tag that it names; undefined where there is none. */
export function writtenVersionOf(
  rule: PeerRule | undefined,
  facts: DifferenceFacts
): ReleaseVersion | undefined {
  const source = tagSourceOf(rule, facts)
  if (rule?.type === 'ref') return rule.attributes['event'] === 'tag' ? findVersion(source) : undefined
  if (!isOfVersion(rule)) return undefined
  if (rule.type === 'match') return findVersion(source)
  const match = rule.attributes['match'] ?? ''
  const text = match === '' ? source : boundedExpression(match).find(source)?.[1]
  return text === undefined ? undefined : readVersion(rule.type as 'semver' | 'pep440', text)
}

/** Whether a rule is of a pre-release. */
export function isPrerelease(rule: PeerRule | undefined, facts: DifferenceFacts): boolean {
  return versionOf(rule, facts)?.isPrerelease === true
}

/** Whether a rule is of a post-release, and writes it by another pattern than the whole version. */
export function isPost(rule: PeerRule | undefined, facts: DifferenceFacts): boolean {
  if (rule?.type !== 'pep440' || isPrerelease(rule, facts)) return false
  const match = rule.attributes['match'] ?? ''
  const source = tagSourceOf(rule, facts)
  const text = match === '' ? source : boundedExpression(match).find(source)?.[1]
  return text !== undefined && parsePep440(text)?.post !== undefined
}
