import {readdirSync, readlinkSync, rmSync, statSync} from 'node:fs'
import path from 'node:path'

/** Folders for temporary files that a program makes, and takes away only where it ends by itself. */
export interface HeldFolders {
  /** What they are called. */
  readonly named: RegExp
  /** The folders that they are made in. */
  readonly within: readonly string[]
  /** When the program was started: an older folder is not its own. In milliseconds, as `Date.now` has it. */
  readonly since: number
}

/** How much earlier than the clock of a process a file system may say that a folder was made, in milliseconds. */
const COARSE = 20

/**
 * Those of them that processes have a file open in, by what Linux tells of each (proc_pid_fd(5)); none on other systems.
 * To be asked before the processes are ended.
 */
export function foldersHeldBy(pids: readonly number[], folders: HeldFolders): string[] {
  const held = pids.flatMap(openFiles).flatMap(file => {
    const parent = folders.within.find(folder => file.startsWith(`${folder}${path.sep}`))
    if (parent === undefined) return []
    const [name = ''] = path.relative(parent, file).split(path.sep)
    return folders.named.test(name) ? [path.join(parent, name)] : []
  })
  return [...new Set(held)].filter(folder => isSince(folder, folders.since))
}

/** Takes folders away, also those that are gone. */
export function removeFolders(folders: readonly string[]): void {
  for (const folder of folders)
    try {
      rmSync(folder, {recursive: true, force: true})
    } catch {
      // Whoever ended the program may not do what it might: nothing else fails of that.
    }
}

function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`
  try {
    return readdirSync(folder).flatMap(name => {
      try {
        return [readlinkSync(path.join(folder, name))]
      } catch {
        return []
      }
    })
  } catch {
    return []
  }
}

function isSince(folder: string, since: number): boolean {
  try {
    const found = statSync(folder)
    return found.isDirectory() && found.birthtimeMs >= since - COARSE
  } catch {
    return false
  }
}
