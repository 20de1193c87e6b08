import {shortDigest} from '../oci/digest.js'
import type {CleanupPlan} from '../release/cleanup-plan.js'
import {code, markdownTable, textTable} from './markdown.js'

/** What was, or would be, deleted in one repository. */
export interface CleanupView {
  /** `registry/name` */
  readonly image: string
  readonly plan: CleanupPlan
  /** Why the registry deletes nothing; undefined where it does. */
  readonly unsupported?: string | undefined
}

/** The log's lines for one repository. */
export function cleanupLines({image, plan, unsupported}: CleanupView, isDry: boolean): string[] {
  const going = [
    ...plan.tags.map(tag => [`  ${goes(isDry)} tag`, tag, '']),
    ...plan.manifests.map(({digest, reason}) => [`  ${goes(isDry)}`, digest, reason])
  ]
  const staying = plan.kept.map(({digest, reason}) => ['  stays', digest, reason])
  const rows = textTable([...going, ...staying])
  if (unsupported !== undefined)
    return [`${image}: nothing deleted, the registry does not delete by its API: ${unsupported}`]
  return [`${image}: ${rows.length === 0 ? 'nothing to delete' : ''}`.trimEnd(), ...rows]
}

function goes(isDry: boolean): string {
  return isDry ? 'would go' : 'deleted'
}

/** The section of the job summary. */
export function cleanupSummary(views: readonly CleanupView[], isDry: boolean): string {
  const title = isDry ? '## Clean-up (dry run, nothing was deleted)' : '## Clean-up'
  return [title, ...views.map(view => section(view, isDry))].join('\n\n')
}

function section({image, plan, unsupported}: CleanupView, isDry: boolean): string {
  const rows = [
    ...plan.tags.map(tag => [goes(isDry), code(tag), 'tag of an older version']),
    ...plan.manifests.map(({digest, reason}) => [goes(isDry), code(shortDigest(digest)), reason]),
    ...plan.kept.map(({digest, reason}) => ['stays', code(shortDigest(digest)), reason])
  ]
  const note = unsupported === undefined ? [] : [`> Nothing was deleted: ${unsupported}`]
  const table = rows.length === 0 ? 'Nothing to delete.' : markdownTable(['', 'What', 'Why'], rows)
  return [`### ${image}`, ...note, table].join('\n\n')
}
