import {parseBuilderWish} from '../builders/builder-wish.js'
import {COMPRESSIONS, type CompressionFormat} from '../builders/compression.js'
import {PLATFORM_CHECKS} from '../builders/platform-content.js'
import {parseImageSource} from '../builders/image-source.js'
import {InputError} from '../../errors.js'
import {parseAnnotation} from './annotation.js'
import {parseBuildArgument} from './build-argument.js'
import {type InputValues, choice, entries, flag, list, parsed, text} from '../../command/input.js'
import {parseEntry} from '../../command/key-value.js'
import {parsePlatform} from '../../oci/platform.js'
import {builderInputs} from './builder-inputs.js'
import {cacheInputs} from './cache-inputs.js'
import {gateInputs} from './gate-inputs.js'
import {refusedInputs} from './refused-inputs.js'
import {insecure, registryCredentials} from '../../registry/registry-inputs.js'
import {config, images, plan} from '../../command/shared-inputs.js'

/** The inputs of build-by-digest. */
export const buildInputs = {
  context: text({
    summary: 'The folder to build, or a Git address. Default: what the plan says, else the current folder.',
    placeholder: 'PATH|URL'
  }),
  file: text({
    summary:
      'The Containerfile. Default: what the plan says, else Containerfile, then Dockerfile, in the context.',
    placeholder: 'PATH'
  }),
  target: text({
    summary: 'The stage of the Containerfile to build. Default: what the plan says, else the last.',
    placeholder: 'STAGE'
  }),
  platforms: list(
    {
      summary:
        'The platform to build. With a plan it may be several, built one after the other; where the plan has only one, it may be left out.',
      placeholder: 'PLATFORM'
    },
    parsePlatform
  ),
  'build-args': entries(
    {
      summary:
        'Arguments of the build, NAME=VALUE, or NAME for the value of a variable, one a line, beside those of the plan; in double quotes one may have several lines. Not for secrets: they stay in the image.'
    },
    parseBuildArgument
  ),
  labels: entries(
    {
      summary:
        'Labels as key=value, one a line, beside those of the plan; in double quotes one may have several lines.',
      placeholder: 'KEY=VALUE'
    },
    parseEntry
  ),
  annotations: entries(
    {
      summary:
        'Annotations of the image as key=value, one a line, beside those of the plan; with manifest[linux/arm64]: in front, of one platform. Those of an index belong to compute-tags.',
      placeholder: 'KEY=VALUE'
    },
    parseAnnotation
  ),
  'no-cache': flag({summary: 'Build every step anew.'}),
  pull: flag({summary: 'Ask the registry for base images even if they are on this machine.'}),
  ...builderInputs,
  ...cacheInputs,
  builder: parsed(
    {
      summary:
        'What to build with: auto (buildx, buildah or podman, what works here), one of these, the name of an instance of buildx, or prebuilt for an image that another tool has built, which source names.',
      placeholder: 'BUILDER',
      default: 'auto'
    },
    parseBuilderWish
  ),
  source: parsed(
    {
      summary:
        'An image that another tool has built: a folder with a layout, an archive, oci:FOLDER:NAME, dir:FOLDER, docker-daemon:IMAGE, containers-storage:IMAGE, docker://REFERENCE or REPOSITORY@DIGEST. Of several platforms the planned one is taken.',
      placeholder: 'SOURCE'
    },
    parseImageSource
  ),
  export: choice(['auto', 'layout', 'native'], {
    summary:
      'How the image leaves the builder. layout: as files here, which go to every registry. native: buildx pushes to the first registry, and the others get it from there. auto: native where that is possible and nothing is to be done with the files, else layout.',
    default: 'auto'
  }),
  format: choice(['oci', 'docker'], {
    summary: 'Media types of the image. podman and buildah keep a HEALTHCHECK in format docker only.',
    default: 'oci'
  }),
  compression: parsed(
    {
      summary:
        'How layers are packed, those of the base included: gzip, zstd (format oci) or estargz (buildx). Default: gzip, and layers of a base as they come.',
      placeholder: COMPRESSIONS.join('|')
    },
    parseCompression
  ),
  'compression-level': parsed(
    {
      summary:
        'The level of compression: 0 to 9 for gzip and estargz, 0 to 22 for zstd. Default: that of the builder.',
      placeholder: 'LEVEL'
    },
    parseLevel
  ),
  'platform-check': choice(PLATFORM_CHECKS, {
    summary:
      'What to do where the programs that the image starts are for another platform than it says, such as those of a base that is pinned by the digest of one platform: error, warning, or off.',
    default: 'error'
  }),
  push: parsed(
    {
      summary: 'false: only build, even where the plan would push. true is the default.',
      placeholder: 'true|false'
    },
    parsePush
  ),
  ...refusedInputs,
  plan,
  'plan-target': text({
    summary: "The plan's name of the image to build. Where the plan has only one, it may be left out.",
    placeholder: 'TARGET'
  }),
  images,
  record: parsed(
    {
      summary: 'The name of the digest record, for use without a plan. Default: digest-<os>-<architecture>.',
      placeholder: 'NAME'
    },
    parseRecordName
  ),
  'hand-over': choice(['artifact', 'either', 'output'], {
    summary:
      'How the digest is handed over: as an artifact of the workflow, in the outputs alone, or either, in the outputs with a warning where the artifact service does not take it. merge-manifest takes outputs as records.',
    default: 'artifact'
  }),
  ...gateInputs,
  insecure,
  config,
  'registry-credentials': registryCredentials
}

/** What the inputs of build-by-digest say. */
export type BuildInputs = InputValues<typeof buildInputs>

function parseRecordName(name: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$/.test(name.trim())) return name.trim()
  const message = `${JSON.stringify(name)} is not the name of a record: letters, digits, "_", "." and "-"`
  throw new InputError([{input: 'record', message}])
}

function parseCompression(value: string): CompressionFormat {
  const found = COMPRESSIONS.find(format => format === value.trim().toLowerCase())
  if (found !== undefined) return found
  const message = `${JSON.stringify(value)} is not one of ${COMPRESSIONS.join(', ')}`
  throw new InputError([{input: 'compression', message}])
}

function parseLevel(value: string): number {
  if (/^\d{1,2}$/.test(value.trim())) return Number(value)
  const message = `${JSON.stringify(value)} is not a whole number from 0 on`
  throw new InputError([{input: 'compression-level', message}])
}

function parsePush(value: string): boolean {
  if (/^(?:true|false)$/i.test(value)) return value.toLowerCase() === 'true'
  throw new InputError([{input: 'push', message: `${JSON.stringify(value)} is neither true nor false`}])
}
