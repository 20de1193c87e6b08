import type {InputIssue} from '../../errors.js'
import type {BuilderProgram} from './builder-name.js'
import {isAtLeast} from './builder-version.js'

/** From which version on a builder does what is asked for; `all` that are taken here, or `none`. */
type Since = 'all' | 'none' | `${number}.${number}.${number}`

/** Something that an input may ask of a builder. */
export interface SupportRow {
  /** The inputs that ask for it, as the documentation names them. */
  readonly inputs: readonly string[]
  /** What is meant of them, where it is not all. */
  readonly of?: string
  readonly buildx: Since
  readonly buildah: Since
  readonly podman: Since
  /** The version of BuildKit that it needs. */
  readonly buildkit?: Since
  /** What to do with a builder that does not know it. */
  readonly advice?: string
}

/**
 * What the inputs of build-by-digest ask of each builder. What a builder does not know is refused before the build, and `auto`
 * takes none of those. docs/builds.md is made of it. Flags: buildah-build(1), podman-build(1), docker buildx build.
 */
export const SUPPORT = {
  'add-hosts': every('add-hosts'),
  allow: onlyBuildx(
    'allow',
    'It is an entitlement of BuildKit. For the network of the host set network to host.'
  ),
  annotations: {...every('annotations'), of: 'of the manifest, in format oci'},
  attests: {
    ...onlyBuildx('attests', 'Attach an SBOM or provenance to the published image instead.'),
    buildkit: '0.11.0'
  },
  'build-args': every('build-args'),
  'build-contexts': every('build-contexts'),
  'cgroup-parent': every('cgroup-parent'),
  compression: {inputs: ['compression'], of: 'gzip and zstd', buildx: 'all', buildah: 'all', podman: 'all'},
  'compression-level': {inputs: ['compression-level'], buildx: 'all', buildah: 'all', podman: '5.0.0'},
  estargz: onlyBuildx('compression', 'Set it to zstd or gzip.', 'estargz'),
  export: onlyBuildx('export', 'buildx alone pushes by digest: set it to auto or layout.', 'native'),
  'github-token': onlyBuildx(
    'github-token',
    'Check the repository out first, and build the folder.',
    'for a context or an ADD from a private repository'
  ),
  'here-documents': {
    inputs: ['file'],
    of: 'here-documents in it',
    buildx: 'all',
    buildah: '1.33.0',
    podman: '4.8.0'
  },
  labels: every('labels'),
  network: every('network'),
  'no-cache': every('no-cache'),
  'no-cache-filters': onlyBuildx('no-cache-filters', 'Set no-cache, which builds all stages anew.'),
  provenance: {
    ...onlyBuildx('provenance', 'Let merge-manifest attest the release (attest: true), or set it to false.'),
    buildkit: '0.11.0'
  },
  pull: every('pull'),
  sbom: {
    ...onlyBuildx('sbom', 'Let sbom-command attach one that a tool makes, or set it to false.'),
    buildkit: '0.11.0'
  },
  secrets: {...every('secrets'), inputs: ['secrets', 'secret-envs', 'secret-files']},
  'shm-size': every('shm-size'),
  ssh: every('ssh'),
  target: every('target'),
  ulimit: every('ulimit')
} as const satisfies Readonly<Record<string, SupportRow>>

/** One of them. */
export type Feature = keyof typeof SUPPORT

/** A builder as far as it decides what it can do. */
export interface BuilderVersion {
  readonly name: BuilderProgram
  readonly version: string
  /** That of BuildKit behind buildx; undefined where it does not tell. */
  readonly buildkit?: string | undefined
}

/** What a builder cannot do of what is asked for: the input, why, and who can. */
export function missingFeatures(builder: BuilderVersion, asked: readonly Feature[]): InputIssue[] {
  return asked.flatMap(feature => {
    const row: SupportRow = SUPPORT[feature]
    const lack = lackOf(builder, row)
    if (lack === undefined) return []
    const what = row.of === undefined ? 'it' : `it (${row.of})`
    const advice = row.advice === undefined ? '' : ` ${row.advice}`
    return [{input: row.inputs[0] ?? feature, message: lack.replace('IT', what) + advice}]
  })
}

function lackOf({name, version, buildkit}: BuilderVersion, row: SupportRow): string | undefined {
  const since = row[name]
  if (since === 'none') return `${name} has nothing like IT, only ${othersOf(name, row)}.`
  if (since !== 'all' && !isAtLeast(version, since))
    return `${name} knows IT from ${since} on, and this is ${version}; so does ${othersOf(name, row)}.`
  const needed = row.buildkit
  if (name !== 'buildx' || needed === undefined || needed === 'all' || needed === 'none') return undefined
  return buildkit === undefined || isAtLeast(buildkit, needed)
    ? undefined
    : `BuildKit knows IT from ${needed} on, and that of this builder is ${buildkit}.`
}

function othersOf(name: BuilderProgram, row: SupportRow): string {
  const others = (['buildx', 'buildah', 'podman'] as const).filter(
    other => other !== name && row[other] !== 'none'
  )
  return others.map(other => (row[other] === 'all' ? other : `${other} ${row[other]}`)).join(' or ')
}

function every(input: string): SupportRow {
  return {inputs: [input], buildx: 'all', buildah: 'all', podman: 'all'}
}

function onlyBuildx(input: string, advice: string, of?: string): SupportRow {
  return {
    inputs: [input],
    ...(of === undefined ? {} : {of}),
    buildx: 'all',
    buildah: 'none',
    podman: 'none',
    advice
  }
}
