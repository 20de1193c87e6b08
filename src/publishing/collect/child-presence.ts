import {ReleaseError} from '../../errors.js'
import {type Manifest, readManifest} from '../../oci/manifest.js'
import {formatReference} from '../../oci/reference.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'

/** An index, and the repositories that have it. */
export interface PlacedIndex {
  readonly index: Manifest
  readonly clients: readonly RepositoryClient[]
}

/**
 * Asks every repository for all that an index names. GHCR takes an index whose children are not there (seen in 2025), and
 * a clean-up may have taken one away since it was found.
 * @throws ReleaseError CHILD_MISSING with everything that is not there
 */
export async function assertChildrenPresent(images: readonly PlacedIndex[]): Promise<void> {
  const asked = images.flatMap(({index, clients}) =>
    [...new Set(readManifest(index).manifests.map(({digest}) => digest))].flatMap(digest =>
      clients.map(async client => ((await client.headManifest(digest)) ? undefined : {client, digest}))
    )
  )
  const missing = (await Promise.all(asked)).filter(place => place !== undefined)
  if (missing.length === 0) return
  const lines = missing.map(
    ({client, digest}) => `${formatReference(client.repository, digest)} is not there any more`
  )
  throw new ReleaseError('CHILD_MISSING', lines.join('\n  '))
}
