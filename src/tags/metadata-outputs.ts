import type {PlannedTarget} from '../plan/plan.js'
import type {ImageName} from './image-names.js'

/** What the outputs of docker/metadata-action are made of. */
export interface MetadataSource {
  readonly target: PlannedTarget
  /** The names as they were written, which the output `tags` shows. */
  readonly images: readonly ImageName[]
  readonly annotationLevels: readonly string[]
  readonly separators: {readonly tags: string; readonly labels: string; readonly annotations: string}
}

/** The outputs that docker/metadata-action has too, by its names. */
export type MetadataOutputs = Readonly<
  Record<'version' | 'tags' | 'tag-names' | 'labels' | 'annotations' | 'json', string>
>

/** The outputs of docker/metadata-action for one image. */
export function metadataOutputs(source: MetadataSource): MetadataOutputs {
  const {target, annotationLevels, separators} = source
  const names = target.tags.map(tag => tag.name)
  const tags = taggedNames(source, names)
  const labels = entriesOf(target.labels)
  const annotations = annotationLevels.flatMap(level =>
    entriesOf(target.annotations).map(entry => `${level}:${entry}`)
  )
  return {
    version: names[0] ?? '',
    tags: tags.join(separators.tags),
    'tag-names': names.join(separators.tags),
    labels: labels.join(separators.labels),
    annotations: annotations.join(separators.annotations),
    json: JSON.stringify({tags, 'tag-names': names, labels: target.labels, annotations})
  }
}

/** Without images the names stand alone; where all are disabled there is nothing to push. */
function taggedNames({images}: MetadataSource, names: readonly string[]): string[] {
  if (images.length === 0) return [...names]
  return images.filter(({enable}) => enable).flatMap(({name}) => names.map(tag => `${name}:${tag}`))
}

function entriesOf(entries: Readonly<Record<string, string>>): string[] {
  return Object.entries(entries).map(([key, value]) => `${key}=${value}`)
}
