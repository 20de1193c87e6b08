import path from 'node:path'
import {type GateImage, partsOf, writeGateLayout} from './gate-layout.js'
import {type EngineName, type EngineSelection, findEngine, loadImage, unloadImage} from './image-engine.js'
import {mkdir, writeFile} from 'node:fs/promises'
import {ReleaseError} from '../errors.js'
import {type Digest, hexOf} from '../oci/digest.js'
import type {ManifestDocument} from '../oci/manifest.js'
import type {Exec} from '../ports.js'

/** An image laid out for the programs that look at it, each form made when it is first asked for. */
export class ImageWorkspace {
  readonly #image: GateImage
  readonly #folder: string
  readonly #name: string
  readonly #exec: Exec
  readonly #made: {layout?: Promise<string>; archive?: Promise<string>; engine?: EngineName | undefined} = {}

  /**
   * @param place a folder, in which it makes one of its own, and the local name under which the image is loaded
   */
  constructor(image: GateImage, place: {readonly folder: string; readonly name: string}, exec: Exec) {
    this.#image = image
    this.#folder = path.join(place.folder, 'gates')
    this.#name = place.name
    this.#exec = exec
  }

  /** The path of a file for what a program writes. */
  fileFor(name: string): string {
    return path.join(this.#folder, name)
  }

  /** The folder of an OCI layout with the image alone. */
  async layout(): Promise<string> {
    this.#made.layout ??= writeGateLayout(this.#image, path.join(this.#folder, 'layout'))
    return await this.#made.layout
  }

  /** The image as `docker save` packs it. */
  async archive(): Promise<string> {
    this.#made.archive ??= this.layout().then(layout =>
      writeDockerArchive(
        {layout, document: this.#image.document, name: this.#name},
        path.join(this.#folder, 'archive'),
        this.#exec
      )
    )
    return await this.#made.archive
  }

  /**
   * Loads the image where it can be run.
   * @param lines what is to run it
   * @returns its local name; undefined where nothing on this machine takes it
   * @throws ReleaseError BUILDER_MISSING, LAYOUT_INVALID
   */
  async load(wish: EngineSelection, lines = ''): Promise<string | undefined> {
    const engine = await findEngine(wish, this.#exec, lines)
    if (engine === undefined) return undefined
    await loadImage(engine, {archive: await this.archive(), name: this.#name}, this.#exec)
    this.#made.engine = engine
    return this.#name
  }

  /** The program that has the image; undefined where it was not loaded. */
  get engine(): EngineName | undefined {
    return this.#made.engine
  }

  /** Takes the image out again where it was loaded. */
  async unload(): Promise<void> {
    if (this.#made.engine !== undefined) await unloadImage(this.#made.engine, this.#name, this.#exec)
  }
}

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
