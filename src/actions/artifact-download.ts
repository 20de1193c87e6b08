import {readdir} from 'node:fs/promises'
import path from 'node:path'
import type {Artifact, DefaultArtifactClient} from '@actions/artifact'
import {messageOf} from '../errors.js'
import {readForeignFile} from '../shared/foreign-file.js'
import {type ArchivedFile, type UnpackBounds, readArtifact, unreadable} from './artifact-archive.js'

/** How much of an artifact is taken. */
export interface ArtifactBounds extends UnpackBounds {
  /** Bytes of the archive: of a larger one nothing is fetched. */
  readonly archive: number
}

/**
 * The files of an artifact of this run: fetched packed, by way of an empty folder, and unpacked within bounds. The client
 * would unpack whatever comes, and try five times where it is none.
 * @throws ReleaseError RECORD_INVALID where it is more than its bounds or no archive; what the service says
 */
export async function downloadArtifact(
  client: DefaultArtifactClient,
  {id, name, size}: Pick<Artifact, 'id' | 'name' | 'size'>,
  folder: string,
  bounds: ArtifactBounds
): Promise<readonly ArchivedFile[]> {
  if (size > bounds.archive) throw unreadable(name, `it has ${size} bytes, more than ${bounds.archive}`)
  await client.downloadArtifact(id, {path: folder, skipDecompress: true})
  const [file = ''] = await readdir(folder)
  const bytes = await readForeignFile(path.join(folder, file), bounds.archive).catch((cause: unknown) => {
    throw unreadable(name, messageOf(cause), cause)
  })
  return readArtifact({name, file}, bytes, bounds)
}
