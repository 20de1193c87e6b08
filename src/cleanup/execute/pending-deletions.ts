import {messageOf} from '../../errors.js'
import {REMAINDER} from '../../oci/annotations.js'
import {type Digest, hexOf} from '../../oci/digest.js'
import {type Manifest, manifestOf} from '../../oci/manifest.js'
import {OCI_INDEX} from '../../oci/media-type.js'
import {type Tag, parseTag} from '../../oci/reference.js'
import type {Reporter} from '../../ports.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'

/** What a clean-up has still to do, written down in the repository itself: an empty index at a tag of its own. */
export interface PendingDeletions {
  readonly manifest: Manifest
  readonly tag: Tag
}

/**
 * Writes down what is to be deleted, in a registry that lists nothing untagged: once an index is gone, nobody would
 * find its children again. The next clean-up, wherever it runs, goes on from there.
 * @returns undefined where one deletion is all, or the registry does not take it: then a run that is killed leaves
 * untagged manifests to the registry's own garbage collection
 */
export async function writePendingDeletions(
  client: RepositoryClient,
  digests: readonly Digest[],
  reporter: Reporter
): Promise<PendingDeletions | undefined> {
  if (digests.length < 2) return undefined
  const remainder = pendingDeletionsOf(digests)
  try {
    await client.putManifest(remainder.manifest, remainder.tag)
    return remainder
  } catch (error) {
    reporter.debug(`${client.name}: what is left to delete is not written down: ${messageOf(error)}`)
    return undefined
  }
}

function pendingDeletionsOf(digests: readonly Digest[]): PendingDeletions {
  const document = {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [],
    annotations: {[REMAINDER]: [...digests].sort().join(' ')}
  }
  const manifest = manifestOf(new TextEncoder().encode(JSON.stringify(document)), OCI_INDEX)
  return {manifest, tag: parseTag(`image-release-cleanup-${hexOf(manifest.digest).slice(0, 12)}`)}
}
