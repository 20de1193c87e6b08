import {spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {component, findComponent} from '../components.js'
import {containersConfiguration, storageConfiguration, storageDriver} from '../container-storage.js'
import {HOSTED_IMAGES, installImage, writeActions, writeProgram} from './hosted-image.js'

const FIXTURES = path.resolve(import.meta.dirname, '../../fixtures/hosted')

/**
 * What is a matter of this machine, as its memory is: how much garbage programs in Go let grow, and where Node keeps what it
 * compiled.
 */
export const OF_THIS_MACHINE: Readonly<Record<string, string>> = Object.fromEntries(
  ['GOGC', 'NODE_COMPILE_CACHE'].flatMap(name => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value]]
  })
)

/** What tests put on the machines beside what every hosted image has. */
export interface MachineOptions {
  /** Texts of shell scripts that stand in for programs of the image. */
  readonly programs?: Readonly<Record<string, string>>
  /** What installing steps bring: the text of a shell script, or the path of a real program. */
  readonly tools?: Readonly<Record<string, string>>
  /** The address of docker's daemon. */
  readonly docker?: string
  /** The address of BuildKit, as setup-buildx-action starts one. */
  readonly buildkit?: string
}

/** Hosted machines of all labels; each job that gets one has a home and storages of its own. */
export interface HostedMachines {
  /** The search path of the emulator itself. */
  readonly path: string
  /** Stand-ins for actions of others: the folder of each repository. */
  readonly actions: Readonly<Record<string, string>>
  /** Variables for the steps of a run, which keeps its artifacts in a folder. */
  env(run: string): Readonly<Record<string, string>>
  /** Forgets the homes of jobs that ended. */
  clean(): void
  stop(): void
}

/** Lays out machines in a temporary folder. */
export function hostedMachines(options: MachineOptions): HostedMachines {
  const root = mkdtempSync(path.join(tmpdir(), 'hosted-'))
  const at = (...names: string[]): string => path.join(root, ...names)
  for (const folder of ['tools', 'jobs', 'images']) mkdirSync(at(folder))
  const podman = `exec ${findComponent('podman') ?? 'podman'} --root "$HOME/containers/root" --runroot "$HOME/run/root" --storage-driver ${storageDriver()} --tmpdir "$HOME/run/tmp" "$@"`
  for (const label of HOSTED_IMAGES)
    installImage(at('images', label, 'bin'), label, {podman, ...options.programs})
  writeFileSync(
    at('images/storage.conf'),
    storageConfiguration(storageDriver(), '@HOME@/containers/root', '@HOME@/run/root')
  )
  writeFileSync(at('images/containers.conf'), containersConfiguration('@HOME@/run/tmp'))
  for (const [name, tool] of Object.entries(options.tools ?? {}))
    if (path.isAbsolute(tool)) symlinkSync(tool, at('tools', name))
    else writeProgram(at('tools', name), tool)
  return {
    path: at('images', HOSTED_IMAGES[0], 'bin'),
    actions: writeActions(at('actions')),
    env: run => ({
      HOSTED_IMAGES: at('images'),
      HOSTED_TOOLS: at('tools'),
      HOSTED_JOBS: at('jobs'),
      HOSTED_SETUP: path.join(FIXTURES, 'job-setup.sh'),
      HOSTED_OUTPUTS: path.join(FIXTURES, 'job-outputs.mjs'),
      HOSTED_REVIEW: path.join(FIXTURES, 'job-review.mjs'),
      HOSTED_ARTIFACTS: path.join(run, 'artifacts'),
      HOSTED_BUILDX: findComponent('docker-buildx') ?? '',
      ...(options.docker === undefined ? {} : {DOCKER_HOST: options.docker}),
      ...(options.buildkit === undefined ? {} : {HOSTED_BUILDKIT: options.buildkit}),
      ...OF_THIS_MACHINE,
      BUILDAH_ISOLATION: 'chroot',
      PODMAN_IGNORE_CGROUPSV1_WARNING: '1'
    }),
    clean: () => clean(at('jobs')),
    stop() {
      clean(at('jobs'))
      rmSync(root, {recursive: true, force: true})
    }
  }
}

/** The driver overlay leaves its folder mounted on itself. */
function clean(jobs: string): void {
  for (const home of readdirSync(jobs)) {
    spawnSync('umount', [path.join(jobs, home, 'containers/root/overlay')])
    rmSync(path.join(jobs, home), {recursive: true, force: true})
  }
}

/** A real program for an installing step. */
export function realTool(name: string): string {
  return component(name)
}
