import {CREATED, REVISION, VERSION} from '../oci/annotations.js'
import type {Digest} from '../oci/digest.js'
import {readImageConfig} from '../oci/image-config.js'
import {type Manifest, readManifest} from '../oci/manifest.js'
import type {Tag} from '../oci/reference.js'
import {isAttestation} from '../oci/attestation.js'
import type {RepositoryClient} from '../registry/repository-client.js'
import type {ReleaseFacts} from '../release/publication.js'
import type {Standing} from '../release/tag-decision.js'

/** What stands at a tag now. */
export interface StandingTag extends Standing {
  /** What would put it back; absent where it stands as it is to be. */
  readonly manifest?: Manifest
}

/**
 * Reads what stands at a tag. Where it is what is about to be released, its facts are not asked for.
 * @returns undefined where the tag is free
 */
export async function readStanding(
  client: RepositoryClient,
  tag: Tag,
  released: Digest
): Promise<StandingTag | undefined> {
  const head = await client.headManifest(tag)
  if (head === undefined || head.digest === released) return head && {digest: head.digest}
  const manifest = await client.findManifest(tag)
  return manifest && {manifest, digest: manifest.digest, ...(await factsOf(client, manifest))}
}

/** The facts that an image names: as annotations, else as labels of its first platform. */
export async function factsOf(client: RepositoryClient, manifest: Manifest): Promise<ReleaseFacts> {
  const document = readManifest(manifest)
  if (document.annotations[REVISION] !== undefined || document.annotations[VERSION] !== undefined)
    return selectFacts(document.annotations)
  const child = document.manifests.find(entry => !isAttestation(entry))
  const image = child === undefined ? document : await readChild(client, child.digest)
  if (image?.config === undefined) return {}
  return selectFacts(readImageConfig(await client.getBlob(image.config)).labels)
}

async function readChild(
  client: RepositoryClient,
  digest: Digest
): Promise<ReturnType<typeof readManifest> | undefined> {
  const manifest = await client.findManifest(digest)
  return manifest && readManifest(manifest)
}

function selectFacts(texts: Readonly<Record<string, string>>): ReleaseFacts {
  const {[VERSION]: version, [REVISION]: revision, [CREATED]: created} = texts
  return {
    ...(version === undefined ? {} : {version}),
    ...(revision === undefined ? {} : {revision}),
    ...(created === undefined ? {} : {created})
  }
}
