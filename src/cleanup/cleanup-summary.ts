import {type Digest, isDigest, shortDigest} from '../oci/digest.js'
import type {CleanupPlan, PlannedVersion} from './policy/cleanup-plan.js'
import {formatSize} from '../shared/format.js'
import {
  type Markdown,
  code,
  fold,
  joined,
  markdownTable,
  prose,
  textTable,
  words,
  wordsWith
} from '../shared/markdown.js'
import type {CleanupOverview, CleanupView} from './cleanup-result.js'

/** A log and a summary stay readable, and within their limits, up to so many rows of a repository. */
const MAX_ROWS = 500
/** Tags in one line of the log. */
const TAGS_A_LINE = 12
/** What stays is listed one by one up to so many for a reason. */
const MOST_UNFOLDED = 3
const DIGESTS = /sha256:[0-9a-f]{64}/g
/** How many tags of what is folded are named. */
const TAGS_NAMED = 6

/** The log's lines. */
export function cleanupLines({views, caches, unmatched, isDry, now}: CleanupOverview): string[] {
  const rows = caches.map(({key, reason, size}) => [`  ${goes(isDry)}`, key, '', formatSize(size), reason])
  const table = rows.length === 0 ? [] : ['caches of GitHub Actions:', ...textTable(rows)]
  const nothing = unmatched.map(rule => `nothing matches ${rule}`)
  return [...views.flatMap(view => viewLines(view, isDry, now)), ...table, ...nothing]
}

function viewLines(view: CleanupView, isDry: boolean, now: number): string[] {
  const {image, plan, refusal, undeleted} = view
  const going = plan.waves.flat()
  const {rows, hidden} = shownRows([
    rowsOf(plan.tags, ({tag, reason}) => [`  ${goes(isDry)} tag`, tag, '', '', reason]),
    rowsOf(going, version => [`  ${goes(isDry)}`, ...versionCells(version, version.digest, now)]),
    rowsOf(
      foldedKept(plan, nameOf, text => text),
      ({name, reason}) => ['  stays', name, '', '', reason]
    ),
    rowsOf(undeleted, ({what, tags, reason}) => ['  cannot go', nameOf(what, tags), '', '', reason])
  ])
  if (refusal !== undefined)
    return [`${image}: nothing deleted, the registry does not delete by its API: ${refusal}`]
  return [
    `${image}: ${headline(view, isDry)}`,
    ...tagLines(plan, isDry),
    ...textTable(rows),
    ...(hidden > 0 ? [`  and ${hidden} more, in the report`] : [])
  ]
}

/** Rows of a table that are made when they are wanted. */
interface Rows<Row> {
  readonly count: number
  readonly first: (most: number) => Row[]
}

function rowsOf<T, Row>(items: readonly T[], row: (item: T) => Row): Rows<Row> {
  return {count: items.length, first: most => items.slice(0, most).map(row)}
}

/** As many as are shown: of ten thousand, the rest is not even made. */
function shownRows<Row>(parts: readonly Rows<Row>[]): {
  readonly rows: readonly Row[]
  readonly hidden: number
} {
  const rows: Row[] = []
  for (const part of parts) rows.push(...part.first(MAX_ROWS - rows.length))
  return {rows, hidden: parts.reduce((sum, {count}) => sum + count, 0) - rows.length}
}

/** Every tag that is there before and not after, with what it points at or without, in their order. */
export function tagsGone({tags, waves}: CleanupPlan): string[] {
  const own = waves.flat().flatMap(version => version.tags)
  return [...tags.map(({tag}) => tag), ...own].sort()
}

/** However many they are, a tag that goes is named. */
function tagLines(plan: CleanupPlan, isDry: boolean): string[] {
  const tags = tagsGone(plan)
  if (tags.length === 0) return []
  const lines = Array.from({length: Math.ceil(tags.length / TAGS_A_LINE)}, (_, at) =>
    tags.slice(at * TAGS_A_LINE, (at + 1) * TAGS_A_LINE).join(', ')
  )
  return [`  tags that ${isDry ? 'would go' : 'went'} (${tags.length}):`, ...lines.map(line => `    ${line}`)]
}

/** What stays although a rule chose it: one by one where they are few, else counted by their reasons. */
function foldedKept<Name>(
  {kept}: CleanupPlan,
  nameOne: (digest: Digest, tags: readonly string[]) => Name,
  nameMany: (text: string) => Name
): {readonly name: Name; readonly reason: string}[] {
  const groups = new Map<string, PlannedVersion[]>()
  for (const version of kept) {
    const why = version.reason.replace(/^still tagged [^:]*/, 'still tagged')
    const group = groups.get(why)
    if (group === undefined) groups.set(why, [version])
    else group.push(version)
  }
  return [...groups].flatMap(([why, versions]) => {
    if (versions.length <= MOST_UNFOLDED)
      return versions.map(({digest, tags, reason}) => ({name: nameOne(digest, tags), reason}))
    const tags = versions.flatMap(version => version.tags)
    const some =
      tags.length === 0
        ? ''
        : ` (${tags.slice(0, TAGS_NAMED).join(', ')}${tags.length > TAGS_NAMED ? ', …' : ''})`
    return [{name: nameMany(`${versions.length} manifests${some}`), reason: why}]
  })
}

function nameOf(what: string, tags: readonly string[]): string {
  return tags.length === 0 ? what : `${what} (${tags.join(', ')})`
}

/** Digest, tags, age, size, reason. */
function versionCells(version: PlannedVersion, name: string, now: number): string[] {
  const tags = version.tags.length === 0 ? '' : ` (${version.tags.join(', ')})`
  return [
    name + tags,
    version.time === undefined ? '' : formatAge(now - version.time),
    sizeCell(version),
    version.reason
  ]
}

function sizeCell({size, wholeSize}: PlannedVersion): string {
  const bytes = wholeSize ?? size
  return bytes === undefined ? '' : formatSize(bytes)
}

/** How much goes and how much of it frees, and how much the host keeps, in one sentence. */
function headline({plan, undeleted}: CleanupView, isDry: boolean): string {
  const going = plan.waves.flat()
  const count = plan.tags.length
  const refused = undeleted.length === 0 ? '' : `; the host did not delete ${undeleted.length}`
  if (going.length + count === 0) return refused === '' ? 'nothing to delete' : `nothing deleted${refused}`
  const tags = count === 0 ? '' : `, and ${count} ${count === 1 ? 'tag' : 'tags'} of what stays`
  const {bytes, unknown} = freedSpace(plan)
  const space =
    bytes === 0
      ? ''
      : `; frees up to ${formatSize(bytes)}${unknown > 0 ? `, and ${unknown} of unknown size` : ''}`
  return `${goes(isDry)}: ${going.length} of ${plan.total} manifests${tags}${space}${refused}`
}

/** What the deletions free at most: layers that something else shares stay. */
export function freedSpace({waves}: CleanupPlan): {readonly bytes: number; readonly unknown: number} {
  const going = waves.flat()
  return {
    bytes: going.reduce((sum, {size}) => sum + (size ?? 0), 0),
    unknown: going.filter(({size}) => size === undefined).length
  }
}

/** A time span for people, in its largest unit. */
function formatAge(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000))
  if (minutes < 120) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`
}

function goes(isDry: boolean): string {
  return isDry ? 'would go' : 'deleted'
}

const NONE = prose``

/** The section of the job summary. */
export function cleanupSummary(overview: CleanupOverview): Markdown {
  const {views, caches, unmatched, isDry, now, isHeldBack = false} = overview
  const said = isHeldBack ? [HELD_BACK] : []
  const rows = caches.map(({key, size, reason}) => [
    words(goes(isDry)),
    code(key),
    words(formatSize(size)),
    words(reason)
  ])
  const table = markdownTable(['', 'Key', 'Size', 'Why'], rows)
  const section = rows.length === 0 ? [] : [prose`### Caches of GitHub Actions\n\n${table}`]
  const nothing = unmatched.map(rule => prose`> Nothing matches ${code(rule)}: is it spelt right?`)
  return joined([
    titleOf(overview),
    ...said,
    ...nothing,
    ...views.map(view => viewSection(view, isDry, now)),
    ...section
  ])
}

const HELD_BACK = prose`> **Deletion is not allowed yet.** Check what would go, and name what you still need in \`keep-deployed\` or \`keep-tags\`. Then set \`allow-deletion: true\` in the workflow, or in the section \`cleanup-latest\` of the settings.`

function titleOf({isDry, isHeldBack = false}: CleanupOverview): Markdown {
  if (isHeldBack) return prose`## Clean-up (nothing was deleted)`
  return isDry ? prose`## Clean-up (dry run, nothing was deleted)` : prose`## Clean-up`
}

function viewSection(view: CleanupView, isDry: boolean, now: number): Markdown {
  const {image, plan, refusal, undeleted} = view
  const cells = (version: PlannedVersion): Markdown[] => {
    const tags = joined(version.tags.map(code), ', ')
    const [, age = '', size = '', reason = ''] = versionCells(version, '', now)
    return [code(shortDigest(version.digest)), tags, words(age), words(size), words(reason)]
  }
  const {rows, hidden} = shownRows([
    rowsOf(plan.tags, ({tag, reason}) => [
      prose`${words(goes(isDry))} (tag)`,
      NONE,
      code(tag),
      NONE,
      NONE,
      words(reason)
    ]),
    rowsOf(plan.waves.flat(), version => [words(goes(isDry)), ...cells(version)]),
    rowsOf(undeleted, undeletedRow)
  ])
  const note = refusal === undefined ? [] : [prose`> Nothing was deleted: ${words(refusal)}`]
  const head = ['', 'Digest', 'Tags', 'Age', 'Size', 'Why']
  const table = rows.length === 0 ? [] : [markdownTable(head, rows)]
  const more = hidden > 0 ? [prose`and ${hidden} more`] : []
  const sentence = headline(view, isDry)
  return joined([
    prose`### ${words(image)}`,
    ...note,
    prose`${words(sentence.charAt(0).toUpperCase() + sentence.slice(1))}.`,
    ...goneSection(plan, isDry),
    ...table,
    ...more,
    ...keptSection(plan)
  ])
}

function undeletedRow({what, tags, reason}: CleanupView['undeleted'][number]): Markdown[] {
  return isDigest(what)
    ? [prose`cannot go`, code(shortDigest(what)), joined(tags.map(code), ', '), NONE, NONE, words(reason)]
    : [prose`cannot go (tag)`, NONE, code(what), NONE, NONE, words(reason)]
}

function goneSection(plan: CleanupPlan, isDry: boolean): Markdown[] {
  const gone = tagsGone(plan)
  const fate = isDry ? prose`would go` : prose`went`
  return gone.length === 0 ? [] : [prose`Tags that ${fate} (${gone.length}): ${joined(gone.map(code), ', ')}`]
}

function keptSection(plan: CleanupPlan): Markdown[] {
  const named = (digest: Digest, tags: readonly string[]): Markdown =>
    joined([shortDigest(digest), ...tags].map(code), ' ')
  const kept = foldedKept(plan, named, words)
  if (kept.length === 0) return []
  const table = markdownTable(
    ['What stays', 'Why'],
    kept.map(({name, reason}) => [
      name,
      wordsWith(reason, DIGESTS, found => code(shortDigest(found as Digest)))
    ])
  )
  return [fold(prose`${plan.kept.length} stay although a rule chose them`, table)]
}
