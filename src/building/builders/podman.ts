import {randomUUID} from 'node:crypto'
import {mkdirSync, rmSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {BuilderError, ReleaseError} from '../../errors.js'
import {objectIn} from '../../shared/json.js'
import {type Platform, formatPlatform} from '../../oci/platform.js'
import type {ExecResult, LocalImage} from '../../ports.js'
import {findContainerfile, readContainerfile} from './build-context.js'
import {
  causeOf,
  isCacheFailure,
  isImageTaken,
  isRuntimeFailure,
  isStorageRace,
  withoutOwnNames
} from './build-log.js'
import {passedVariables, withSecrets} from './build-secrets.js'
import type {Builder, BuilderPorts, BuildRequest} from './builder.js'
import {assertPlatform, readBuiltImage, readConfigDocument} from './built-image.js'
import {countCacheHits} from './cache-hits.js'
import {exactConfig} from './exact-config.js'
import {readDirectory, readLayout} from './image-layout.js'
import {type PlatformSupport, supportOfMachine} from './platform-support.js'
import {lostInstructions, lostVolumes} from './lost-instructions.js'
import {podmanCache} from './podman-cache.js'
import {
  type BuildNames,
  type PodmanProgram,
  buildArguments,
  exportArguments,
  removeArguments
} from './podman-arguments.js'
import {findStaleSteps} from './stale-cache.js'
import {type ProgramCall, attempt, failureOf, run} from './program.js'
import {writeRegistriesConf} from './registries-conf.js'
import {buildMark, removeWorkingContainers} from './working-containers.js'

/** How often a build is begun again because another one that shares the storage got in its way. */
const MOST_RACES = 3

/** The folders that containers/image and containers/storage keep layers in while they come or go. */
const LAYER_FOLDERS = /^(?:container_images_)?storage\d+$/

/** Builds with podman or buildah: builds under a local name, exports once, takes the name away. */
export class PodmanBuilder implements Builder {
  readonly name
  /** Every version that is taken has `--timestamp`, or what came after it. */
  readonly dateObstacle = undefined
  readonly #program: PodmanProgram
  readonly #ports: BuilderPorts

  constructor(program: PodmanProgram, ports: BuilderPorts) {
    this.name = program.name
    this.#program = program
    this.#ports = ports
  }

  support(platform: Platform): PlatformSupport {
    return supportOfMachine(platform)
  }

  withLog(reporter: BuilderPorts['reporter']): Builder {
    return new PodmanBuilder(this.#program, {...this.#ports, reporter})
  }

  /** Builds; once more without the storage's steps where these are those of another build. */
  async build(request: BuildRequest): Promise<LocalImage> {
    const hits = countCacheHits()
    const stale = findStaleSteps(request.buildArgs)
    const watch = (line: string): void => {
      hits.watch(line)
      stale.watch(line)
      request.watch?.(line)
    }
    const isOfOthers = (): boolean => {
      const {cached, steps} = hits.result()
      return !request.noCache && steps > 0 && cached === steps
    }
    const again = async (reason: string): Promise<LocalImage> => {
      this.#ports.reporter.notice(`${reason}: ${this.name} builds again without its storage's steps.`)
      return await this.#buildOnce({...request, noCache: true})
    }
    try {
      const built = await this.#buildOnce({...request, watch})
      if (request.noCache || !stale.isFound()) return built
    } catch (error) {
      // Images on scratch are taken for those of any platform until buildah 1.41 (containers/buildah#6269).
      if (!isOfOthers() || !(error instanceof ReleaseError) || error.code !== 'PLATFORM_MISMATCH') throw error
      return await again('Every step came from a build for another platform')
    }
    return await again('A step that takes an argument came from a build that may have had another')
  }

  async #buildOnce(request: BuildRequest, races = 0): Promise<LocalImage> {
    const file = findContainerfile(request)
    const image = `localhost/image-release-build:${randomUUID()}`
    mkdirSync(request.outputFolder, {recursive: true})
    const mark = buildMark(request.outputFolder)
    try {
      await withSecrets(request.secrets ?? [], request.outputFolder, secrets =>
        this.#buildUnder(
          {
            image,
            file,
            secrets: [...secrets, mark],
            isolation: request.isolation,
            cache: this.#cacheOf(request)
          },
          request
        )
      )
    } catch (error) {
      if (this.#ports.signal.aborted) await removeWorkingContainers(this.name, mark.id, this.#ports)
      throw error
    }
    try {
      const built = await this.#export(image, request)
      await this.#check(built, request, readContainerfile(file))
      return built
    } catch (error) {
      if (races === MOST_RACES || !(error instanceof BuilderError) || !isImageTaken(error.message))
        throw error
    } finally {
      await this.#remove(image)
    }
    this.#ports.reporter.notice(`Another build took the image away, and ${this.name} builds again.`)
    return await this.#buildOnce(request, races + 1)
  }

  /**
   * Builds; once more, in another way, where it failed of something that can be done without, and a few times more where
   * another build got in its way.
   */
  async #buildUnder(names: BuildNames, request: BuildRequest, races = 0): Promise<void> {
    const call = this.#buildCall(names, request)
    const result = await attempt(this.#ports, call)
    if (result.exitCode === 0) return
    if (races < MOST_RACES && isStorageRace(result.stderr)) {
      this.#ports.reporter.notice(`Another build took a base image away, and ${this.name} builds again.`)
      await this.#buildUnder(names, request, races + 1)
      return
    }
    const next = this.#nextTry(names, result.stderr)
    if (next === undefined) throw failureOf(call, result)
    await this.#buildUnder(next, request, races)
  }

  /** Without a container runtime where this machine cannot make containers; without a cache that takes nothing. */
  #nextTry(names: BuildNames, log: string): BuildNames | undefined {
    const {reporter} = this.#ports
    if (names.cache.to.length > 0 && isCacheFailure(log)) {
      reporter.warning(`${this.name} cannot write the cache, and builds again without: ${causeOf(log)}`)
      return {...names, cache: {from: [], to: []}}
    }
    if (names.isolation !== undefined || !isRuntimeFailure(log)) return undefined
    reporter.notice(
      `${this.name} cannot make containers on this machine: RUN is isolated by chroot only. Set BUILDAH_ISOLATION=chroot to save the first try.`
    )
    return {...names, isolation: 'chroot'}
  }

  #buildCall(names: BuildNames, request: BuildRequest): ProgramCall {
    const conf = writeRegistriesConf(request, readContainerfile(names.file))
    return {
      ...this.#call(
        buildArguments(this.#program, request, names),
        `build ${request.context} for ${formatPlatform(request.platform)}`
      ),
      stream: true,
      forPeople: line => withoutOwnNames(line, names.image),
      passed: passedVariables(request),
      env: {...request.environment, ...conf},
      watch: request.watch,
      hidden: request.hidden
    }
  }

  #cacheOf(request: BuildRequest): BuildNames['cache'] {
    const cache = podmanCache(request.cache ?? {from: [], to: []})
    if (cache.unknown.length > 0)
      this.#ports.reporter.notice(
        `${this.name} keeps no steps there: without the cache ${[...new Set(cache.unknown)].join(', ')}.`
      )
    return cache
  }

  async #export(image: string, request: BuildRequest): Promise<LocalImage> {
    const folder = path.join(request.outputFolder, 'image')
    const args = exportArguments(this.#program, request, {image, folder})
    const env = noLogins(request.outputFolder)
    // Of an export before this one, where it is built again.
    rmSync(folder, {recursive: true, force: true})
    await run(this.#ports, {...this.#call(args, `export the image to ${folder}`), env})
    const read = (): LocalImage => (request.format === 'oci' ? readLayout(folder) : readDirectory(folder))
    const exported = read()
    return exactConfig(folder, request.format, request.labels) ? read() : exported
  }

  async #check(image: LocalImage, request: BuildRequest, containerfile: string): Promise<void> {
    const built = await readBuiltImage(image)
    assertPlatform(this.name, built, request.platform)
    const {config} = await readConfigDocument(image, built)
    for (const volume of lostVolumes(containerfile, request.target, objectIn(objectIn(config)['Volumes'])))
      this.#ports.reporter.warning(
        `VOLUME ${volume} is lost: the image that ${this.name} made does not have it. Build it with buildx.`
      )
    if (request.format !== 'oci') return
    for (const word of lostInstructions(containerfile, request.target))
      this.#ports.reporter.warning(
        `${word} is lost: ${this.name} keeps it in images of format docker only. Set format to docker.`
      )
  }

  async #remove(image: string): Promise<ExecResult | undefined> {
    const {exec, reporter} = this.#ports
    try {
      const result = await exec(this.name, removeArguments(image), {isClearing: true})
      if (result.exitCode !== 0) reporter.debug(`${image} could not be removed: ${result.stderr}`)
      return result
    } catch {
      return undefined
    }
  }

  #call(args: readonly string[], purpose: string): ProgramCall {
    return {program: {command: this.name, prefix: []}, args, purpose, leaves: LAYER_FOLDERS}
  }
}

/**
 * An export to this machine needs no login, but fails where DOCKER_CONFIG or REGISTRY_AUTH_FILE names a file that is not there
 * (containers/common, CheckAuthFile).
 */
function noLogins(folder: string): Readonly<Record<string, string>> {
  const file = path.join(folder, 'no-logins.json')
  writeFileSync(file, '{"auths": {}}')
  return {REGISTRY_AUTH_FILE: file}
}
