import {type Entries, type Entry, type EntryPath, formatPath} from './github-workflow.js'

/** What becomes of a value of a workflow. */
export type Fate =
  /** image-release does what it says. */
  | {readonly kind: 'taken'; readonly to: string}
  /** It stands in the written file as it stood. */
  | {readonly kind: 'kept'; readonly remark?: string}
  /** Nothing does what it says any more. */
  | {readonly kind: 'left'; readonly why: string; readonly advice: string}

/** A value of a workflow with what becomes of it. */
export interface AccountLine {
  readonly entry: Entry
  readonly fate: Fate
}

/** All values of a workflow that was translated, each with what becomes of it. */
export interface Account {
  readonly file: string
  readonly lines: readonly AccountLine[]
  /** Values that are in none of the three: a fault of init, for which nothing is written. */
  readonly lost: readonly Entry[]
}

/** What a translation says of the values that it does not leave as they are, and where it moved the others. */
export class Claims {
  readonly #fates = new Map<string, Fate>()
  readonly #moves = new Map<string, EntryPath>()
  readonly #remarks = new Map<string, string>()

  /** All below this path is done by what is at `to`, a place of the written files. */
  taken(path: EntryPath, to: string): void {
    this.#fates.set(keyOf(path), {kind: 'taken', to})
  }

  /** Nothing below this path is done any more: why, and what a person can do. */
  left(path: EntryPath, why: string, advice: string): void {
    this.#fates.set(keyOf(path), {kind: 'left', why, advice})
  }

  /** What a person has to know of a value that stays as it is. */
  remarked(path: EntryPath, remark: string): void {
    this.#remarks.set(keyOf(path), remark)
  }

  /** What was remarked of a value. */
  remarkOf(path: EntryPath): string | undefined {
    return this.#remarks.get(keyOf(path))
  }

  /** All below this path stands below another one. */
  moved(path: EntryPath, to: EntryPath): void {
    this.#moves.set(keyOf(path), to)
  }

  /** What was said of a path, or of the nearest one above it. */
  fateOf(path: EntryPath): Fate | undefined {
    for (let length = path.length; length > 0; length -= 1) {
      const fate = this.#fates.get(keyOf(path.slice(0, length)))
      if (fate !== undefined) return fate
    }
    return undefined
  }

  /** Where a path stands now. */
  placeOf(path: EntryPath): EntryPath {
    for (let length = path.length; length > 0; length -= 1) {
      const to = this.#moves.get(keyOf(path.slice(0, length)))
      if (to !== undefined) return [...to, ...path.slice(length)]
    }
    return path
  }
}

/**
 * Accounts for every value of a workflow. What no claim names is held to stand unchanged in the written file, and is looked
 * for there: a value that is not found is lost.
 */
export function accountOf(before: Entries, after: Entries, claims: Claims): Account {
  const standing = new Map(after.entries.map(({path, text}) => [keyOf(path), text]))
  const lines: AccountLine[] = []
  const lost: Entry[] = []
  for (const entry of before.entries) {
    const fate = claims.fateOf(entry.path)
    const isThere = standing.get(keyOf(claims.placeOf(entry.path))) === entry.text
    if (fate !== undefined) lines.push({entry, fate})
    else if (isThere) lines.push({entry, fate: keptBy(claims, entry)})
    else lost.push(entry)
  }
  return {file: before.file, lines, lost}
}

function keptBy(claims: Claims, {path}: Entry): Fate {
  const remark = claims.remarkOf(path)
  return remark === undefined ? {kind: 'kept'} : {kind: 'kept', remark}
}

/** The account as lines of text: the sum, then what changed place by place; what is kept is named by the largest part. */
export function accountText({file, lines}: Account): string {
  const count = (kind: Fate['kind']): number => lines.filter(({fate}) => fate.kind === kind).length
  const expressions = lines.reduce((sum, {entry}) => sum + entry.expressions, 0)
  const sum = `${file}: ${lines.length} values with ${expressions} expressions: ${count('kept')} kept as they are, ${count('taken')} taken over, ${count('left')} not taken over.`
  return [sum, ...groupsOf(lines).map(lineOf)].join('\n')
}

interface Group {
  readonly path: EntryPath
  readonly fate: Fate
  readonly values: number
}

/** Joins neighbours of one fate into the largest part of the file that has no other. */
function groupsOf(lines: readonly AccountLine[], depth = 1): Group[] {
  const parts = new Map<string, AccountLine[]>()
  for (const line of lines) {
    const key = keyOf(line.entry.path.slice(0, depth))
    parts.set(key, [...(parts.get(key) ?? []), line])
  }
  return [...parts.values()].flatMap(part => {
    const [first] = part
    if (first === undefined) return []
    const {fate} = first
    const path = first.entry.path.slice(0, depth)
    const isOne = part.every(line => JSON.stringify(line.fate) === JSON.stringify(fate))
    return isOne ? [{path, fate, values: part.length}] : groupsOf(part, depth + 1)
  })
}

function lineOf({path, fate, values}: Group): string {
  const place = `  ${formatPath(path)}`
  const many = values === 1 ? '' : ` (${values} values)`
  if (fate.kind === 'kept')
    return `${place}${many}: kept as it is${fate.remark === undefined ? '' : `; ${fate.remark}`}`
  if (fate.kind === 'taken') return `${place}${many}: taken over: ${fate.to}`
  return `${place}${many}: NOT taken over: ${fate.why}. ${fate.advice}`
}

function keyOf(path: EntryPath): string {
  return path.join('\n')
}
