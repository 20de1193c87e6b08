import {ReleaseError, messageOf} from '../../errors.js'
import {type ElfHead, architectureOf, isElfArchitecture, runsOn} from '../../oci/elf-head.js'
import type {Descriptor} from '../../oci/manifest.js'
import {type Platform, formatPlatform} from '../../oci/platform.js'
import type {LocalImage, Ports} from '../../ports.js'
import type {BuiltImage} from './built-image.js'
import {UnreadLayer, readLayerEntries} from './layer-entries.js'
import {LayerTree, type PlacedEntry, clean} from './layer-tree.js'
import {type StartProgram, interpretersOf, startPrograms} from './start-programs.js'

/** What is done about content of another platform than asked. */
export const PLATFORM_CHECKS = ['error', 'warning', 'off'] as const
export type PlatformCheck = (typeof PLATFORM_CHECKS)[number]

/**
 * How much of an image is read: bytes of its layers as they lie here, as they are fetched from a registry, and without
 * compression; programs and links. Larger layers are passed over, and the log names them.
 */
export interface ContentBound {
  readonly local: number
  readonly fetched: number
  readonly unpacked: number
  readonly entries: number
}

const BOUND: ContentBound = {
  local: 512 * 1024 ** 2,
  fetched: 64 * 1024 ** 2,
  unpacked: 4 * 1024 ** 3,
  entries: 200_000
}

/** A program for another platform, and what leads to it. */
interface ForeignProgram {
  readonly by: string
  readonly path: string
  readonly architecture: string
  readonly layer: number
  /** Whether most machines of the platform that was asked for run it all the same. */
  readonly runsOnMost: boolean
}

/** What the layers of an image say of it. */
export interface ContentFinding {
  /** The first program that counts and is for another platform. */
  readonly foreign?: ForeignProgram
  /** Layers that were not read, and why. */
  readonly unread: readonly string[]
}

/**
 * Makes sure that an image runs on the platform that its config names. A base that is pinned by the digest of another platform,
 * or a stage of the builder's own platform, leaves a config of the one and programs of the other, and builders say nothing.
 *
 * Only what a container starts with counts: ENTRYPOINT, CMD, HEALTHCHECK and SHELL, through links, `#!` lines and the words of
 * `sh -c`, and the loader that such a program names. Firmware, fixtures, emulators, cross compilers and libraries for other
 * machines are data of the image wherever else they lie. Where an image starts nothing, the programs in its folders for
 * programs count, and only if none of them is of the platform. Layers are read from the uppermost down, and no further than needed.
 * @throws ReleaseError PLATFORM_MISMATCH, with the program, its layer and what to do
 */
export function assertContentPlatform(
  content: ContentFinding | undefined,
  built: BuiltImage,
  check: PlatformCheck,
  {reporter}: Pick<Ports, 'reporter'>
): void {
  if (content === undefined) return
  const {platform} = built.config
  const {foreign, unread} = content
  for (const layer of unread) reporter.info(`What platform the programs are of: not looked at is ${layer}.`)
  if (foreign === undefined) return
  const message = describe(foreign, built, platform)
  if (foreign.runsOnMost) {
    reporter.notice(`${message}; most machines of ${formatPlatform(platform)} run it all the same`)
    return
  }
  if (check === 'warning') reporter.warning(message)
  else throw new ReleaseError('PLATFORM_MISMATCH', message, {hint: HINT})
}

const HINT =
  'Pin a base image by the digest of its index, not of one platform, and let the stage that makes the program build for $TARGETPLATFORM. If it is meant, set platform-check to warning or off.'

function describe(
  {by, path, architecture, layer}: ForeignProgram,
  {config, document}: BuiltImage,
  platform: Platform
): string {
  const {createdBy} = config.layers[layer] ?? {}
  const from = createdBy === undefined ? '' : ` (${createdBy.slice(0, 200)})`
  return `the image is for ${formatPlatform(platform)}, but ${by} leads to /${path}, a program for ${architecture}, which came with layer ${layer + 1} of ${document.layers.length}, ${document.layers[layer]?.digest ?? ''}${from}`
}

/** What the layers say of an image; undefined where they are not to be looked at, or say nothing of its platform. */
export async function findContent(
  image: LocalImage,
  built: BuiltImage,
  check: PlatformCheck,
  signal: AbortSignal
): Promise<ContentFinding | undefined> {
  const {os, architecture} = built.config.platform
  if (check === 'off' || os === 'windows' || !isElfArchitecture(architecture)) return undefined
  return await findForeignProgram(image, built, signal)
}

/** Reads layers from the uppermost down until it is known what all that must be there is. */
export async function findForeignProgram(
  image: LocalImage,
  built: BuiltImage,
  signal: AbortSignal,
  bound: ContentBound = BOUND
): Promise<ContentFinding> {
  const tree = new LayerTree(bound.entries)
  const left = {...bound}
  const unread: string[] = []
  const starts = new Starts(tree, built)
  const layers = [...built.document.layers.entries()].reverse()
  for (const [at, layer] of layers) {
    const fault = await addLayer({image, layer, at, tree, left, signal})
    if (fault !== undefined) unread.push(`layer ${at + 1} of ${layers.length}, ${layer.digest}: ${fault}`)
    const foreign = starts.foreign()
    if (foreign !== undefined) return {foreign, unread}
    if (starts.isKnown()) return {unread}
  }
  const foreign = starts.isAnyKnown() ? undefined : starts.foreignAmongAll()
  return {unread, ...(foreign === undefined ? {} : {foreign})}
}

interface LayerReading {
  readonly image: LocalImage
  readonly layer: Descriptor
  readonly at: number
  readonly tree: LayerTree
  readonly left: {local: number; fetched: number; unpacked: number; entries: number}
  readonly signal: AbortSignal
}

/** Returns why a layer could not be read; what one has that nobody can read hides nothing. */
async function addLayer({image, layer, at, tree, left, signal}: LayerReading): Promise<string | undefined> {
  const blob = image.blob(layer.digest)
  const kind = blob.file === undefined ? 'fetched' : 'local'
  if (tree.isFull) return `the layers above it have ${left.entries} programs and links`
  if (blob.size > left[kind])
    return kind === 'local'
      ? `${blob.size} bytes are more than are read`
      : `${blob.size} bytes are more than are fetched again from the registry`
  left[kind] -= blob.size
  try {
    tree.addBelow(at, await readLayerEntries(blob, {bytes: left.unpacked, entries: left.entries}, signal))
    return undefined
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof UnreadLayer) return cause.message
    return `it is no tar: ${messageOf(cause)}`
  }
}

/** What an image starts with, looked for in what is known of its layers. */
class Starts {
  readonly #tree: LayerTree
  readonly #built: BuiltImage
  readonly #programs: readonly StartProgram[]

  constructor(tree: LayerTree, built: BuiltImage) {
    this.#tree = tree
    this.#built = built
    this.#programs = startPrograms(built.config.start)
  }

  /** Whether every program that must be there is found, to the last interpreter. */
  isKnown(): boolean {
    const needed = this.#programs.filter(({isNeeded}) => isNeeded)
    return needed.length > 0 && needed.every(({places}) => this.#follow(places).isComplete)
  }

  isAnyKnown(): boolean {
    return this.#programs.some(({places}) => this.#follow(places).programs.length > 0)
  }

  foreign(): ForeignProgram | undefined {
    const found = this.#programs.flatMap(({by, places}) =>
      this.#follow(places).programs.flatMap(placed => this.#foreignOf(placed, by))
    )
    return found.find(({runsOnMost}) => !runsOnMost) ?? found[0]
  }

  /** Where nothing is started: the first program where not one is of the platform. */
  foreignAmongAll(): ForeignProgram | undefined {
    const {path} = this.#built.config.start
    const programs = [...this.#tree.programs(new Set(['.', ...path.map(clean)]))]
    const foreign = programs.flatMap(placed => this.#foreignOf(placed, 'every program that it has'))
    return foreign.length === programs.length && foreign.every(({runsOnMost}) => !runsOnMost)
      ? foreign[0]
      : undefined
  }

  /** The program at one of the places, and what it needs itself. */
  #follow(places: readonly string[], depth = 0): {programs: PlacedEntry[]; isComplete: boolean} {
    const placed = places.map(place => this.#tree.find(place)).find(each => each !== undefined)
    if (placed === undefined || depth > MOST_INTERPRETERS) return {programs: [], isComplete: false}
    const {entry} = placed
    if (entry.kind === 'program') {
      const loader = entry.head.loader === undefined ? undefined : this.#tree.find(entry.head.loader)
      return {programs: [placed, ...(loader?.entry.kind === 'program' ? [loader] : [])], isComplete: true}
    }
    if (entry.kind !== 'script') return {programs: [], isComplete: true}
    const parts = interpretersOf(entry.line, this.#built.config.start).map(each =>
      this.#follow(each, depth + 1)
    )
    return {
      programs: parts.flatMap(({programs}) => programs),
      isComplete: parts.every(({isComplete}) => isComplete)
    }
  }

  #foreignOf({path, entry, layer}: PlacedEntry, by: string): ForeignProgram[] {
    if (entry.kind !== 'program') return []
    const architecture = architectureOf(entry.head satisfies ElfHead)
    const runs = runsOn(architecture, this.#built.config.platform.architecture)
    return runs === 'same' ? [] : [{by, path, architecture, layer, runsOnMost: runs === 'most'}]
  }
}

/** Interpreters of interpreters (execve(2)). */
const MOST_INTERPRETERS = 4
