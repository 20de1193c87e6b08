import {appendFile} from 'node:fs/promises'
import type {Digest} from '../oci/digest.js'
import {type Repository, type Tag, formatReference, formatRepository} from '../oci/reference.js'

/** An image of a release, as later steps of a job are told of it. */
export interface DeclaredImage {
  readonly repository: Repository
  readonly digest: Digest
  /** A tag of its own, which tells it from another image in the same repository. */
  readonly tag?: Tag | undefined
}

/**
 * Tells the runner what was released, so that later steps such as actions/attest find it: a line `oci://name@digest` for
 * each in the file that GITHUB_ARTIFACTS names (actions/runner 2026-06, behind a switch). A name may are there once, so
 * that images which share a repository are named with their tags.
 */
export async function declareImages(file: string, images: readonly DeclaredImage[]): Promise<void> {
  const lines = images.map(image => `oci://${nameOf(image, images)}@${image.digest}\n`)
  if (lines.length > 0) await appendFile(file, [...new Set(lines)].join(''))
}

function nameOf({repository, digest, tag}: DeclaredImage, images: readonly DeclaredImage[]): string {
  const name = formatRepository(repository)
  const isShared = images.some(
    other => formatRepository(other.repository) === name && other.digest !== digest
  )
  return isShared && tag !== undefined ? formatReference(repository, tag) : name
}
