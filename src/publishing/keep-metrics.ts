import {messageOf} from '../errors.js'
import {keepHistory, readHistory} from '../building/metrics/release-history.js'
import type {BuildMetrics} from '../contracts/metrics.js'
import {type ReleaseHistory, nextHistory} from '../contracts/release-history.js'
import type {ReleaseFacts} from '../contracts/planned-image.js'
import type {Digest} from '../oci/digest.js'
import type {Reporter} from '../ports.js'
import {referrersByApi} from '../registry/client/referrers.js'
import type {RepositoryClient} from '../registry/client/repository-client.js'
import type {PublishedIndex} from './move/publish.js'

/** What is kept of a release beside its indexes. */
export interface KeptMetrics {
  readonly metrics: readonly BuildMetrics[]
  readonly facts: ReleaseFacts
  readonly clientOf: (repository: PublishedIndex['publication']['repositories'][number]) => RepositoryClient
  /** Whether they are kept, too, where that takes a tag, for the registry has no API for referrers. */
  readonly mayTag: boolean
  readonly reporter: Reporter
}

/**
 * Keeps the metrics of each image beside its index on every registry, with the numbers of the releases before. The release
 * is published by then, and stays so: where this fails, it is a warning.
 */
export async function keepReleaseMetrics(
  images: readonly PublishedIndex[],
  kept: KeptMetrics
): Promise<void> {
  await Promise.all(
    images.flatMap(image =>
      image.publication.repositories.map(async repository => {
        const client = kept.clientOf(repository)
        try {
          await keepImageMetrics(image, client, kept)
        } catch (error) {
          kept.reporter.warning(
            `${client.name} does not keep the metrics of this release: ${messageOf(error)}`
          )
        }
      })
    )
  )
}

async function keepImageMetrics(
  {publication, index, moves}: PublishedIndex,
  client: RepositoryClient,
  {metrics, facts, mayTag}: KeptMetrics
): Promise<void> {
  const builds = metrics.filter(({target}) => target === publication.target)
  if (builds.length === 0) return
  if (!mayTag && (await referrersByApi(client, index.digest)) === undefined) return
  const before = moves
    .filter(move => move.client.name === client.name && move.decision.action === 'move')
    .map(({standing}) => standing?.digest)
  const history = await firstHistory(client, before)
  const name = facts.version ?? facts.revision?.slice(0, 12) ?? index.digest.slice(0, 19)
  const release = {name, ...(facts.created === undefined ? {} : {created: facts.created}), builds}
  await keepHistory(client, index, nextHistory(release, history))
}

/** What anyone may have put there is no reason to keep nothing: a history that cannot be read begins anew. */
async function firstHistory(
  client: RepositoryClient,
  digests: readonly (Digest | undefined)[]
): Promise<ReleaseHistory | undefined> {
  for (const digest of new Set(digests)) {
    const found = digest === undefined ? undefined : await readHistory(client, digest).catch(() => undefined)
    if (found !== undefined) return found
  }
  return undefined
}
