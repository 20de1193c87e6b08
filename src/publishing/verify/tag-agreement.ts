import type {Digest} from '../../oci/digest.js'
import {type Tag, formatReference} from '../../oci/reference.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import type {VerifiedTag} from './verified-tag.js'
import {type Patience, lookUntil} from '../../registry/client/patience.js'

/** A tag, and every repository that an image is published in. */
export interface SharedTag {
  readonly tag: Tag
  readonly clients: readonly RepositoryClient[]
  /** Repositories, `registry/name`, where the release left it free on purpose: it may be missing there. */
  readonly unset: readonly string[]
}

interface Place {
  readonly client: RepositoryClient
  /** Undefined where the tag is not there. */
  readonly digest: Digest | undefined
}

/**
 * Compares what a tag points at in all repositories of an image: whoever pulls from one must get what the others give.
 * @returns a report for each place of each tag that differs; none where all agree
 */
export async function disagreements(tags: readonly SharedTag[], patience: Patience): Promise<VerifiedTag[]> {
  const reports = await Promise.all(
    tags.map(async shared => {
      const {tag} = shared
      const places = await lookUntil(async () => readAll(shared), agree, patience)
      return agree(places) ? [] : places.map(place => reportOf(tag, place, places))
    })
  )
  return reports.flat()
}

async function readAll({tag, clients, unset}: SharedTag): Promise<Place[]> {
  const places = await Promise.all(
    clients.map(async client => ({client, digest: (await client.headManifest(tag))?.digest}))
  )
  return places.filter(({client, digest}) => digest !== undefined || !unset.includes(client.name))
}

function agree(places: readonly Place[]): boolean {
  return new Set(places.map(({digest}) => digest)).size <= 1
}

function reportOf(tag: Tag, place: Place, places: readonly Place[]): VerifiedTag {
  const others = places
    .filter(({digest}) => digest !== place.digest)
    .map(({client, digest}) => `${formatReference(client.repository, tag)} ${said(digest)}`)
  return {
    reference: formatReference(place.client.repository, tag),
    ...(place.digest === undefined ? {} : {digest: place.digest}),
    platforms: [],
    blobs: 0,
    faults: [`${said(place.digest)}, but ${others.join(', ')}`]
  }
}

function said(digest: Digest | undefined): string {
  return digest === undefined ? 'is not there' : `points at ${digest}`
}
