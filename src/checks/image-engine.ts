import {ReleaseError, messageOf} from '../errors.js'
import type {Exec, ExecResult} from '../ports.js'

/** Programs that run containers, or can at least open an image. */
export const ENGINES = ['docker', 'podman', 'buildah'] as const
export type EngineName = (typeof ENGINES)[number]

/** What an input may say: one of them, the first that works here, or none, which leaves it to the layout. */
export const ENGINE_WISHES = ['auto', ...ENGINES, 'none'] as const

/** Which program is to have the image. */
export type EngineSelection = Exclude<(typeof ENGINE_WISHES)[number], 'none'>

/** What shows that a program works here: docker needs its daemon. */
const PROBES: Readonly<Record<EngineName, readonly string[]>> = {
  docker: ['version', '--format', '{{.Server.Version}}'],
  podman: ['version', '--format', '{{.Client.Version}}'],
  buildah: ['--version']
}

/**
 * Finds the program that an image is loaded into; undefined where there is none and none was named.
 * @param lines what is to find the image: a program that they call comes before others
 * @throws ReleaseError BUILDER_MISSING where the one that was named does not work
 */
export async function findEngine(
  wish: EngineSelection,
  exec: Exec,
  lines = ''
): Promise<EngineName | undefined> {
  const names = wish === 'auto' ? calledFirst(lines) : [wish]
  const faults: string[] = []
  for (const name of names) {
    const fault = await faultOf(name, exec)
    if (fault === undefined) return name
    faults.push(fault)
  }
  if (wish === 'auto') return undefined
  throw new ReleaseError('BUILDER_MISSING', `the image is to be loaded into ${wish}: ${faults.join('; ')}`, {
    hint: `Start ${wish}, or set load-into to auto or none.`
  })
}

/** A machine may have several, and none finds the images of another. */
function calledFirst(lines: string): EngineName[] {
  const isCalled = (name: EngineName): boolean =>
    new RegExp(`(?<![\\w.-]|\\./)${name}(?![\\w./-])`).test(lines)
  return [...ENGINES.filter(isCalled), ...ENGINES.filter(name => !isCalled(name))]
}

async function faultOf(name: EngineName, exec: Exec): Promise<string | undefined> {
  try {
    const {exitCode, stderr} = await exec(name, PROBES[name])
    return exitCode === 0 ? undefined : stderr.trim() || `it ends with ${exitCode}`
  } catch (error) {
    return messageOf(error)
  }
}

/**
 * Loads an archive of `docker save`, which names its image.
 * @throws ReleaseError LAYOUT_INVALID, with what the program says
 */
export async function loadImage(
  engine: EngineName,
  {archive, name}: {readonly archive: string; readonly name: string},
  exec: Exec
): Promise<void> {
  const args =
    engine === 'buildah' ? ['pull', '--quiet', `docker-archive:${archive}`] : ['load', '--input', archive]
  const loaded = await loadPatiently(async () => await exec(engine, args))
  assertEnded(engine, loaded)
  // It names what it pulls only where it comes from a registry.
  if (engine === 'buildah')
    assertEnded(engine, await exec(engine, ['tag', loaded.stdout.trim().split('\n').at(-1) ?? '', name]))
}

/** How often an image is loaded where another job of the machine takes layers away that it would have shared. */
const LOADS = 4

/** Jobs that share a storage take each other's layers away between two looks (podman 4.3): loaded again, they are there. */
async function loadPatiently(load: () => Promise<ExecResult>): Promise<ExecResult> {
  for (let tries = 1; ; tries++) {
    const loaded = await load()
    if (tries === LOADS || !/layer not known|image not known/.test(loaded.stderr)) return loaded
  }
}

/** Takes the name away, and the image with it unless a container uses it. Never fails: it was only borrowed. */
export async function unloadImage(engine: EngineName, name: string, exec: Exec): Promise<void> {
  const verb = engine === 'buildah' ? ['rmi'] : ['image', 'rm']
  await exec(engine, [...verb, name], {isClearing: true}).catch(() => undefined)
}

function assertEnded(engine: EngineName, {exitCode, stderr}: ExecResult): void {
  if (exitCode === 0) return
  throw new ReleaseError('LAYOUT_INVALID', `${engine} does not load the image: ${stderr.trim()}`, {
    hint: 'Look for room on its disk; load-into: none tests without it.'
  })
}
