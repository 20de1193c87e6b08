import {mkdirSync} from 'node:fs'
import path from 'node:path'
import {ReleaseError} from '../../errors.js'
import type {LocalImage} from '../../ports.js'
import type {Builder, BuilderPorts, BuildRequest} from './builder.js'
import {assertPlatform, readBuiltImage} from './built-image.js'
import {convertDockerArchive} from './docker-archive.js'
import {unpackArchive} from './image-archive.js'
import {assertSound} from './image-check.js'
import {readDirectory, readLayoutIndex} from './image-layout.js'
import type {ImageSource} from './image-source.js'
import type {PlatformSupport} from './platform-support.js'
import {choosePlatform} from './platform-choice.js'
import {type Program, attempt, failureOf, run} from './program.js'

/** Programs that read the storage that podman, buildah and skopeo share. */
const STORAGE_READERS: readonly Program[] = [
  {command: 'buildah', prefix: []},
  {command: 'podman', prefix: []}
]

/** Takes an image that another tool has built, on this machine: it is checked, and nothing in it changes. */
export class PrebuiltBuilder implements Builder {
  readonly name = 'prebuilt'
  readonly dateObstacle = undefined
  readonly #source: Exclude<ImageSource, {kind: 'docker'}>
  readonly #ports: BuilderPorts

  constructor(source: Exclude<ImageSource, {kind: 'docker'}>, ports: BuilderPorts) {
    this.#source = source
    this.#ports = ports
  }

  /** Nothing runs. */
  support(): PlatformSupport {
    return {how: 'native', by: 'the tool that built it'}
  }

  withLog(reporter: BuilderPorts['reporter']): Builder {
    return new PrebuiltBuilder(this.#source, {...this.#ports, reporter})
  }

  async build(request: BuildRequest): Promise<LocalImage> {
    mkdirSync(request.outputFolder, {recursive: true})
    const found = await this.#read(request)
    return await takeImage(found, request, this.#ports.signal)
  }

  async #read(request: BuildRequest): Promise<LocalImage> {
    const source = this.#source
    const at = (name: string): string => path.join(request.outputFolder, name)
    switch (source.kind) {
      case 'oci':
        return readLayoutIndex(source.folder, source.name)
      case 'dir':
        return readDirectory(source.folder)
      case 'archive':
        return await this.#readArchive(source, at, request)
      case 'docker-daemon':
        await this.#save(source.image, at('saved.tar'))
        return await this.#readArchive({file: at('saved.tar'), name: undefined}, at, request)
      case 'containers-storage':
        await this.#export(source.image, at('image'))
        return readLayoutIndex(at('image'))
    }
  }

  /** What docker saved has a manifest.json, also where it is a layout besides, whose layers are not compressed. */
  async #readArchive(
    {file, name}: {readonly file: string; readonly name: string | undefined},
    at: (name: string) => string,
    {format}: Pick<BuildRequest, 'format'>
  ): Promise<LocalImage> {
    const {signal} = this.#ports
    const archive = await unpackArchive(file, at('unpacked'), signal)
    if (!archive.isDocker) return readLayoutIndex(archive.folder, name)
    return readLayoutIndex(await convertDockerArchive(archive, {folder: at('image'), format, name, signal}))
  }

  async #save(image: string, file: string): Promise<void> {
    const docker = {command: 'docker', prefix: []}
    await run(this.#ports, {
      program: docker,
      args: ['save', '--output', file, image],
      purpose: `save ${image}`
    })
  }

  /** The first program that is installed; where it does not know the image, nor does another, for they share it. */
  async #export(image: string, folder: string): Promise<void> {
    for (const program of STORAGE_READERS) {
      const call = {
        program,
        args: ['push', '--quiet', image, `oci:${folder}:image`],
        purpose: `export ${image}`
      }
      const result = await attempt(this.#ports, call).catch(missingOnly)
      if (result?.exitCode === 0) return
      if (result !== undefined) throw failureOf(call, result)
    }
    throw new ReleaseError(
      'BUILDER_MISSING',
      `neither buildah nor podman is here to read ${image} from the storage`,
      {
        hint: 'Install one of them, or give an archive as source.'
      }
    )
  }
}

/**
 * Makes of what was found the image of one platform that may be pushed.
 * @throws ReleaseError PLATFORM_MISMATCH, LAYOUT_INVALID
 */
export async function takeImage(
  found: LocalImage,
  request: Pick<BuildRequest, 'platform'>,
  signal: AbortSignal
): Promise<LocalImage> {
  const image = await choosePlatform(found, request.platform)
  await assertSound(image, signal)
  assertPlatform('the tool that built the image', await readBuiltImage(image), request.platform)
  return image
}

function missingOnly(cause: unknown): undefined {
  if (cause instanceof ReleaseError && cause.code === 'BUILDER_MISSING') return undefined
  throw cause
}
