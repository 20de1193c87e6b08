import type {Finding} from './finding.js'
import type {Judged, Rule} from './judged.js'
import {CONCURRENCY_RULES} from './rules/concurrency.js'
import {LANGUAGE_RULES} from './rules/language.js'
import {RUNNER_RULES} from './rules/runner.js'
import {SAFETY_RULES} from './rules/safety.js'

/**
 * What GitHub does with a workflow, as far as it can be told from its text. What is left to others: the lines of `run` to
 * shellcheck by actionlint, text of strangers in scripts, too many permissions and dangerous triggers to zizmor, and what a
 * job does when it runs to act in the world of `support/hosted`.
 */
export const RULES: readonly Rule[] = [
  ...LANGUAGE_RULES,
  ...RUNNER_RULES,
  ...SAFETY_RULES,
  ...CONCURRENCY_RULES
]

/** What breaks a rule. */
export interface Verdict extends Finding {
  readonly rule: Rule
}

/** Holds a workflow to every rule. */
export async function verdictsOn(judged: Judged): Promise<Verdict[]> {
  const found = await Promise.all(
    RULES.map(async rule => (await rule.judge(judged)).map(finding => ({...finding, rule})))
  )
  return found.flat()
}

/** A verdict as a person reads it: where, what, what GitHub does, and where that is written. */
export function sayVerdict({place, message, rule}: Verdict): string {
  return `${place}: ${message} [${rule.id}]\n    ${rule.says} (${rule.source})`
}
