import type {StrangerCall} from './called-publishers.js'
import {type Publisher, publishersIn} from './publishers.js'
import type {NamedFiles} from './found-file.js'
import type {TranslatedWorkflow} from './workflow-draft.js'
import {readWorkflow} from './workflow-model.js'

/** The images that a workflow publishes, for a sentence. */
export function imagesIn(publishers: readonly Publisher[], file: string): string {
  const images = publishers.filter(one => one.file === file).flatMap(one => one.images)
  return [...new Set(images)].join(', ') || 'images that only a run can tell'
}

/** What goes on publishing beside what is translated, in other workflows and in the one that was written. */
export function othersThatPublish(
  publishers: readonly Publisher[],
  {file, after}: TranslatedWorkflow,
  named: NamedFiles
): string[] {
  const written = readWorkflow({file, text: after})
  const others = [
    ...publishers.filter(one => one.file !== file),
    ...(written === undefined ? [] : publishersIn(written, named))
  ]
  return [...new Set(others.map(one => `${one.file} (${one.tool}, ${imagesIn([one], one.file)})`))].map(
    one => `${one} publishes, too, and would still move its tags: compare them, or take its trigger away.`
  )
}

/** Why no second publisher is written beside what publishes already, or may. */
export function publisherStops(
  publishers: readonly Publisher[],
  strangers: readonly StrangerCall[]
): string[] {
  const named = publishers.map(
    ({file, job, tool, images}) =>
      `${file} publishes already, by ${tool} in the job ${job}${images.length === 0 ? '' : ` (${images.join(', ')})`}`
  )
  return [
    ...[...new Set(named)].map(
      one =>
        `${one}: a second workflow would move the same tags, and none is written. Take that step out and run init again, or give --beside.`
    ),
    ...strangers.map(
      ({file, job, uses}) =>
        `${file} calls ${uses} in the job ${job}, which may publish the image already: look at it. Nothing is written; take the call out and run init again, or give --beside.`
    )
  ]
}

/** Calls of workflows that nobody here has read: they stay, and a person has to look. */
export function strangerNotes(strangers: readonly StrangerCall[]): string[] {
  return strangers.map(
    ({file, job, uses}) =>
      `${file} calls ${uses} in the job ${job}, which stays as it is and may publish the same image: look at it.`
  )
}
