import {ReleaseError} from '../../errors.js'
import type {Digest} from '../../oci/digest.js'
import type {Manifest} from '../../oci/manifest.js'
import {formatReference} from '../../oci/reference.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import type {Patience} from '../../registry/client/patience.js'

/** A manifest, and where it is. */
export interface FoundChild {
  readonly manifest: Manifest
  readonly from: RepositoryClient
  /** The repositories that do not have it. */
  readonly lacking: readonly RepositoryClient[]
}

/** The shares of the whole wait before each further try. */
const WAITS = [0.1, 0.3, 0.6]

/**
 * Asks every repository for a manifest, and asks again for a while where none has it.
 * @throws ReleaseError CHILD_MISSING, with a line for each repository, where none has it in the end
 */
export async function findChild(
  digest: Digest,
  clients: readonly RepositoryClient[],
  {clock, signal, milliseconds}: Patience
): Promise<FoundChild> {
  for (const share of milliseconds === 0 ? [] : WAITS) {
    const found = await askAll(digest, clients)
    if (found !== undefined) return found
    await clock.sleep(share * milliseconds, signal)
  }
  const found = await askAll(digest, clients)
  if (found !== undefined) return found
  const lines = clients.map(
    client => `${formatReference(client.repository, digest)} is not there${whyIn(client)}`
  )
  throw new ReleaseError('CHILD_MISSING', lines.join('\n  '))
}

/** Building again helps nobody whose repository does not exist, or is hidden from this login. */
function whyIn({unknown}: RepositoryClient): string {
  return unknown?.hint === undefined ? '' : `. ${unknown.hint}`
}

async function askAll(digest: Digest, clients: readonly RepositoryClient[]): Promise<FoundChild | undefined> {
  const answers = await Promise.all(
    clients.map(async client => ({client, manifest: await client.findManifest(digest)}))
  )
  const lacking = answers.flatMap(({client, manifest}) => (manifest === undefined ? [client] : []))
  const [found] = answers.flatMap(({client, manifest}) =>
    manifest === undefined ? [] : [{manifest, from: client, lacking}]
  )
  return found
}
