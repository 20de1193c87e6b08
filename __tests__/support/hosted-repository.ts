import type {Digest} from '../../src/oci/digest.js'
import {parseTag} from '../../src/oci/reference.js'
import type {RepositoryClient} from '../../src/registry/client/repository-client.js'
import type {ListedManifest, RepositoryBackend} from '../../src/cleanup/repository-backend.js'
import {newManifest} from './registry-client.js'

/** A repository of a package host, as its API and as its registry show it. */
export interface HostedRepository {
  readonly backend: RepositoryBackend
  readonly client: RepositoryClient
}

/** Puts small images there, each at its tags, the first named first. */
export async function pushTagged(
  {client}: HostedRepository,
  ...tagged: readonly (readonly string[])[]
): Promise<Digest[]> {
  const digests: Digest[] = []
  for (const tags of tagged) {
    const manifest = await newManifest(client)
    for (const reference of [manifest.digest, ...tags.map(parseTag)])
      await client.putManifest(manifest, reference)
    digests.push(manifest.digest)
  }
  return digests
}

/** All that the host lists, in its order. */
export async function listVersions({backend}: Pick<HostedRepository, 'backend'>): Promise<ListedManifest[]> {
  const all: ListedManifest[] = []
  for await (const {versions} of backend.versions()) all.push(...versions)
  return all
}
