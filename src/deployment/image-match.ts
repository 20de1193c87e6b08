import type {Repository} from '../oci/reference.js'
import {type DeployedImage, isSame, repositoryIn} from './deployed-image.js'
import type {ManifestEntry} from './manifest-entry.js'

/** The images that an entry may mean: of its target and its registry, where it names them. */
export function imagesFor(entry: ManifestEntry, all: readonly DeployedImage[]): DeployedImage[] {
  return all.filter(
    ({target, repository}) =>
      (entry.target === undefined || target === entry.target) &&
      (entry.registry === undefined || repository.registry === entry.registry)
  )
}

/**
 * The image that is meant where a file names a repository: one of that repository, so that it stays on its registry.
 * @param also repositories under which the file may know the image, too
 */
export function imageNamed(
  written: string,
  images: readonly DeployedImage[],
  also: string | undefined
): DeployedImage | undefined {
  const named = repositoryIn(written)
  const exact = named && images.find(({repository}) => isSame(repository, named))
  if (exact !== undefined) return exact
  const other = also === undefined ? undefined : repositoryIn(also)
  const isOther = written === also || (named !== undefined && other !== undefined && isSame(named, other))
  return isOther ? onlyTarget(images) : undefined
}

/** The image whose repository ends as a placeholder does: `your-registry/app` for ghcr.io/org/app. */
export function imageEndingAs(written: string, images: readonly DeployedImage[]): DeployedImage | undefined {
  const last = lastPart(written)
  const found = images.filter(({repository}) => lastPartOf(repository) === last)
  return onlyTarget(found)
}

/** The first image, where all are of one target: which of its registries is then a matter of their order. */
export function onlyTarget(images: readonly DeployedImage[]): DeployedImage | undefined {
  const [first] = images
  return images.every(({target}) => target === first?.target) ? first : undefined
}

function lastPart(text: string): string {
  return text.slice(text.lastIndexOf('/') + 1)
}

function lastPartOf({name}: Repository): string {
  return lastPart(name)
}
