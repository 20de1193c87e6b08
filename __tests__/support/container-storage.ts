import {spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {componentPathWith, findComponent} from './components.js'

/** A storage of images for podman and buildah that nothing else uses. */
export interface ContainerStorage {
  /** The variables that lead both programs there. */
  readonly env: Readonly<Record<string, string>>
  /**
   * A script that is podman with this storage said by flags: podman hands those on to what cleans up behind a container,
   * which it waits for, and not what its configuration says.
   */
  readonly podman: string
  remove(): void
}

/**
 * Makes an empty storage in a temporary folder. RUN is isolated by chroot, which works in containers, too.
 * @param isRecent whether the programs beside those of the system are to be used
 */
export function makeContainerStorage({isRecent = false} = {}): ContainerStorage {
  const folder = mkdtempSync(path.join(tmpdir(), 'store-'))
  const at = (name: string): string => path.join(folder, name)
  mkdirSync(at('run'))
  writeFileSync(at('storage.conf'), storageConfiguration(storageDriver(), at('root'), at('run')))
  writeFileSync(at('containers.conf'), containersConfiguration(at('tmp'), isRecent))
  return {
    env: {
      CONTAINERS_STORAGE_CONF: at('storage.conf'),
      CONTAINERS_CONF: at('containers.conf'),
      BUILDAH_ISOLATION: 'chroot',
      PODMAN_IGNORE_CGROUPSV1_WARNING: '1',
      ...(isRecent ? {PATH: componentPathWith('recent')} : {})
    },
    podman: `exec ${findComponent('podman') ?? 'podman'} --root ${at('root')} --runroot ${at('run')} --storage-driver ${storageDriver()} --tmpdir ${at('tmp')} "$@"`,
    remove: () => {
      // The driver overlay leaves its folder mounted on itself, and a build that was ended what it stood on.
      const mounts = readFileSync('/proc/self/mounts', 'utf8')
        .split('\n')
        .flatMap(line => line.split(' ')[1] ?? [])
        .filter(place => place.startsWith(`${folder}/`))
      for (const place of mounts.reverse()) spawnSync('umount', ['--lazy', place])
      rmSync(folder, {recursive: true, force: true})
    }
  }
}

/** A storage.conf with the storage in folders of its own. */
export function storageConfiguration(kind: 'overlay' | 'vfs', root: string, run: string): string {
  return `[storage]\ndriver = "${kind}"\ngraphroot = "${root}"\nrunroot = "${run}"\n`
}

/** A containers.conf for engines that keep what is temporary in this folder. */
export function containersConfiguration(tmp: string, isRecent = false): string {
  return [...containerLines(isRecent), ...engineLines(tmp), ...runtimeLines()].join('\n')
}

/** podman 5 tries to raise limits that it is not told, and is built here without seccomp. */
function containerLines(isRecent: boolean): string[] {
  const recent = [
    'default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]',
    'seccomp_profile = "unconfined"'
  ]
  return ['[containers]', 'netns = "host"', ...(isRecent ? recent : [])]
}

function engineLines(tmp: string): string[] {
  return ['[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"', `tmp_dir = "${tmp}"`]
}

/** What containers are started with, where a machine does not let a runtime raise limits. */
function runtimeLines(): string[] {
  const runtime = findComponent('runc-nores')
  if (runtime === undefined) return []
  return ['runtime = "runc-nores"', `[engine.runtimes]\nrunc-nores = ["${runtime}"]`]
}

/** The magic number of overlayfs, which cannot lie on itself. */
const OVERLAYFS = 0x794c7630

/** overlay is twice as fast, but needs root and a file system of another kind below it. */
export function storageDriver(): 'overlay' | 'vfs' {
  const isRoot = process.getuid?.() === 0
  return isRoot && statfsSync(tmpdir()).type !== OVERLAYFS ? 'overlay' : 'vfs'
}
