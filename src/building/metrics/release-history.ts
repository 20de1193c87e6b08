import {parseHistory} from '../../contracts/history-document.js'
import {HISTORY_TYPE, type ReleaseHistory, formatHistory} from '../../contracts/release-history.js'
import type {Digest} from '../../oci/digest.js'
import {type Manifest, readManifest} from '../../oci/manifest.js'
import type {Tag} from '../../oci/reference.js'
import {pushAttachment} from '../../registry/images/attachment-push.js'
import {listReferrers} from '../../registry/client/referrers.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'

/**
 * Reads the metrics of a release that stand beside its index.
 * @returns undefined where there are none
 * @throws RegistryError; ReleaseError METRICS_INVALID
 */
export async function readHistory(
  client: RepositoryClient,
  digest: Digest
): Promise<ReleaseHistory | undefined> {
  const referrers = await listReferrers(client, digest)
  const found = referrers.find(({artifactType}) => artifactType === HISTORY_TYPE)
  const manifest = found === undefined ? undefined : await client.findManifest(found.digest)
  const [blob] = manifest === undefined ? [] : readManifest(manifest).layers
  if (blob === undefined) return undefined
  return parseHistory(Buffer.from(await client.getBlob(blob)).toString('utf8'))
}

/**
 * Reads the metrics of what the first of these tags points at that has any.
 * @throws RegistryError; ReleaseError METRICS_INVALID
 */
export async function readHistoryAt(
  client: RepositoryClient,
  tags: readonly Tag[]
): Promise<ReleaseHistory | undefined> {
  const digests = new Set<Digest>()
  for (const tag of tags) {
    const digest = (await client.headManifest(tag))?.digest
    if (digest === undefined || digests.has(digest)) continue
    digests.add(digest)
    const history = await readHistory(client, digest)
    if (history !== undefined) return history
  }
  return undefined
}

/**
 * Keeps the metrics of a release beside its index, as a referrer: they go when it goes.
 * @throws RegistryError
 */
export async function keepHistory(
  client: RepositoryClient,
  index: Manifest,
  history: ReleaseHistory
): Promise<void> {
  const bytes = new TextEncoder().encode(formatHistory(history))
  await pushAttachment(client, index, {artifactType: HISTORY_TYPE, bytes})
}
