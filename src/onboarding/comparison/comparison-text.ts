import {besideLines} from '../../planning/metadata-action/beside-tags.js'
import {eventTable} from '../../planning/metadata-action/event-comparison.js'
import type {TagComparison} from './tag-comparison.js'

/** A comparison for a terminal: the table of its events, and what stands in for what only a run knows. */
export function comparisonText({events, standIns, beside}: TagComparison): string {
  if (events.length === 0) return 'No workflow that changes publishes in a run that can be told.'
  const legend = Object.entries(standIns).map(
    ([expression, text]) => `${text} stands for \${{ ${expression} }}, which only a run knows.`
  )
  return [...legend, ...eventTable(events), ...besideLines(beside)].join('\n')
}
