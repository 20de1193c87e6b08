import type {PlannedTarget} from '../../contracts/plan.js'
import {type MetadataSource, taggedNames} from './metadata-outputs.js'

/** The documents that `docker buildx bake` takes beside its own, by the names of the outputs that give their paths. */
export type TargetBakeFiles = Readonly<
  Record<'bake-file' | 'bake-file-tags' | 'bake-file-labels' | 'bake-file-annotations', string>
>

/** The definitions that docker/metadata-action writes for the main target, byte by byte. */
export function targetBakeFiles(
  {main, annotationLevels}: Pick<MetadataSource, 'main' | 'annotationLevels'>,
  bakeTarget: string
): TargetBakeFiles {
  const {target, images} = main
  const [version] = target.tags.map(({name}) => name)
  const names = images.filter(({enable}) => enable).map(({name}) => name)
  const tags = {
    tags: taggedNames(main),
    args: {
      DOCKER_META_IMAGES: names.join(','),
      ...(version === undefined ? {} : {DOCKER_META_VERSION: version})
    }
  }
  const {labels} = target
  const definition = (content: object): string =>
    JSON.stringify({target: {[bakeTarget]: content}}, undefined, 2)
  return {
    'bake-file': definition({tags: tags.tags, labels, args: tags.args}),
    'bake-file-tags': definition(tags),
    'bake-file-labels': definition({labels}),
    'bake-file-annotations': definition({annotations: annotationsOf(target, annotationLevels)})
  }
}

function annotationsOf({annotations}: PlannedTarget, levels: readonly string[]): string[] {
  return levels.flatMap(level =>
    Object.entries(annotations).map(([key, value]) => `${level}:${key}=${value}`)
  )
}
