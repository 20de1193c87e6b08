import {type Markdown, code, joined, markdownTable, prose, textTable, words} from '../shared/markdown.js'
import type {PreflightAdvice, PreflightCheck} from './preflight-check.js'

/** What was found before a release. */
export interface PreflightReport {
  readonly checks: readonly PreflightCheck[]
  readonly advice: readonly PreflightAdvice[]
}

/** The report as JSON, for programs. */
export function preflightJson(report: PreflightReport): string {
  return JSON.stringify({schema: 1, ...report})
}

/** Whether it is known of every repository that was asked that it may be pushed to; false where none was asked. */
export function isPushKnown(report: string): boolean {
  const {checks} = JSON.parse(report) as Pick<PreflightReport, 'checks'>
  const pushes = checks.filter(({right}) => right === 'push')
  return pushes.length > 0 && pushes.every(({answer}) => answer === 'yes')
}

/** The log's table, with the setting to change below each line that is not yes. */
export function preflightTable({checks}: PreflightReport): string[] {
  const rows = textTable(
    checks.map(({where, right, answer, milliseconds}) => [
      `  ${where}`,
      right,
      answer,
      `${Math.round(milliseconds)} ms`
    ])
  )
  return checks.flatMap(({reason, hint}, at) => [
    rows[at] ?? '',
    ...(reason === undefined ? [] : [`    ${reason}`]),
    ...(hint === undefined ? [] : [`    ${hint}`])
  ])
}

/** The section of the job summary. */
export function preflightSummary({checks, advice}: PreflightReport): Markdown {
  const missing = checks.filter(({answer}) => answer === 'no').length
  const title =
    missing === 0
      ? prose`## Preflight: nothing is missing`
      : prose`## Preflight: ${missing} of ${checks.length} rights missing`
  const rows = checks.map(({where, right, answer, reason = '', hint = ''}) => [
    code(where),
    words(right),
    words(answer),
    words([reason, hint].filter(Boolean).join('\n'))
  ])
  return joined([
    title,
    markdownTable(['Where', 'Right', 'Answer', 'What to do'], rows),
    ...advice.map(({where, message}) => prose`- ${code(where)}: ${words(message)}`)
  ])
}
