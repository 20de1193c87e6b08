#!/usr/bin/env node
// The entry point of the command line, as dist/cli.js.
//
// V8 compiles the bundle with every start: a quarter of the time to the first request. Node keeps what was compiled, where it
// is told to (https://nodejs.org/api/module.html#module-compile-cache): here below the user's own cache, and never in a
// folder of somebody else, such as a home that sudo kept, since what is kept there is run. NODE_COMPILE_CACHE names another
// folder, NODE_DISABLE_COMPILE_CACHE=1 keeps nothing, and where nothing can be written nothing is said.
import {statSync} from 'node:fs'
import module from 'node:module'
import {homedir} from 'node:os'
import path from 'node:path'

const caches = cacheFolder()
// Node 20 has no such cache.
if (caches && isOwn(caches)) module.enableCompileCache?.(path.join(caches, 'image-release', 'compiled'))
const {runCli} = await import('./index.js')
await runCli()

/** The user's own cache; undefined for a user without a home, as in a container with a number for a user. */
function cacheFolder() {
  try {
    return process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache')
  } catch {
    return undefined
  }
}

/** Whether a folder, or the one where it would be made, belongs to this user. Windows has no such numbers. */
function isOwn(folder) {
  const found = statSync(folder, {throwIfNoEntry: false})
  if (found !== undefined) return process.getuid === undefined || found.uid === process.getuid()
  const parent = path.dirname(folder)
  return parent !== folder && isOwn(parent)
}
