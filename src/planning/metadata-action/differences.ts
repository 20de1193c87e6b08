import {BESIDE_DIFFERENCES} from './beside-tags.js'
import type {DifferenceFacts, DifferenceRow, TagDifference} from './difference-row.js'
import {REFUSALS} from './refusals.js'
import {TAG_DIFFERENCES} from './tag-differences.js'
import {VERSION_DIFFERENCES} from './version-differences.js'

/**
 * Every difference between docker/metadata-action and compute-tags. docs/migration.md shows the table, `init --compare` and
 * `explain --against-metadata` give the reason of a difference by it, and the tests know no difference without a row.
 */
export const DIFFERENCES: readonly DifferenceRow[] = [
  ...VERSION_DIFFERENCES,
  ...TAG_DIFFERENCES,
  ...REFUSALS,
  ...BESIDE_DIFFERENCES
]

/** The first row that explains a difference; undefined where none does, which is a fault of this project. */
export function rowOf(difference: TagDifference, facts: DifferenceFacts): DifferenceRow | undefined {
  return DIFFERENCES.find(({explains}) => explains?.(difference, facts))
}
