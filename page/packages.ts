import type {PackageChanges, ReportData} from '../src/reporting/report-data.js'
import {counted} from './amounts.js'
import {type Child, badge, box, nothing, section, table} from './dom.js'

/** What changed in the bills of materials. */
export function packages({targets}: ReportData): HTMLElement {
  const all = targets.flatMap(target => target.packages.map(changes => ({target: target.name, changes})))
  if (all.length === 0)
    return section(
      'packages',
      'Packages',
      nothing('No bill of materials (SBOM) was found beside the images.')
    )
  return section(
    'packages',
    'Packages',
    ...all.map(one => changesOf(one.target, one.changes, all.length < 9))
  )
}

function changesOf(target: string, changes: PackageChanges, isOpen: boolean): HTMLElement {
  const {platform, added, removed, changed} = changes
  const title = `${target} ${platform}`
  const all = [...added, ...removed, ...changed]
  return box({
    key: `${title} ${all.map(({name}) => name).join(' ')}`,
    title,
    remark: summaryOf(changes),
    isOpen: isOpen && all.length > 0 && all.length < 30,
    content: () => contentOf(title, changes)
  })
}

function summaryOf({total, before, added, removed, changed, unnamed}: PackageChanges): string {
  if (before === undefined) return `${counted(total, 'package')}; nothing is known of the release before`
  const more = unnamed === 0 ? '' : `, and ${unnamed} more changes`
  return `${counted(total, 'package')}, before ${before}: ${added.length} added, ${removed.length} removed, ${changed.length} changed${more}`
}

function contentOf(title: string, {added, removed, changed, unnamed}: PackageChanges): Child[] {
  const rows = [
    ...added.map(one => ({...one, what: badge('good', 'added')})),
    ...removed.map(one => ({...one, what: badge('warn', 'removed')})),
    ...changed.map(one => ({...one, what: badge('plain', 'changed')}))
  ]
  if (rows.length === 0) return [nothing('No package changed.')]
  return [
    table(
      `Packages of ${title} that changed`,
      ['Package', 'What', 'Before', 'Now'],
      rows.map(({name, what, before, now}) => [name, what, before ?? '', now ?? ''])
    ),
    unnamed > 0 && nothing(`${unnamed} more are not named here.`)
  ]
}
