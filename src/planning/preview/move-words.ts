import type {ExpectedMove, Plan, PlannedTag, TagClass} from '../../contracts/plan.js'

/** How a tag of each class moves, where nobody knows what is there. */
const MOVES: Readonly<Record<TagClass, string>> = {
  immutable: 'stays on this commit',
  forward: 'only to a newer version',
  moving: 'only to a newer commit'
}

/** What is expected to happen with a tag, for people: `moves from 1.2.3 to 1.2.4`, `stays at 2.0.1`, `new`. */
export function describeMoves(tag: PlannedTag, {version, source}: Pick<Plan, 'version' | 'source'>): string {
  const {expected = [], class: tagClass} = tag
  if (expected.length === 0) return MOVES[tagClass]
  const commit = source.revision.slice(0, 12)
  const own: Release = {to: tagClass === 'forward' ? (version ?? commit) : commit, version, commit}
  return expected
    .map(
      move => `${describeMove(move, own)}${move.images === undefined ? '' : ` in ${move.images.join(', ')}`}`
    )
    .join('; ')
}

/** What is released, by all the names that what is at a tag may say of itself. */
interface Release {
  /** The name that counts for the class of the tag. */
  readonly to: string
  readonly version: string | undefined
  readonly commit: string
}

function describeMove({action, from}: ExpectedMove, {to, version, commit}: Release): string {
  switch (action) {
    case 'create':
      return 'new'
    case 'same':
      return 'is there already'
    case 'move':
      return from === undefined || from === version || from === commit
        ? `is published again`
        : `moves from ${from} to ${to}`
    case 'keep':
      return from === undefined ? 'is not set' : `stays at ${from}`
    case 'refuse':
      return 'is refused'
  }
}
