import {homedir} from 'node:os'
import path from 'node:path'
import type {Caches} from '../ports.js'

/** Folders below the user's own cache, where they stay by themselves (XDG Base Directory Specification). */
export function openFolderCaches(environment: Readonly<Record<string, string | undefined>>): Caches {
  const root = environment['XDG_CACHE_HOME'] || path.join(homedir(), '.cache')
  return {
    restore: name => Promise.resolve({folder: path.join(root, 'image-release', name)}),
    save: () => Promise.resolve()
  }
}
