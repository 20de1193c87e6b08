import {accessSync, constants, existsSync, mkdirSync} from 'node:fs'
import path from 'node:path'
import {messageOf} from '../../errors.js'
import {parseCacheFlag} from '../caches/cache-flag.js'
import type {BuilderPorts, CacheFlags} from './builder.js'

/**
 * Leaves out caches in folders that cannot be written: buildx makes the folder before it looks at `ignore-error`, and fails
 * (buildx 0.33, 2026-11). No cache may fail a build.
 */
export function withoutBrokenFolders(
  cache: CacheFlags,
  {reporter}: Pick<BuilderPorts, 'reporter'>
): CacheFlags {
  const to = cache.to.filter(target => {
    const [entry] = parseCacheFlag(target)
    const folder = entry?.type === 'local' ? entry.attributes.get('dest') : undefined
    const fault = folder === undefined ? undefined : folderFault(folder)
    if (fault !== undefined) reporter.warning(`The cache in ${folder ?? ''} is not written: ${fault}`)
    return fault === undefined
  })
  return {...cache, to}
}

/** Why a folder cannot be written; undefined where it can. It is made where it is not there. */
export function folderFault(folder: string): string | undefined {
  try {
    makeFolder(path.resolve(folder))
    accessSync(folder, constants.W_OK)
    return undefined
  } catch (cause) {
    return messageOf(cause)
  }
}

/** Step by step, for Node's `recursive` tries for ever where a file system such as proc makes none (Node 20 to 24). */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(path.dirname(folder))
  mkdirSync(folder)
}
