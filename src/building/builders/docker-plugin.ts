import {accessSync, constants, statSync} from 'node:fs'
import path from 'node:path'
import type {Ports} from '../../ports.js'
import {dockerFolder} from '../../registry/auth/docker-config.js'
import {readBeginningSync} from '../../shared/foreign-file.js'

/** Where docker looks for its plugins behind the user's own folder (docker/cli, manager_unix.go, 2026-11). */
const SYSTEM_FOLDERS = [
  '/usr/local/lib/docker/cli-plugins',
  '/usr/local/libexec/docker/cli-plugins',
  '/usr/lib/docker/cli-plugins',
  '/usr/libexec/docker/cli-plugins'
]

/** Bytes of a configuration that are looked at. */
const MOST_CONFIG = 1024 * 1024

/**
 * The program behind `docker NAME`, as docker itself would find it; undefined where only docker knows. docker starts each of
 * its plugins to find out which there are, and then the one that is called: a tenth of a second, once to ask and once to build.
 *
 * A `docker` that is a script may set something up first, or lead to podman: it is called as it is. So is one whose
 * configuration names further folders for plugins. On Windows docker has another name, and is called, too.
 */
export function dockerPlugin(
  name: string,
  {environment}: Pick<Ports, 'environment'>,
  systemFolders: readonly string[] = SYSTEM_FOLDERS
): string | undefined {
  const docker = firstProgram('docker', (environment('PATH') ?? '').split(path.delimiter))
  if (docker === undefined) return undefined
  const own = dockerFolder({HOME: environment('HOME'), DOCKER_CONFIG: environment('DOCKER_CONFIG')})
  const config = own === undefined ? '' : beginningOf(path.join(own, 'config.json'), MOST_CONFIG)
  if (beginningOf(docker, 2) === '#!' || config.includes('"cliPluginsExtraDirs"')) return undefined
  const folders = [...(own === undefined ? [] : [path.join(own, 'cli-plugins')]), ...systemFolders]
  return firstProgram(`docker-${name}`, folders)
}

function firstProgram(name: string, folders: readonly string[]): string | undefined {
  return folders
    .filter(Boolean)
    .map(folder => path.join(folder, name))
    .find(isProgram)
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

/** Nothing of what cannot be read: docker says what is wrong with it. */
function beginningOf(file: string, most: number): string {
  try {
    return readBeginningSync(file, most).toString('latin1')
  } catch {
    return ''
  }
}
