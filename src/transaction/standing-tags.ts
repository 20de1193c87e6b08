import {BARE_VERSION, CREATED, REVISION, SOURCE, VERSION} from '../oci/annotations.js'
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

/** What is about to be released: its digest, and the address of its source, as its annotations name it. */
export interface ReleasedImage {
  readonly digest: Digest
  readonly source?: string | undefined
}

/**
 * Reads what stands at a tag. Where it is what is about to be released, its facts are not asked for.
 * @returns undefined where the tag is free
 */
export async function readStanding(
  client: RepositoryClient,
  tag: Tag,
  released: ReleasedImage
): Promise<StandingTag | undefined> {
  const head = await client.headManifest(tag)
  if (head === undefined || head.digest === released.digest) return head && {digest: head.digest}
  const manifest = await client.findManifest(tag)
  return (
    manifest && {manifest, digest: manifest.digest, ...(await factsOf(client, manifest, released.source))}
  )
}

/** The facts that an image names: as annotations, else as labels of its first platform. */
export async function factsOf(
  client: RepositoryClient,
  manifest: Manifest,
  source?: string
): Promise<ReleaseFacts> {
  const document = readManifest(manifest)
  const annotated = annotatedFacts(document.annotations)
  if (annotated !== undefined) return annotated
  const child = document.manifests.find(entry => !isAttestation(entry))
  const image = child === undefined ? document : await readChild(client, child.digest)
  if (image?.config === undefined) return {}
  return labelledFacts(readImageConfig(await client.getBlob(image.config)).labels, source)
}

/** What the annotations of an image say of its release; undefined where they do not name one. */
export function annotatedFacts(annotations: Readonly<Record<string, string>>): ReleaseFacts | undefined {
  const isNamed = annotations[REVISION] !== undefined || annotations[VERSION] !== undefined
  return isNamed ? selectFacts(annotations) : undefined
}

async function readChild(
  client: RepositoryClient,
  digest: Digest
): Promise<ReturnType<typeof readManifest> | undefined> {
  const manifest = await client.findManifest(digest)
  return manifest && readManifest(manifest)
}

/**
 * Labels come down from the base image where a build sets none: an application on ubuntu is labelled version 24.04.
 * They count where they name a commit or a source, and that is not another project's.
 */
function labelledFacts(labels: Readonly<Record<string, string>>, source: string | undefined): ReleaseFacts {
  const {[SOURCE]: named, [REVISION]: revision} = labels
  if (named === undefined && revision === undefined) return {}
  const isForeign = named !== undefined && source !== undefined && plainUrl(named) !== plainUrl(source)
  return isForeign ? {} : selectFacts(labels)
}

function plainUrl(url: string): string {
  return url.toLowerCase().replace(/(?:\.git)?\/*$/, '')
}

function selectFacts(texts: Readonly<Record<string, string>>): ReleaseFacts {
  const {[BARE_VERSION]: version, [VERSION]: named, [REVISION]: revision, [CREATED]: created} = texts
  return {
    ...(version === undefined ? {} : {version}),
    ...(named === undefined ? {} : {named}),
    ...(revision === undefined ? {} : {revision}),
    ...(created === undefined ? {} : {created})
  }
}
