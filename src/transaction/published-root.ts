import {ReleaseError} from '../errors.js'
import type {Manifest} from '../oci/manifest.js'
import {planIndex} from '../release/index-plan.js'
import {indexAnnotations} from '../release/publication-plan.js'
import type {ReleaseFacts} from '../release/publication.js'
import type {CollectedPublication} from './child-collection.js'

/** What tags of an image with one platform point at: an index of one entry, or the manifest of the image itself. */
export type SinglePlatform = 'index' | 'manifest'

/** What the tags of an image are to point at. */
export async function publishedRoot(
  {publication, clients, children}: CollectedPublication,
  facts: ReleaseFacts,
  singlePlatform: SinglePlatform
): Promise<Manifest> {
  const [child, ...others] = children
  if (singlePlatform === 'index' || child === undefined || others.length > 0)
    return planIndex(children, indexAnnotations(publication.annotations, facts))
  const {digest} = child.descriptor
  const found = await Promise.all(clients.map(async client => await client.findManifest(digest)))
  const manifest = found.find(one => one !== undefined)
  if (manifest !== undefined) return manifest
  throw new ReleaseError('CHILD_MISSING', `${digest} is on no registry any more`, {
    hint: 'Nothing was written. Run its build job again.'
  })
}
