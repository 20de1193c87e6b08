import type {JournalTag} from '../../contracts/journal-document.js'

/** What stands at a tag now, as a registry answers: a digest, nothing, or why it cannot be told. */
export type FoundNow = {readonly digest: string | undefined} | {readonly fault: string}

/** What became of a tag since the journal was written. */
export type TagFinding = 'moved' | 'unmoved' | 'same' | 'other' | 'unknown'

/** One tag of a journal, as it stands now. */
export interface DiagnosedTag {
  /** `registry/name:tag` */
  readonly reference: string
  readonly fate: TagFinding
  /** What stood there, what was to stand there, and what stands there now. */
  readonly before: string | undefined
  readonly after: string
  readonly now: string | undefined
  /** Why it cannot be told. */
  readonly fault?: string
}

/** How a release stands as a whole. */
export type ReleaseState = 'whole' | 'untouched' | 'half' | 'rolled-back' | 'overtaken' | 'unknown'

/** Compares what stands at a tag with what its journal says. */
export function diagnoseTag({reference, before, after}: JournalTag, found: FoundNow): DiagnosedTag {
  const common = {reference, before: before?.digest, after: after.digest}
  if ('fault' in found) return {...common, now: undefined, fate: 'unknown', fault: found.fault}
  const now = found.digest
  if (now === after.digest) return {...common, now, fate: before?.digest === now ? 'same' : 'moved'}
  return {...common, now, fate: now === before?.digest ? 'unmoved' : 'other'}
}

/** How the release of these tags stands: what cannot be read counts most, for it may hide anything. */
export function stateOf(tags: readonly DiagnosedTag[]): ReleaseState {
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

/** What to run: each a sentence, the likeliest first. */
export function adviceFor(state: ReleaseState, tags: readonly DiagnosedTag[]): string[] {
  const rollback = 'image-release rollback-release --journal JOURNAL'
  switch (state) {
    case 'whole':
      return [
        'Every tag points at the release. Whatever failed, failed after that: run verify-release, and then what is left of the job.',
        `To take it back: ${rollback}`
      ]
    case 'untouched':
      return [
        'No tag points at the release: none was moved, or all were put back. Nobody pulls anything of it.',
        'Where it was rolled back on purpose, there is nothing to do.',
        'Else mend what the log of the job names, and run merge-manifest again with the same plan: images that are pushed are not pushed again.'
      ]
    case 'rolled-back':
      return [
        'What was new stands, and all that it replaced is back: this is what rollback-release leaves.',
        'Where it was rolled back on purpose, there is nothing to do: merge-manifest would release it once more.',
        'Where nobody did that, the job was killed before it moved the rest: run merge-manifest again with the same plan.'
      ]
    case 'half':
      return [
        `Some tags point at the release and some do not (${registriesOf(tags)}). This is what a killed job leaves.`,
        'To finish it: run merge-manifest again with the same plan; it moves what is missing, all or none.',
        `To take it back: ${rollback}`
      ]
    case 'overtaken':
      return [
        'Somebody moved tags after this release: another release, or a person. Look at those before anything else.',
        'Where that was a newer release, there is nothing to do.',
        `To put back the tags of this release that nobody moved since, all of them must be as it left them; else: ${rollback} --force`
      ]
    case 'unknown':
      return [
        'A registry does not say what stands at its tags; nothing can be decided before it does.',
        'Log in to it, or wait until it answers, and run doctor again.'
      ]
  }
}

/** The registries that have tags which did not move: there the release was refused, or cut off. */
function registriesOf(tags: readonly DiagnosedTag[]): string {
  const hosts = (fate: TagFinding): string =>
    [...new Set(tags.filter(tag => tag.fate === fate).map(({reference}) => reference.split('/')[0]))].join(
      ', '
    )
  return `moved on ${hosts('moved')}; not on ${hosts('unmoved')}`
}
