import {type BoundedExpression, boundedExpression} from '../../patterns/bounded-expression.js'
import {nearest} from '../../shared/did-you-mean.js'
import {type Report, quote} from './input-lines.js'
import type {RunFacts} from '../../ci/run-facts.js'

/** One word of the attribute `on`: an event, or what the run is on. */
interface Condition {
  readonly word: string
  /** The name that a branch or Git tag must have; `*` stands for any characters. */
  readonly name?: BoundedExpression
}

/** Conditions that must all hold. */
export type RuleCondition = readonly Condition[]

const PLACES = ['branch', 'default-branch', 'tag', 'pr']

/** Events that a workflow that builds images is started by (docs.github.com, "Events that trigger workflows"). */
const EVENTS = [
  'push',
  'release',
  'schedule',
  'workflow_dispatch',
  'workflow_call',
  'workflow_run',
  'repository_dispatch',
  'pull_request',
  'pull_request_target',
  'merge_group'
]

/**
 * Reads the attribute `on`: words with white space or "|" between them, any of which may hold; words with "+" between them
 * must hold together. A word is an event by its name, `tag`, `branch`, `default-branch` or `pr`, or `branch:release/*` and
 * `tag:v*` for some only: `push+default-branch schedule`.
 */
export function parseConditions(text: string, report: Report): RuleCondition[] {
  const words = text.split(/[\s|]+/).filter(word => word !== '')
  if (words.length === 0) report('on is empty: it names the events or refs that the rule is for')
  return words.map(word => word.split('+').flatMap(part => parseCondition(part, report) ?? []))
}

function parseCondition(text: string, report: Report): Condition | undefined {
  const [, word = '', pattern] = /^([^:]*)(?::(.+))?$/.exec(text) ?? []
  if (pattern !== undefined && (word === 'branch' || word === 'tag'))
    return {word, name: globExpression(pattern)}
  if (pattern === undefined && [...PLACES, ...EVENTS].includes(word)) return {word}
  const guess = nearest(text, [...PLACES, ...EVENTS])
  const advice =
    guess === undefined
      ? `known are ${PLACES.join(', ')}, branch:NAME, tag:NAME and events such as schedule`
      : `did you mean ${guess}?`
  report(`on=${quote(text)} is not known; ${advice}`)
  return undefined
}

/** Whether a run is one of the occasions. */
export function meetsConditions(occasions: readonly RuleCondition[], facts: RunFacts): boolean {
  return occasions.some(conditions => conditions.every(condition => holds(condition, facts)))
}

/** Whether an occasion depends on which branch is the default. */
export function asksDefaultBranch(occasions: readonly RuleCondition[]): boolean {
  return occasions.flat().some(({word}) => word === 'default-branch')
}

function holds(
  {word, name}: Condition,
  {event, branch, gitTag, pullRequest, defaultBranch}: RunFacts
): boolean {
  switch (word) {
    case 'branch':
      return branch !== undefined && (name?.test(branch) ?? true)
    case 'tag':
      return gitTag !== undefined && (name?.test(gitTag) ?? true)
    case 'default-branch':
      return branch !== undefined && branch === defaultBranch
    case 'pr':
      return pullRequest !== undefined
    default:
      return event === word
  }
}

function globExpression(glob: string): BoundedExpression {
  const parts = glob.split('*').map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return boundedExpression(`^${parts.join('.*')}$`)
}
