import {randomUUID} from 'node:crypto'
import {RegistryError, ReleaseError} from '../../errors.js'
import {PLACEHOLDER} from '../../oci/annotations.js'
import {type Manifest, manifestOf, readManifest} from '../../oci/manifest.js'
import {OCI_INDEX} from '../../oci/media-type.js'
import type {Digest} from '../../oci/digest.js'
import {type Tag, formatReference} from '../../oci/reference.js'
import type {RepositoryClient} from './repository-client.js'
import {isUnsure} from './retry.js'
import {listTags} from './tag-list.js'

/**
 * How often a tag is taken away by a placeholder that was gone when it was to be deleted. Distribution 2.8 deletes it and then
 * fails to find its tags, where another tag is being put (500): the next try is answered 404, and the tag is listed for ever.
 */
const MOST_TIMES = 3

/**
 * Takes one tag away and leaves what it pointed at. Distribution 2.8 and others cannot delete a tag, only a
 * digest with all its tags: there the tag is first moved to an empty index of its own, which is then deleted.
 * @param known what was put at the tag, where that is known: a registry may not show it yet
 * @throws ReleaseError TAG_NOT_MOVED where the registry can do neither
 */
export async function deleteTag(client: RepositoryClient, tag: Tag, known?: Digest): Promise<void> {
  try {
    await client.call({method: 'DELETE', path: `manifests/${tag}`, expect: [200, 202, 404]})
  } catch (error) {
    if (!cannotDeleteTags(error)) throw error
    await deleteByPlaceholder(client, tag, known)
  }
}

/**
 * Takes away what is left of the tags of a manifest that is gone. Distribution 2.8 deletes the manifest first, then it
 * searches its tags: where that fails (500), the next try is answered 404, and the tags are listed for ever and lead nowhere.
 * @param gone the manifest that they pointed at
 * @throws ReleaseError TAG_NOT_MOVED where the registry cannot take them away
 */
export async function deleteLostTags(
  client: RepositoryClient,
  tags: readonly Tag[],
  gone: Digest
): Promise<void> {
  if (tags.length === 0) return
  const listed = new Set(await listTags(client))
  for (const tag of tags)
    if (listed.has(tag) && (await client.headManifest(tag)) === undefined) await deleteTag(client, tag, gone)
}

/** 400 from distribution 2.8 and Harbor, 405 from GHCR and registries with deletion switched off. */
function cannotDeleteTags(error: unknown): boolean {
  return error instanceof RegistryError && (error.status === 400 || error.status === 405)
}

async function deleteByPlaceholder(
  client: RepositoryClient,
  tag: Tag,
  known: Digest | undefined
): Promise<void> {
  const placeholder = placeholderIndex()
  const before = await standingAt(client, tag, known)
  if (before === undefined) return
  await assertCanDelete(client, placeholder, tag)
  const state = {isPlaced: false}
  try {
    for (let time = 0, isWhole = false; !isWhole && time < MOST_TIMES; time++) {
      await client.putManifest(placeholder, tag)
      state.isPlaced = true
      isWhole = await client.deleteManifest(placeholder.digest)
    }
  } catch (error) {
    const now = await client.shownDigest(tag)
    const isHidden = now === undefined || now === 'unknown'
    const mayBeGone = isHidden && isUnsure(error)
    const isShownLate = state.isPlaced && !mayBeGone && (isHidden || now === before)
    const isLeft = now === placeholder.digest || isShownLate
    const image = isLeft ? await client.findManifest(before) : undefined
    if (image !== undefined) await client.putManifest(image, tag)
    throw error
  }
}

/** What is known to be there is so where the registry does not show it, or does not say. */
async function standingAt(
  client: RepositoryClient,
  tag: Tag,
  known: Digest | undefined
): Promise<Digest | undefined> {
  if (known === undefined) return (await client.headManifest(tag))?.digest
  const shown = await client.shownDigest(tag)
  return shown === undefined || shown === 'unknown' ? known : shown
}

/** Tried on the placeholder alone first, so that a tag never stays on it where deletion is off. */
async function assertCanDelete(client: RepositoryClient, placeholder: Manifest, tag: Tag): Promise<void> {
  try {
    await client.putManifest(placeholder)
    await client.deleteManifest(placeholder.digest)
  } catch (cause) {
    throw new ReleaseError(
      'TAG_NOT_MOVED',
      `${formatReference(client.repository, tag)} cannot be deleted on this registry`,
      {
        cause,
        hint: 'Delete the tag by the means of the registry, or switch deletion on there.'
      }
    )
  }
}

/** Whether a manifest is such an index, which stands for a tag that is being deleted. What cannot be read is none. */
export function isPlaceholder(manifest: Manifest): boolean {
  if (manifest.mediaType !== OCI_INDEX) return false
  try {
    return readManifest(manifest).annotations[PLACEHOLDER] !== undefined
  } catch {
    return false
  }
}

/** An empty index like no other, to be put at a tag that is to go alone. */
export function placeholderIndex(): Manifest {
  const document = {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [],
    annotations: {[PLACEHOLDER]: randomUUID()}
  }
  return manifestOf(new TextEncoder().encode(JSON.stringify(document)), OCI_INDEX)
}
