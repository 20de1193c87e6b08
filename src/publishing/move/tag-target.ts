import type {Manifest} from '../../oci/manifest.js'
import {planIndex} from '../decide/index-plan.js'
import {indexAnnotations} from '../decide/publication-plan.js'
import type {ReleaseFacts} from '../../contracts/planned-image.js'
import type {CollectedImage} from '../collect/child-collection.js'

/** What tags of an image with one platform point at: an index of one entry, or the manifest of the image itself. */
export type SinglePlatform = 'index' | 'manifest'

/** What the tags of an image are to point at. */
export function tagTarget(
  {publication, children, manifests}: CollectedImage,
  facts: ReleaseFacts,
  singlePlatform: SinglePlatform
): Manifest {
  const [manifest, ...others] = manifests
  const isAlone = manifest !== undefined && others.length === 0
  if (singlePlatform === 'manifest' && isAlone) return manifest
  return planIndex(children, indexAnnotations(publication.annotations, facts))
}
