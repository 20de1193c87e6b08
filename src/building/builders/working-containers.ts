import {randomUUID} from 'node:crypto'
import {readdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {readForeignFileSync} from '../../shared/foreign-file.js'
import type {BuilderPorts} from './builder.js'
import type {SecretPlace} from './build-secrets.js'
import type {PodmanName} from './podman-arguments.js'

/** Bytes of what is kept of a container. */
const MAX_DESCRIPTION = 4 * 1024 * 1024

/** How each program tells where its storage is, and how it takes working containers away, those of others too. */
const COMMANDS: Readonly<Record<PodmanName, {readonly place: string; readonly remove: readonly string[]}>> = {
  buildah: {place: '{{.store.GraphRoot}}\n{{.store.GraphDriverName}}', remove: ['rm']},
  podman: {place: '{{.Store.GraphRoot}}\n{{.Store.GraphDriverName}}', remove: ['rm', '--force']}
}

/**
 * Marks a build: a secret that no step asks for. Its name is written into what the builder keeps of each working container
 * (buildah.json, `CommonBuildOpts`), and says whose it is where others build in the same storage.
 */
export function buildMark(outputFolder: string): SecretPlace {
  const file = path.join(outputFolder, 'build-mark')
  writeFileSync(file, '')
  return {id: `image-release-build-${randomUUID()}`, from: {file}}
}

/**
 * Takes the working containers of a build away that was ended: both programs leave them then, as one that copies or pulls
 * cannot be made to clear up. What cannot be taken away is said in the log.
 */
export async function removeWorkingContainers(
  name: PodmanName,
  mark: string,
  {exec, reporter}: Pick<BuilderPorts, 'exec' | 'reporter'>
): Promise<void> {
  const {place, remove} = COMMANDS[name]
  try {
    const {stdout} = await exec(name, ['info', '--format', place], {isClearing: true})
    const [root = '', driver = ''] = stdout.trim().split('\n')
    const ids = containersOf(path.join(root, `${driver}-containers`), mark)
    if (ids.length === 0) return
    const {exitCode, stderr} = await exec(name, [...remove, ...ids], {isClearing: true})
    if (exitCode !== 0) reporter.warning(`Working containers of the build are left: ${stderr.trim()}`)
  } catch (error) {
    reporter.debug(`${name} does not say which working containers it has: ${String(error)}`)
  }
}

/** The containers of a storage whose description has a mark. */
function containersOf(folder: string, mark: string): string[] {
  return readdirSync(folder, {withFileTypes: true}).flatMap(entry => {
    if (!entry.isDirectory()) return []
    try {
      const file = path.join(folder, entry.name, 'userdata', 'buildah.json')
      return readForeignFileSync(file, MAX_DESCRIPTION).includes(mark) ? [entry.name] : []
    } catch {
      return []
    }
  })
}
