import {mkdirSync} from 'node:fs'
import path from 'node:path'
import {ReleaseError} from '../../errors.js'
import {readForeignFileSync} from '../../shared/foreign-file.js'
import {type Digest, parseDigest} from '../../oci/digest.js'
import {type Platform, formatPlatform} from '../../oci/platform.js'
import {type Repository, formatRepository} from '../../oci/reference.js'
import type {LocalImage} from '../../ports.js'
import {findContainerfile} from './build-context.js'
import {passedVariables, withSecrets} from './build-secrets.js'
import type {Builder, BuilderPorts, BuildRequest, NativePush} from './builder.js'
import {type BuildxNames, buildxArguments, canRewriteTimestamps} from './buildx-arguments.js'
import type {BuildxInstance} from './buildx-instance.js'
import {assertPlatform, readBuiltImage} from './built-image.js'
import {readLayout} from './image-layout.js'
import {withoutBrokenFolders} from './local-cache.js'
import {type PlatformSupport, supportOfNodes} from './platform-support.js'
import {type Program, run} from './program.js'
import {isObject} from '../../shared/json.js'

/** Builds with buildx: BuildKit leaves the image as a layout on this machine, or pushes it by digest. */
export class BuildxBuilder implements Builder {
  readonly name = 'buildx'
  readonly native: NativePush
  readonly dateObstacle
  readonly #program: Program
  readonly #instance: BuildxInstance
  readonly #ports: BuilderPorts

  constructor(program: Program, instance: BuildxInstance, ports: BuilderPorts) {
    this.#program = program
    this.#instance = instance
    this.#ports = ports
    this.dateObstacle = canRewriteTimestamps(instance)
      ? undefined
      : `BuildKit rewrites the times of files from 0.13 on, and this is ${instance.buildkit ?? ''}`
    this.native = {
      obstacle: obstacleOf(instance),
      push: (request, repository) => this.#push(request, repository)
    }
  }

  support(platform: Platform): PlatformSupport {
    return supportOfNodes(platform, this.#instance.nodes)
  }

  withLog(reporter: BuilderPorts['reporter']): Builder {
    return new BuildxBuilder(this.#program, this.#instance, {...this.#ports, reporter})
  }

  async build(request: BuildRequest): Promise<LocalImage> {
    const folder = path.join(request.outputFolder, 'image')
    await this.#run(request, {folder}, `build ${request.context} for ${formatPlatform(request.platform)}`)
    const image = readLayout(folder)
    assertPlatform(this.name, await readBuiltImage(image), request.platform)
    return image
  }

  async #push(request: BuildRequest, repository: Repository): Promise<Digest> {
    const metadataFile = path.join(request.outputFolder, 'metadata.json')
    const purpose = `build ${request.context} for ${formatPlatform(request.platform)} and push it to ${formatRepository(repository)}`
    // Only the digest is read of what it writes then.
    const environment = {...request.environment, BUILDX_METADATA_PROVENANCE: 'disabled'}
    await this.#run({...request, environment}, {repository, metadataFile}, purpose)
    return readDigest(metadataFile)
  }

  async #run(request: BuildRequest, destination: BuildxNames['destination'], purpose: string): Promise<void> {
    const file = findContainerfile(request)
    const cache = request.cache === undefined ? {} : {cache: withoutBrokenFolders(request.cache, this.#ports)}
    mkdirSync(request.outputFolder, {recursive: true})
    await withSecrets(request.secrets ?? [], request.outputFolder, async secrets => {
      await run(this.#ports, {
        program: this.#program,
        args: buildxArguments(this.#instance, {...request, ...cache}, {file, destination, secrets}),
        purpose,
        ...(request.environment === undefined ? {} : {env: request.environment}),
        passed: passedVariables(request),
        stream: true,
        watch: request.watch,
        hidden: request.hidden
      })
    })
  }
}

/** Docker's own driver says: push-by-digest is currently not implemented for docker driver (buildx 0.33, 2026-11). */
function obstacleOf({name, driver}: BuildxInstance): string | undefined {
  return driver === 'docker' ? `the driver docker of the builder ${name} cannot push by digest` : undefined
}

/** Bytes of what buildx says of a build; with its provenance some hundred thousand. */
const MAX_METADATA = 16 * 1024 * 1024

function readDigest(metadataFile: string): Digest {
  const fault = (cause?: unknown): ReleaseError =>
    new ReleaseError('LAYOUT_INVALID', `buildx wrote no digest into ${metadataFile}`, {
      cause,
      hint: 'Set export to layout.'
    })
  try {
    const metadata: unknown = JSON.parse(readForeignFileSync(metadataFile, MAX_METADATA).toString('utf8'))
    const found = isObject(metadata) ? metadata['containerimage.digest'] : undefined
    if (typeof found !== 'string') throw fault()
    return parseDigest(found)
  } catch (cause) {
    throw fault(cause)
  }
}
