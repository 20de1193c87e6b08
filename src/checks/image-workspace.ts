import path from 'node:path'
import type {Exec} from '../ports.js'
import {writeDockerArchive} from './image-archive.js'
import {type GateImage, writeGateLayout} from './gate-layout.js'
import {type EngineName, type EngineSelection, findEngine, loadImage, unloadImage} from './image-engine.js'

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
