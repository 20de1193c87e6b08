import type {ReportCleanup, ReportData} from '../src/reporting/report-data.js'
import {counted, formatSize} from './amounts.js'
import {box, digestOf, nothing, section, table} from './dom.js'

/** What the clean-up took away, and why. */
export function cleanup({cleanup: all}: ReportData): HTMLElement {
  if (all === undefined) return section('cleanup', 'Clean-up', nothing('No report of a clean-up was given.'))
  if (all.every(one => one.deleted.length === 0 && one.tags.length === 0))
    return section('cleanup', 'Clean-up', nothing('The clean-up took nothing away.'))
  return section('cleanup', 'Clean-up', ...all.map(deletions))
}

function deletions(cleaned: ReportCleanup): HTMLElement {
  const {image, deleted, tags, kept, freed} = cleaned
  const remark = [
    `${counted(deleted.length, 'manifest')} deleted`,
    ...(freed === undefined || freed === 0 ? [] : [`up to ${formatSize(freed)} freed`]),
    ...(kept === 0 ? [] : [`${kept} kept, though a rule chose them`])
  ].join(', ')
  const count = deleted.length + tags.length
  return box({
    key: image,
    title: image,
    remark,
    isOpen: count > 0 && count < 30,
    content: () => [count === 0 ? nothing('Nothing went from here.') : tableOf(cleaned)]
  })
}

function tableOf({image, deleted, tags}: ReportCleanup): HTMLElement {
  return table(
    `Deleted from ${image}`,
    ['What', 'Tags', 'Size', 'Why'],
    [
      ...tags.map(({tag, reason}) => [`tag ${tag}`, '', '', reason]),
      ...deleted.map(({digest, tags: names, reason, size}) => [
        digestOf(digest),
        names.join(', '),
        size === undefined ? 'not known' : formatSize(size),
        reason
      ])
    ]
  )
}
