import {Readable} from 'node:stream'
import {type Attachment, attachmentManifest} from '../../oci/artifact-manifest.js'
import {type Digest, digestOf} from '../../oci/digest.js'
import {type Manifest, descriptorOf} from '../../oci/manifest.js'
import {uploadBlob} from './blob-upload.js'
import {addReferrers, listReferrers} from '../client/referrers.js'
import type {RepositoryClient} from '../client/repository-client.js'

/** What became of an attachment: it was pushed, or one of its type was there. */
export interface AttachmentPush {
  /** The manifest that refers to the image. */
  readonly digest: Digest
  readonly isNew: boolean
}

/**
 * Attaches a document to an image that stands in the repository (distribution-spec, "Pushing Manifests with Subject").
 * One of its type that is there already stays: tools write times and random numbers into what they make, and a job that
 * runs again for the same image is not to leave one more each time.
 * @throws RegistryError
 */
export async function pushAttachment(
  client: RepositoryClient,
  subject: Manifest,
  attachment: Attachment
): Promise<AttachmentPush> {
  const {manifest, blobs} = attachmentManifest(descriptorOf(subject), attachment)
  const standing = await listReferrers(client, subject.digest)
  const same = standing.find(
    ({digest, artifactType}) => digest === manifest.digest || artifactType === attachment.artifactType
  )
  if (same !== undefined) return {digest: same.digest, isNew: false}
  for (const bytes of blobs) {
    const body = {size: bytes.length, open: () => Readable.from([bytes])}
    await uploadBlob(client, {digest: digestOf(bytes), body})
  }
  await client.putManifest(manifest)
  await addReferrers(client, subject.digest, [manifest])
  return {digest: manifest.digest, isNew: true}
}
