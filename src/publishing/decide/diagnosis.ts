import type {JournalTag} from '../../contracts/journal-document.js'

/** What is at a tag now, as a registry answers: a digest, nothing, or why it cannot be told. */
export type FoundNow = {readonly digest: string | undefined} | {readonly fault: string}

/** What became of a tag since the journal was written. */
export type TagFinding = 'moved' | 'unmoved' | 'same' | 'other' | 'unknown'

/** One tag of a journal, as it stands now. */
export interface DiagnosedTag {
  /** `registry/name:tag` */
  readonly reference: string
  readonly fate: TagFinding
  /** What was there, what was to be there, and what is there now. */
  readonly before: string | undefined
  readonly after: string
  readonly now: string | undefined
  /** Why it cannot be told. */
  readonly fault?: string
}

/** How a release stands as a whole, by its tags. */
export type TagsState = 'whole' | 'untouched' | 'half' | 'rolled-back' | 'overtaken' | 'unknown'

/** How a release stands as a whole: refused where no tag had begun to move, running where it goes on. */
export type ReleaseState = TagsState | 'refused' | 'running'

/** Compares what is at a tag with what its journal says. */
export function diagnoseTag({reference, before, after}: JournalTag, found: FoundNow): DiagnosedTag {
  const common = {reference, before: before?.digest, after: after.digest}
  if ('fault' in found) return {...common, now: undefined, fate: 'unknown', fault: found.fault}
  const now = found.digest
  if (now === after.digest) return {...common, now, fate: before?.digest === now ? 'same' : 'moved'}
  return {...common, now, fate: now === before?.digest ? 'unmoved' : 'other'}
}

/** How the release of these tags stands: what cannot be read counts most, for it may hide anything. */
export function stateOf(tags: readonly DiagnosedTag[]): TagsState {
  const has = (fate: TagFinding): boolean => tags.some(tag => tag.fate === fate)
  if (has('unknown')) return 'unknown'
  if (has('other')) return 'overtaken'
  if (!has('unmoved')) return 'whole'
  if (!has('moved')) return 'untouched'
  return isRolledBack(tags) ? 'rolled-back' : 'half'
}

/** A rollback leaves what was new, and puts back all that stood before: on every registry alike. */
function isRolledBack(tags: readonly DiagnosedTag[]): boolean {
  return tags.every(
    ({fate, before}) => fate === 'same' || fate === (before === undefined ? 'moved' : 'unmoved')
  )
}

/**
 * Tags that registries disagree about: the same tag of the same image points at one thing here and at another there. Each is a
 * sentence; where a registry does not answer, nothing is known of it.
 */
export function disagreementLines(
  tags: readonly DiagnosedTag[],
  shown: (digest: string) => string
): string[] {
  const groups = new Map<string, DiagnosedTag[]>()
  for (const tag of tags) {
    if (tag.fate === 'unknown') continue
    const key = `${nameOf(tag)} ${tag.after}`
    groups.set(key, [...(groups.get(key) ?? []), tag])
  }
  return [...groups.values()]
    .filter(([first, ...others]) => others.some(({now}) => now !== first?.now))
    .map(group => {
      const places = group.map(({reference, now}) => {
        const at = reference.slice(0, reference.lastIndexOf(':'))
        return now === undefined ? `missing on ${at}` : `${shown(now)} on ${at}`
      })
      return `${group[0] ? nameOf(group[0]) : ''}: ${places.join(', ')}`
    })
}

function nameOf({reference}: DiagnosedTag): string {
  return reference.slice(reference.lastIndexOf(':') + 1)
}
