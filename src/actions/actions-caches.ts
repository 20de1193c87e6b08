import {rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {restoreCache, saveCache} from '@actions/cache'
import type {Caches} from '../ports.js'

/**
 * Folders in the cache of GitHub Actions. An entry is never changed there: each content has a key of its own, and what was
 * saved last under a name is brought back. The path of a folder is part of what an entry is found by, so that it is always
 * the same (@actions/cache 6.3).
 */
export function openActionsCaches(temp = tmpdir()): Caches {
  const restored = new Map<string, string>()
  const folderOf = (name: string): string => path.join(temp, 'image-release-cache', name)
  const start = (name: string): string => `image-release-${name}-`
  return {
    async restore(name) {
      const folder = folderOf(name)
      await rm(folder, {recursive: true, force: true})
      const key = await restoreCache([folder], `${start(name)}newest`, [start(name)])
      if (key !== undefined) restored.set(name, key)
      return {folder}
    },
    async save(name, content) {
      const key = `${start(name)}${content}`
      if (restored.get(name) !== key) await saveCache([folderOf(name)], key)
    }
  }
}
