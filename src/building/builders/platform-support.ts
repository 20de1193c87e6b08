import os from 'node:os'
import path from 'node:path'
import {readForeignFileSync} from '../../shared/foreign-file.js'
import {type Platform, formatPlatform, parsePlatform} from '../../oci/platform.js'
import type {BuildxNode} from './buildx-instance.js'

/** How a builder runs the programs of a platform. */
export interface PlatformSupport {
  /** `none`: a step that runs something fails; `unknown`: nobody can tell before the build. */
  readonly how: 'native' | 'emulated' | 'none' | 'unknown'
  /** By what, for people: `node arm-1 of buildx`, `qemu-aarch64`. */
  readonly by: string
}

/** Where Linux lists who runs programs of other architectures (docs.kernel.org, "Kernel Support for miscellaneous Binary Formats"). */
const EMULATORS = '/proc/sys/fs/binfmt_misc'

/** What QEMU calls the architectures that the specification takes from Go (qemu-binfmt-conf.sh). */
const QEMU_NAMES: Readonly<Record<string, string>> = {
  '386': 'i386',
  amd64: 'x86_64',
  arm64: 'aarch64',
  loong64: 'loongarch64',
  mips64le: 'mips64el',
  mipsle: 'mipsel'
}

/** Architectures whose processors run programs of another, too. */
const RUNS_ALSO: Readonly<Record<string, readonly string[]>> = {amd64: ['386'], arm64: ['arm']}

/** What this machine runs, for builders that build on it: podman and buildah. */
export function supportOfMachine(platform: Platform, folder = EMULATORS): PlatformSupport {
  // On other systems the builder is in a virtual machine, which does not tell.
  if (os.platform() !== 'linux') return {how: 'unknown', by: `a machine of ${os.platform()}`}
  const machine = parsePlatform(`linux/${machineArchitecture()}`)
  if (isRunBy(machine, platform)) return {how: 'native', by: 'this machine'}
  const emulator = `qemu-${QEMU_NAMES[platform.architecture] ?? platform.architecture}`
  const isThere = isEnabled(path.join(folder, emulator))
  return isThere
    ? {how: 'emulated', by: emulator}
    : {how: 'none', by: `this machine is ${machine.architecture}, and no ${emulator} is registered`}
}

/**
 * What the nodes of an instance of buildx run: each lists its own platform first (moby/buildkit, util/archutil). buildx takes
 * the first node that a person named for the platform, else the first that lists it, be it by emulation
 * (docker/buildx, build/driver.go, as of 0.33).
 */
export function supportOfNodes(platform: Platform, nodes: readonly BuildxNode[]): PlatformSupport {
  const known = nodes.filter(({platforms}) => platforms.length > 0)
  if (known.length === 0) return {how: 'unknown', by: 'nodes that do not say what they run'}
  const taken =
    known.find(({named}) => named.some(one => isSame(one, platform))) ??
    known.find(({platforms}) => platforms.some(one => isSame(one, platform))) ??
    known.find(({platforms}) => platforms.some(one => isRunBy(one, platform)))
  if (taken === undefined)
    return {how: 'none', by: `none of the nodes ${known.map(({name}) => name).join(', ')} runs it`}
  if (isOf(taken, platform)) return {how: 'native', by: `node ${taken.name}`}
  const better = known.find(node => isOf(node, platform))
  return {how: 'emulated', by: `node ${taken.name}${better === undefined ? '' : adviceFor(better, platform)}`}
}

function adviceFor({name}: BuildxNode, platform: Platform): string {
  return `; node ${name} is of that platform, and buildx takes it where it was made with docker buildx create --append --platform ${formatPlatform(platform)}`
}

/** Whether it is the platform of the node itself. */
function isOf({platforms: [first]}: BuildxNode, platform: Platform): boolean {
  return first !== undefined && isRunBy(first, platform)
}

function isSame(one: Platform, {os: system, architecture, variant}: Platform): boolean {
  const isVariant = one.variant === undefined || variant === undefined || one.variant === variant
  return one.os === system && one.architecture === architecture && isVariant
}

function isRunBy(machine: Platform, {os: system, architecture}: Platform): boolean {
  if (machine.os !== system) return false
  return (
    machine.architecture === architecture || RUNS_ALSO[machine.architecture]?.includes(architecture) === true
  )
}

function machineArchitecture(): string {
  const name = os.machine()
  if (/^i[3-6]86$/.test(name)) return '386'
  return name.startsWith('armv') ? 'arm' : name
}

function isEnabled(file: string): boolean {
  try {
    return /^enabled$/m.test(readForeignFileSync(file, 4096).toString('utf8'))
  } catch {
    return false
  }
}
