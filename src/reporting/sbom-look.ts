import type {RepositoryClient} from '../registry/client/repository-client.js'
import {bundleContent} from '../signing/sigstore-bundle.js'
import {readBlob} from './image-look.js'
import type {ImageLook, PlatformLook} from './looks.js'
import {type Packages, packageChanges, packagesIn} from './package-changes.js'
import type {PackageChanges} from './report-data.js'

/** Bytes: bills of materials of large images have some ten megabytes. */
const MAX_SBOM = 64 * 1024 * 1024

/** What changed in the bills of materials of an image, for each platform that has one. */
export async function lookAtPackages(
  client: RepositoryClient,
  now: ImageLook,
  before: ImageLook | undefined
): Promise<PackageChanges[]> {
  const changes: PackageChanges[] = []
  // One after the other: each may have many megabytes.
  for (const platform of now.platforms) {
    const packages = await packagesOf(client, now, platform)
    if (packages === undefined) continue
    const earlier = before?.platforms.find(one => one.platform === platform.platform)
    const was =
      before === undefined || earlier === undefined ? undefined : await packagesOf(client, before, earlier)
    changes.push(packageChanges(platform.platform, packages, was))
  }
  return changes
}

async function packagesOf(
  client: RepositoryClient,
  {attachments}: ImageLook,
  {digest}: PlatformLook
): Promise<Packages | undefined> {
  const found = attachments.find(one => one.kind === 'sbom' && one.of === digest)
  if (found?.blob === undefined || found.blob.size > MAX_SBOM) return undefined
  const bytes = await readBlob(client, found.blob)
  return packagesIn(textOf(bytes))
}

/** A bill of materials lies there as it is, or inside a signed bundle. */
function textOf(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8')
  if (!text.includes('"dsseEnvelope"')) return text
  const {statement} = bundleContent(bytes)
  return statement === undefined ? text : JSON.stringify(statement)
}
