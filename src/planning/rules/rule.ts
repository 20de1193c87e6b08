import type {BoundedExpression} from '../../patterns/bounded-expression.js'
import type {RuleCondition} from './rule-condition.js'
import type {Template} from './template.js'
import type {VersionScheme} from '../../versions/version.js'

/** What every rule for tags may say. */
interface CommonRule {
  /** The line of the input, from 1. */
  readonly line: number
  /** The rule as it was written. */
  readonly text: string
  /** Absent where the rule does not say; then it is on. */
  readonly enable?: Template
  /** Where the rule stands, if it is not the input `tags`: `the strategy release`. */
  readonly origin?: string
  /** The names of the target, such as an axis, that the text of the tag depends on. */
  readonly targetNames?: readonly string[]
  /** The events and refs that the rule is for; absent where it is for all. */
  readonly on?: readonly RuleCondition[]
  /** Rules of a higher priority come first; the first tag is the version of the image. */
  readonly priority: number
  /** Stands in for the flavor's, also where it is empty. */
  readonly prefix?: Template
  readonly suffix?: Template
}

/** A tag for runs that a schedule started. */
export interface ScheduleRule extends CommonRule {
  readonly type: 'schedule'
  readonly pattern: Template
}

/** Tags from the version in the Git tag, or in `value`. */
export interface VersionRule extends CommonRule {
  readonly type: VersionScheme
  readonly pattern: Template
  readonly value?: Template
  /** Its first group is the version. */
  readonly match?: BoundedExpression
}

/** A tag from what a regular expression finds in the Git tag, or in `value`. */
export interface MatchRule extends CommonRule {
  readonly type: 'match'
  readonly pattern: BoundedExpression
  readonly group: number
  readonly value?: Template
}

/** The tag `edge` for the newest commit of a branch; the default branch where none is named. */
export interface EdgeRule extends CommonRule {
  readonly type: 'edge'
  readonly branch?: string
}

/** The name of the branch or Git tag, or the number of the pull request. */
export interface RefRule extends CommonRule {
  readonly type: 'ref'
  readonly event: 'branch' | 'tag' | 'pr'
}

/** A tag as it is written. */
export interface RawRule extends CommonRule {
  readonly type: 'raw'
  readonly value: Template
}

/** The commit. */
export interface ShaRule extends CommonRule {
  readonly type: 'sha'
  readonly format: 'short' | 'long'
}

/** One line of the input `tags`: which tag, and when. */
export type TagRule = ScheduleRule | VersionRule | MatchRule | EdgeRule | RefRule | RawRule | ShaRule

/** Where a rule stands, for people: `line 3`, or `line 3 of the strategy release`. */
export function placeOf({line, origin}: Pick<TagRule, 'line' | 'origin'>): string {
  return origin === undefined ? `line ${line}` : `line ${line} of ${origin}`
}

/** The words behind `type=`. */
export type RuleType = TagRule['type']
