import type {RunFacts} from '../../ci/run-facts.js'
import {boundedExpression} from '../../patterns/bounded-expression.js'
import {findVersion} from '../../versions/version.js'
import type {PeerFlavor, PeerRule} from './peer-rules.js'

/** One tag that only one of docker/metadata-action and compute-tags gives, or a run that one of them refuses. */
export interface TagDifference {
  /** Where the tag is: there, or here; `refused` is refused here and not there, `accepted` the other way round. */
  readonly side: 'there' | 'here' | 'refused' | 'accepted'
  /** The tag, or the message of the refusal. */
  readonly text: string
  /** The rule that gives the tag, as docker/metadata-action reads it; undefined for `latest` of the flavor. */
  readonly rule: PeerRule | undefined
}

/** What a difference is judged by. */
export interface DifferenceFacts {
  readonly run: RunFacts
  /** Undefined where the rules cannot be read there. */
  readonly flavor: PeerFlavor | undefined
  readonly rules: readonly PeerRule[]
  /** The input `tags` as it is written. */
  readonly written: string
  /** The input `flavor` as it is written. */
  readonly writtenFlavor: string
}

/** A row of the table of differences in docs/migration.md. */
export interface DifferenceRow {
  readonly id: string
  /** What is given, what docker/metadata-action does, and what happens here: Markdown. */
  readonly given: string
  readonly there: string
  readonly here: string
  /** Whether it explains a difference of tags; absent for what a plan does not show, such as labels. */
  readonly explains?: (difference: TagDifference, facts: DifferenceFacts) => boolean
}

/** Explains a refusal here by its message. */
export function refusal(message: RegExp): (difference: TagDifference) => boolean {
  return ({side, text}) => side === 'refused' && message.test(text)
}

/** Whether a regular expression finds something; its time is bounded. */
export function isFound(expression: string, text: string): boolean {
  return boundedExpression(expression).test(text)
}

/** Whether a rule is what is left of a line without the quotes around its fields. */
export function isQuotedAs({text}: PeerRule, line: string): boolean {
  return line.includes(',"') && line.replaceAll('"', '').trim() === text
}

/** Whether a rule gives what versions share: `latest`, or the name of a Git tag or a part of it. */
export function isShared(rule: PeerRule | undefined): boolean {
  return rule === undefined || rule.type === 'ref' || isOfVersion(rule)
}

/** Whether a rule reads a version. */
export function isOfVersion(rule: PeerRule | undefined): boolean {
  return rule !== undefined && ['semver', 'pep440', 'match'].includes(rule.type)
}

/** The text that a rule reads its version in, as far as it shows without a run: a template is none. */
export function sourceOf(rule: PeerRule | undefined, {run}: DifferenceFacts): string {
  const value = rule?.attributes['value'] ?? ''
  return isOfVersion(rule) && value !== ''
    ? value.replaceAll('{{tag}}', run.gitTag ?? '')
    : (run.gitTag ?? '')
}

/** Whether the version of a rule, or any for `latest`, is a pre-release. */
export function isPrerelease(rule: PeerRule | undefined, facts: DifferenceFacts): boolean {
  const texts = [
    sourceOf(rule, facts),
    ...(rule === undefined ? facts.rules.map(one => sourceOf(one, facts)) : [])
  ]
  return facts.run.isMarkedPrerelease || texts.some(text => findVersion(text)?.isPrerelease === true)
}

/** Whether the version of a rule, or any for `latest`, is a post-release. */
export function isAboutPost({rule}: TagDifference, facts: DifferenceFacts): boolean {
  const rules = rule === undefined ? facts.rules : [rule]
  return rules.some(
    one => one.type === 'pep440' && /(?:post|rev|r)[-_.]?\d*|-\d+$/i.test(sourceOf(one, facts))
  )
}
