import type {Plan, TagClass} from '../../contracts/plan.js'
import {type Markdown, code, joined, markdownTable, prose, textTable, words} from '../../shared/markdown.js'
import {formatTagTable} from './plan-summary.js'

/** A rule that gave a target no tag, and why. */
export interface SkippedRule {
  readonly target: string
  readonly rule: string
  readonly why: string
}

/** What an event comes to. */
export interface EventRow {
  readonly name: string
  readonly push: boolean
  readonly tags: readonly string[]
  /** How its builds use their caches. */
  readonly caches: string
  /** Why it is refused. */
  readonly fault?: string
}

/** A tag, for the people who pull it. */
export interface GuideRow {
  readonly tag: string
  readonly use: 'recommended' | 'one variant' | 'exact' | 'development'
  /** The variant's name; empty where there are none. */
  readonly variant: string
  readonly class: TagClass
}

/** A plan for a reader who asks why: each tag with rule, class and what happens with it, what was left out, and the notes. */
export function explainPlan(plan: Plan, leftOut: readonly SkippedRule[], caches: string): string {
  const {event, ref, revision} = plan.source
  const rows = leftOutRows(leftOut, plan.targets.length)
  return [
    `${event} on ${ref} at ${revision.slice(0, 12)}`,
    ...formatTagTable(plan),
    ...(rows.length === 0 ? [] : ['', 'Left out:', ...textTable([['RULE', 'WHY', 'FOR'], ...rows])]),
    '',
    `Caches of the builds: ${caches}`,
    ...(plan.notes.length === 0 ? [] : ['', 'Notes:', ...plan.notes.map(note => `- ${note}`)])
  ].join('\n')
}

/** A rule that is left out for several targets for one reason is said once. */
function leftOutRows(leftOut: readonly SkippedRule[], targets: number): string[][] {
  const rows = new Map<string, {cells: string[]; names: string[]}>()
  for (const {target, rule, why} of leftOut) {
    const row = rows.get(`${rule}\n${why}`) ?? {cells: [rule, why], names: []}
    row.names.push(target)
    rows.set(`${rule}\n${why}`, row)
  }
  return [...rows.values()].map(({cells, names}) => [
    ...cells,
    names.length === targets ? 'every target' : names.join(', ')
  ])
}

/** Events and the tags that they earn, as a table of text. */
export function explainEvents(rows: readonly EventRow[]): string {
  const cells = rows.map(({name, push, tags, caches, fault}) => [
    name,
    push ? 'yes' : 'no',
    caches,
    fault ?? (tags.join(' ') || '-')
  ])
  return textTable([['EVENT', 'PUBLISHES', 'CACHES', 'TAGS'], ...cells]).join('\n')
}

/** Events and the tags that they earn, as a table of Markdown. */
export function eventsMarkdown(rows: readonly EventRow[]): Markdown {
  const cells = rows.map(({name, push, tags, caches, fault}) => [
    words(name),
    push ? prose`yes` : prose`no`,
    words(caches),
    fault === undefined ? (tags.length === 0 ? prose`none` : joined(tags.map(code), ' ')) : words(fault)
  ])
  return markdownTable(['Event', 'Publishes', 'Caches', 'Tags'], cells)
}

const USES: Readonly<Record<GuideRow['use'], string>> = {
  recommended: 'Recommended',
  'one variant': 'Where you need this variant',
  exact: 'For good: this version of this variant',
  development: 'Development'
}

const MOVES: Readonly<Record<TagClass, string>> = {
  immutable: 'never',
  forward: 'to newer versions',
  moving: 'to newer commits'
}

/** Which tag to use for what, as a table for a README. */
export function tagGuide(rows: readonly GuideRow[]): Markdown {
  const hasVariants = rows.some(({variant}) => variant !== '')
  const cells = rows.map(({tag, use, variant, class: tagClass}) => [
    code(tag),
    words(USES[use]),
    ...(hasVariants ? [words(variant)] : []),
    words(MOVES[tagClass])
  ])
  return markdownTable(['Tag', 'Use', ...(hasVariants ? ['Variant'] : []), 'Moves'], cells)
}
