import type {Digest} from '../../oci/digest.js'
import {formatReference, formatRepository} from '../../oci/reference.js'
import {copyImage} from '../../registry/images/image-copy.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import type {FoundChild} from './child-search.js'

/** An image that a repository lacks and another one has. */
export interface ChildCopy {
  readonly digest: Digest
  readonly from: RepositoryClient
  readonly to: RepositoryClient
}

/** What has to be copied before a release can be published everywhere. */
export interface ChildCopies {
  /** Images and attestations. */
  readonly images: readonly ChildCopy[]
  /** What names them, and can be copied only when each repository has them all. */
  readonly indexes: readonly ChildCopy[]
}

/** The copies that make a manifest be in every repository. */
export function copiesOf({manifest, from, lacking}: FoundChild): ChildCopy[] {
  return lacking.map(to => ({digest: manifest.digest, from, to}))
}

/** Copies what repositories lack, all of them side by side. */
export async function copyChildren(copies: readonly ChildCopies[]): Promise<void> {
  await copyAll(copies.flatMap(({images}) => images))
  await copyAll(copies.flatMap(({indexes}) => indexes))
}

async function copyAll(copies: readonly ChildCopy[]): Promise<void> {
  await Promise.all(copies.map(async ({from, to, digest}) => await copyImage(from, to, digest)))
}

/** What is copied, one line each. */
export function copyLines({images, indexes}: ChildCopies, isDry: boolean): string[] {
  return [...images, ...indexes].map(
    ({digest, from, to}) =>
      `${formatReference(to.repository, digest)} ${isDry ? 'would be' : 'was'} copied from ${formatRepository(from.repository)}`
  )
}
