import {ReleaseError} from '../errors.js'
import {type Platform, normalisePlatform} from './platform.js'
import {objectIn, parseJson} from '../shared/json.js'

/** What the config of an image says (image-spec config.md; `Healthcheck` is Docker's field). */
export interface ImageConfig {
  readonly platform: Platform
  readonly labels: Readonly<Record<string, string>>
  readonly hasHealthcheck: boolean
  /** When it was built, as it says: RFC 3339. */
  readonly created?: string
  /** From the lowest up. */
  readonly layers: readonly ConfigLayer[]
  readonly start: StartCommands
}

/** What a container of the image runs (image-spec config.md; `Shell` and `Healthcheck` are Docker's fields). */
export interface StartCommands {
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
  readonly shell: readonly string[]
  /** `CMD` or `CMD-SHELL`, and what follows it. */
  readonly healthcheck: readonly string[]
  /** The folders of PATH. */
  readonly path: readonly string[]
  readonly workingFolder: string
}

/** PATH where the image sets none (moby and podman, DefaultPathEnv). */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** A config holds history, environment and labels; none of this size is meant. */
export const MAX_CONFIG_SIZE = 8 * 1024 * 1024

/** A layer as the config knows it. */
export interface ConfigLayer {
  /** The digest of the layer without compression. */
  readonly diffId: string
  /** The instruction that made it; absent where the history does not say. */
  readonly createdBy?: string
}

/**
 * Reads the config of an image.
 * @throws ReleaseError MANIFEST_INVALID where it is not one
 */
export function readImageConfig(bytes: Uint8Array): ImageConfig {
  const document = objectIn(parseJson(Buffer.from(bytes).toString('utf8'), notJson))
  const {os, architecture, variant, created} = document
  if (typeof os !== 'string' || os === '' || typeof architecture !== 'string' || architecture === '')
    throw new ReleaseError('MANIFEST_INVALID', 'the config of the image names no os and architecture')
  const runtime = objectIn(document['config'])
  const labels = Object.entries(objectIn(runtime['Labels'])).filter(([, value]) => typeof value === 'string')
  return {
    platform: normalisePlatform({
      os,
      architecture,
      ...(typeof variant === 'string' && variant ? {variant} : {}),
      ...versionOf(document)
    }),
    labels: Object.fromEntries(labels) as Record<string, string>,
    hasHealthcheck: Object.keys(objectIn(runtime['Healthcheck'])).length > 0,
    ...(typeof created === 'string' ? {created} : {}),
    layers: layersOf(document),
    start: startOf(runtime)
  }
}

function startOf(runtime: Readonly<Record<string, unknown>>): StartCommands {
  const words = (value: unknown): string[] => asList(value).filter(each => typeof each === 'string')
  const path = words(runtime['Env']).find(line => line.startsWith('PATH='))
  const folder = runtime['WorkingDir']
  return {
    entrypoint: words(runtime['Entrypoint']),
    cmd: words(runtime['Cmd']),
    shell: words(runtime['Shell']),
    healthcheck: words(objectIn(runtime['Healthcheck'])['Test']),
    path: (path?.slice('PATH='.length) || DEFAULT_PATH).split(':').filter(Boolean),
    workingFolder: typeof folder === 'string' && folder !== '' ? folder : '/'
  }
}

/** Windows names its build (image-spec config.md, `os.version` and `os.features`). */
function versionOf(
  document: Readonly<Record<string, unknown>>
): Pick<Platform, 'os.version' | 'os.features'> {
  const {'os.version': version} = document
  const features = asList(document['os.features']).filter(feature => typeof feature === 'string')
  return {
    ...(typeof version === 'string' && version ? {'os.version': version} : {}),
    ...(features.length === 0 ? {} : {'os.features': features})
  }
}

/** Each entry of the history that is not empty made one layer (image-spec config.md, `history`). */
function layersOf(document: Readonly<Record<string, unknown>>): ConfigLayer[] {
  const made = asList(document['history'])
    .map(objectIn)
    .filter(entry => entry['empty_layer'] !== true)
  const diffIds = asList(objectIn(document['rootfs'])['diff_ids'])
  return diffIds
    .filter(diffId => typeof diffId === 'string')
    .map((diffId, at) => {
      const createdBy = made.length === diffIds.length ? made[at]?.['created_by'] : undefined
      return {diffId, ...(typeof createdBy === 'string' && createdBy !== '' ? {createdBy} : {})}
    })
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function notJson(cause: unknown): ReleaseError {
  return new ReleaseError('MANIFEST_INVALID', 'the config of the image is not JSON', {cause})
}
