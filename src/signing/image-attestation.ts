import type {Digest} from '../oci/digest.js'
import {formatReference, formatRepository} from '../oci/reference.js'
import type {Ports} from '../ports.js'
import type {RepositoryClient} from '../registry/client/repository-client.js'
import {pushAttestation} from './attestation-push.js'
import {ReleaseError} from '../errors.js'

/** An image of a release with all repositories in which it stands. */
export interface UnattestedImage {
  readonly clients: readonly RepositoryClient[]
  /** What the tags point at, first; then what is attested beside it. */
  readonly digests: readonly [Digest, ...Digest[]]
}

/** A manifest that GitHub attests. */
export interface AttestedManifest {
  /** `registry/name@digest`, one for each repository. */
  readonly references: readonly string[]
  readonly url: string | undefined
}

/**
 * Attests every image, one attestation for each digest with its names on all registries, and keeps each on all of them.
 * @throws ReleaseError ATTEST_FAILED; RegistryError
 */
export async function attestImages(
  images: readonly UnattestedImage[],
  {attest, clock}: Pick<Ports, 'attest' | 'clock'>,
  token: string | undefined
): Promise<AttestedManifest[]> {
  const attested: AttestedManifest[] = []
  for (const {clients, digests} of images)
    for (const digest of new Set(digests)) {
      const subjects = clients.map(({repository}) => ({name: formatRepository(repository), digest}))
      const {bundle, url} = await attest(subjects, token)
      const created = new Date(clock.now()).toISOString()
      await Promise.all(
        clients.map(async client => {
          await pushAttestation(client, await subjectAt(client, digest), {bundle, created})
        })
      )
      attested.push({references: clients.map(client => formatReference(client.repository, digest)), url})
    }
  return attested
}

async function subjectAt(client: RepositoryClient, digest: Digest) {
  const found = await client.headManifest(digest)
  if (found !== undefined) return found
  throw new ReleaseError('CHILD_MISSING', `${formatReference(client.repository, digest)} is not there`)
}
