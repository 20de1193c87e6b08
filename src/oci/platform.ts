import {ReleaseError} from '../errors.js'

/** What an image runs on (image-spec image-index.md "platform"). */
export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
  /** The version of Windows, `10.0.17763.5329`: a container runs on the same build of it. */
  readonly 'os.version'?: string
  readonly 'os.features'?: readonly string[]
}

const PART = /^[a-z0-9][a-z0-9_.]*$/

/** Names that people and tools use for an architecture, and the one that the specification takes from Go. */
const ARCHITECTURES: ReadonlyMap<string, readonly [architecture: string, variant?: string]> = new Map([
  ['x86_64', ['amd64']],
  ['x86-64', ['amd64']],
  ['aarch64', ['arm64']],
  ['armhf', ['arm', 'v7']],
  ['armel', ['arm', 'v6']],
  ['i386', ['386']]
] as const)

const KNOWN = new Set(
  '386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm'.split(' ')
)

/**
 * Reads `os/architecture[/variant]`, for example `linux/arm64` or `linux/arm/v7`, and brings it to the one
 * spelling that is compared: arm64/v8 is arm64, amd64/v1 is amd64, arm is arm/v7 (as containerd does).
 * @throws ReleaseError PLATFORM_INVALID
 */
export function parsePlatform(text: string): Platform {
  const parts = text.trim().toLowerCase().split('/')
  const [os, rawArchitecture, variant] = parts
  if (!os || !rawArchitecture || parts.length > 3 || !parts.every(part => PART.test(part.replace('-', '_'))))
    throw new ReleaseError('PLATFORM_INVALID', `${JSON.stringify(text)} is not a platform`, {
      hint: 'A platform is os/architecture or os/architecture/variant, for example linux/amd64.'
    })
  const [architecture, implied] = ARCHITECTURES.get(rawArchitecture) ?? [rawArchitecture]
  if (!KNOWN.has(architecture))
    throw new ReleaseError(
      'PLATFORM_INVALID',
      `${JSON.stringify(text)}: unknown architecture ${rawArchitecture}`,
      {
        hint: `Known are ${[...KNOWN].join(', ')}.`
      }
    )
  return normalisePlatform({os, architecture, ...optionalVariant(variant ?? implied)})
}

/** The one spelling of a platform that is compared and written. */
export function normalisePlatform(platform: Platform): Platform {
  const {os, architecture, variant: written, 'os.version': version, 'os.features': features} = platform
  // Some configs say 7 or 8 where the specification says v7 or v8.
  const variant = architecture.startsWith('arm') ? written?.replace(/^(?=\d)/, 'v') : written
  const isDefault =
    (architecture === 'arm64' && variant === 'v8') || (architecture === 'amd64' && variant === 'v1')
  const implied = architecture === 'arm' ? 'v7' : undefined
  return {
    os,
    architecture,
    ...optionalVariant(isDefault ? undefined : variant || implied),
    ...(version ? {'os.version': version} : {}),
    ...(features !== undefined && features.length > 0 ? {'os.features': features} : {})
  }
}

/** `linux/arm64`, `linux/arm/v7`. */
export function formatPlatform(platform: Platform): string {
  return [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/')
}

/** A platform with all that tells it from others of its kind: `windows/amd64 10.0.17763.5329`. */
export function describePlatform(platform: Platform): string {
  const {'os.version': version, 'os.features': features = []} = platform
  return [formatPlatform(platform), version, ...features].filter(Boolean).join(' ')
}

/** `linux-arm64`, `linux-arm-v7`: a platform in an artifact or file name. */
export function platformSlug(platform: Platform): string {
  return formatPlatform(platform).replaceAll('/', '-')
}

/** Whether two are of one kind; versions of Windows are not compared. */
export function isSamePlatform(a: Platform, b: Platform): boolean {
  return formatPlatform(normalisePlatform(a)) === formatPlatform(normalisePlatform(b))
}

function optionalVariant(variant: string | undefined): {variant?: string} {
  return variant ? {variant} : {}
}
