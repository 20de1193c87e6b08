import {mkdirSync} from 'node:fs'
import path from 'node:path'
import {formatPlatform} from '../oci/platform.js'
import type {LocalImage} from '../ports.js'
import {findContainerfile} from './build-context.js'
import type {Builder, BuilderPorts, BuildRequest} from './builder.js'
import {buildxArguments} from './buildx-arguments.js'
import type {BuildxInstance} from './buildx-instance.js'
import {assertPlatform, readBuiltImage} from './built-image.js'
import {readLayout} from './image-layout.js'
import {type Program, run} from './program.js'

/** Builds with buildx: BuildKit leaves the image as a layout on this machine. */
export class BuildxBuilder implements Builder {
  readonly name = 'buildx'
  readonly #program: Program
  readonly #instance: BuildxInstance
  readonly #ports: BuilderPorts

  constructor(program: Program, instance: BuildxInstance, ports: BuilderPorts) {
    this.#program = program
    this.#instance = instance
    this.#ports = ports
  }

  async build(request: BuildRequest): Promise<LocalImage> {
    const file = findContainerfile(request)
    const folder = path.join(request.outputFolder, 'image')
    mkdirSync(request.outputFolder, {recursive: true})
    await run(this.#ports, {
      program: this.#program,
      args: buildxArguments(this.#instance, request, {file, folder}),
      purpose: `build ${request.context} for ${formatPlatform(request.platform)}`,
      stream: true
    })
    const image = readLayout(folder)
    assertPlatform(this.name, await readBuiltImage(image), request.platform)
    return image
  }
}
