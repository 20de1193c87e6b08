import type {MetadataComparison} from './comparison.js'

/** One tag that differs, with its reason. */
export interface ComparedTag {
  readonly tag: string
  /** Which rules give it. */
  readonly given: 'old' | 'new'
  readonly reason: string
  /** The row of docs/migration.md by its id; undefined where it is no difference of metadata-action. */
  readonly row?: string
}

/** What the old and the new rules of a workflow give in one event. */
export interface ComparedEvent {
  readonly event: string
  readonly same: readonly string[]
  readonly differences: readonly ComparedTag[]
  /** What is not published or refused by the new rules, and what cannot be told of the old ones. */
  readonly notes: readonly string[]
}

/** What is said of a difference that no row explains. */
export const UNEXPLAINED =
  'no row of docs/migration.md explains it: a fault of image-release, please report it with the workflow'

/** What the new rules give in a run. */
export interface GivenTags {
  readonly tags: readonly string[]
  /** Why nothing is published where rules would give tags. */
  readonly quiet?: string
  readonly fault?: string
}

/** What differs in one event, with the reasons that docker/metadata-action's rows give. */
export function comparedTags(
  compared: readonly MetadataComparison[],
  {written, given: {tags, fault, quiet}}: {readonly written: readonly string[]; readonly given: GivenTags}
): Omit<ComparedEvent, 'event'> {
  const old = [...new Set([...written, ...compared.flatMap(({there}) => there.tags)])]
  const reasons = new Map(
    compared
      .flatMap(({differences}) => differences)
      .flatMap(one => (one.row === undefined ? [] : [[one.text, one.row] as const]))
  )
  const refusal = compared.flatMap(({differences}) => differences).find(({side}) => side === 'refused')
  const reasonOf = (tag: string): Pick<ComparedTag, 'reason' | 'row'> => {
    const row = reasons.get(tag) ?? (fault === undefined ? undefined : refusal?.row)
    if (row !== undefined) return {reason: `${row.given}: here ${row.here}`, row: row.id}
    return {reason: fault ?? quiet ?? UNEXPLAINED}
  }
  return {
    same: old.filter(tag => tags.includes(tag)),
    differences: [
      ...old.filter(tag => !tags.includes(tag)).map(tag => ({tag, given: 'old' as const, ...reasonOf(tag)})),
      ...tags.filter(tag => !old.includes(tag)).map(tag => ({tag, given: 'new' as const, ...reasonOf(tag)}))
    ],
    notes: [
      ...(fault === undefined ? [] : [`The new rules refuse this run: ${fault}`]),
      ...(quiet === undefined || old.length > 0 ? [] : [quiet]),
      ...compared.flatMap(({unknown}) =>
        unknown === undefined ? [] : [`The old rules cannot be told: ${unknown}`]
      )
    ]
  }
}

/** Events as a table for a terminal: tag by tag, the reason beside what differs; the last line counts. */
export function eventTable(events: readonly ComparedEvent[]): string[] {
  const rows = [['EVENT', 'TAG', 'OLD RULES', 'NEW RULES', 'REASON'], ...events.flatMap(rowsOf)]
  const widths = [0, 1, 2, 3].map(column => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  const table = rows.map(row =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd()
  )
  const differences = events.reduce((sum, event) => sum + event.differences.length, 0)
  return [
    ...table,
    `${events.length} events, ${differences} ${differences === 1 ? 'difference' : 'differences'}.`
  ]
}

function rowsOf({event, same, differences, notes}: ComparedEvent): string[][] {
  const rows = [
    ...same.map(tag => [tag, 'yes', 'yes', '']),
    ...differences.map(({tag, given, reason}) =>
      given === 'old' ? [tag, 'yes', 'no', reason] : [tag, 'no', 'yes', reason]
    ),
    ...notes.map(note => ['', '', '', note])
  ]
  const [first = ['no tag', '', '', ''], ...others] = rows
  return [[event, ...first], ...others.map(row => ['', ...row])]
}
