import {mkdir, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {ReleaseError} from '../errors.js'
import {type Digest, hexOf} from '../oci/digest.js'
import type {ManifestDocument} from '../oci/manifest.js'
import type {Exec} from '../ports.js'
import {partsOf} from './gate-layout.js'

/** What goes into an archive. */
export interface ArchiveParts {
  /** The folder of a layout that holds the image. */
  readonly layout: string
  readonly document: ManifestDocument
  /** The name that a program gives the image when it loads the archive. */
  readonly name?: string
}

/**
 * Packs an image as `docker save` does, for programs that read no layout: `docker load`, `podman load`, Snyk. Layers stay
 * compressed, which all of them read (moby, image/tarexport; containers-transports(5), `docker-archive`).
 * @returns the path of the archive
 * @throws ReleaseError LAYOUT_INVALID where `tar` fails
 */
export async function writeDockerArchive(parts: ArchiveParts, folder: string, exec: Exec): Promise<string> {
  const {layout, document, name} = parts
  await mkdir(folder, {recursive: true})
  await writeFile(path.join(folder, 'manifest.json'), JSON.stringify([entryOf(document, name)]))
  const archive = path.join(folder, 'image.tar')
  const files = [...new Set(partsOf(document).map(({digest}) => blobPath(digest)))]
  const args = ['-cf', archive, '-C', layout, ...files, '-C', folder, 'manifest.json']
  const {exitCode, stderr} = await exec('tar', args)
  if (exitCode === 0) return archive
  throw new ReleaseError('LAYOUT_INVALID', `the image cannot be packed for docker: ${stderr.trim()}`, {
    hint: 'Look for room on the disk of the temporary folder.'
  })
}

function entryOf({config, layers}: ManifestDocument, name: string | undefined): object {
  return {
    Config: config === undefined ? '' : blobPath(config.digest),
    RepoTags: name === undefined ? [] : [name],
    Layers: layers.map(({digest}) => blobPath(digest))
  }
}

function blobPath(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`
}
