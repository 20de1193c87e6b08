import type {PlannedTarget} from '../../contracts/plan.js'
import type {ImageName} from '../targets/image-names.js'

/** A target, and the names of its images as they were written, which the output `tags` shows. */
export interface TargetImages {
  readonly target: PlannedTarget
  readonly images: readonly ImageName[]
}

/** What the outputs of docker/metadata-action are made of. */
export interface MetadataSource {
  readonly targets: readonly TargetImages[]
  /** The target whose version, labels and annotations are given out; the plan has those of the others. */
  readonly main: TargetImages
  readonly annotationLevels: readonly string[]
  readonly separators: {readonly tags: string; readonly labels: string; readonly annotations: string}
}

/** The outputs that docker/metadata-action has too, by its names. */
export type MetadataOutputs = Readonly<
  Record<'version' | 'tags' | 'tag-names' | 'labels' | 'annotations' | 'json', string>
>

/** The outputs of docker/metadata-action: the tags of all targets, and the rest of the main one. */
export function metadataOutputs(source: MetadataSource): MetadataOutputs {
  const {targets, main, annotationLevels, separators} = source
  const names = [...new Set(targets.flatMap(({target}) => namesOf(target)))]
  const tags = [...new Set(targets.flatMap(taggedNames))]
  const labels = entriesOf(main.target.labels)
  const annotations = annotationLevels.flatMap(level =>
    entriesOf(main.target.annotations).map(entry => `${level}:${entry}`)
  )
  return {
    version: main.target.tags[0]?.name ?? '',
    tags: tags.join(separators.tags),
    'tag-names': names.join(separators.tags),
    labels: labels.join(separators.labels),
    annotations: annotations.join(separators.annotations),
    json: JSON.stringify({tags, 'tag-names': names, labels: main.target.labels, annotations})
  }
}

function namesOf({tags}: PlannedTarget): string[] {
  return tags.map(({name}) => name)
}

/** The tags of a target with its images in front. Without images the names stand alone; all disabled, there is none. */
export function taggedNames({target, images}: TargetImages): string[] {
  const names = namesOf(target)
  if (images.length === 0) return names
  return images.filter(({enable}) => enable).flatMap(({name}) => names.map(tag => `${name}:${tag}`))
}

function entriesOf(entries: Readonly<Record<string, string>>): string[] {
  return Object.entries(entries).map(([key, value]) => `${key}=${value}`)
}
