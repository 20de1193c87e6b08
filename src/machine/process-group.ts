import type {ChildProcess} from 'node:child_process'
import {readFileSync, readdirSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'
import {type HeldFolders, foldersHeldBy, removeFolders} from './held-folders.js'

/** Milliseconds that processes have to end by themselves when they are told to. */
export const GRACE = 2000
/** Milliseconds that what a program works with has to end by itself, before it is ended. */
const WORK_GRACE = 500
/** Milliseconds that a program then has to clear up, before it is told to end itself. */
const CLEARING = 2000
/** Milliseconds in which a program that works with nothing yet may begin to. */
const BEGINNING = 1000
/** Milliseconds that what a program left has to end by itself, such as a `tee` that still writes. */
const LINGER = 1000
/** Milliseconds between two looks at a group: the system does not say when the last of it ends. */
const LOOK = 50

/** A program that leads a group of its own, and all that it started. */
export class ProcessGroup {
  readonly #child: ChildProcess
  readonly #cut: () => void
  readonly #folders: HeldFolders | undefined
  /** When the program started; undefined where the system does not tell. */
  readonly #start: string | undefined
  #held: readonly string[] = []
  #others: readonly Process[] = []
  #timers: NodeJS.Timeout[] = []
  #isEnding = false

  /**
   * @param cut lets go of the program's output, which another process may hold for as long as it likes
   * @param folders what it leaves where it is ended; only of such a program it is waited for what it works with
   */
  constructor(child: ChildProcess, cut: () => void, folders?: HeldFolders) {
    this.#child = child
    this.#cut = cut
    this.#folders = folders
    this.#start = child.pid === undefined ? undefined : processOf(child.pid)?.start
  }

  /** Ends all of it: politely at first. What has left the group, as a container does, is found by its parents. */
  end(): void {
    this.#others = descendantsOf(this.#child.pid)
    this.#signal('SIGTERM')
    if (!this.#isEnding) this.#after(GRACE, () => this.kill())
    this.#isEnding = true
  }

  /**
   * Ends all of it, but what it works with before itself: so its work fails, and it clears up as it does then. podman and buildah
   * that are told to end themselves leave their working containers behind (podman 4.3 to 5.6, libpod/shutdown; buildah 1.28
   * to 1.42). What they work with may be about to begin: a copy is a process of its own, a download is none.
   */
  endWork(): void {
    if (this.#isEnding) return
    const isWorking = this.#tellWork()
    if (!isWorking && this.#folders === undefined) {
      this.end()
      return
    }
    this.#isEnding = true
    this.#endAfter(isWorking ? CLEARING : BEGINNING, isWorking)
  }

  /** Lets it clear up for so long, or begin a work that can be ended, and ends it then. */
  #endAfter(milliseconds: number, isTold: boolean): void {
    this.#after(LOOK, () => {
      if (!isTold && this.#tellWork()) this.#endAfter(CLEARING, true)
      else if (milliseconds > 0) this.#endAfter(milliseconds - LOOK, isTold)
      else {
        this.#signal('SIGTERM')
        this.#after(WORK_GRACE, () => this.kill())
      }
    })
  }

  /** Tells what it works with to end, once: what it starts afterwards clears up. Says whether there was anything. */
  #tellWork(): boolean {
    const below = descendantsOf(this.#child.pid)
    const self = this.#child.pid === undefined ? undefined : processOf(this.#child.pid)
    const work = below.filter(one => self === undefined || !isSameProgram(one, self))
    this.#others = below
    for (const one of work) sendTo(one, 'SIGTERM')
    if (work.length > 0)
      this.#after(WORK_GRACE, () => {
        for (const one of work) sendTo(one, 'SIGKILL')
      })
    return work.length > 0
  }

  /** Ends all of it that is still there. */
  kill(): void {
    this.#signal('SIGKILL')
    this.#cut()
  }

  /** Ends what is still running when the program has ended. Returns the command lines. */
  async endLeft(): Promise<readonly string[]> {
    const {pid} = this.#child
    if (pid === undefined || process.platform === 'win32' || (await isGone(pid, LINGER))) return []
    const left = processes().flatMap(one => (one.group === pid ? [lineOf(one)] : []))
    this.#signal('SIGTERM')
    if (!(await isGone(pid, GRACE))) {
      this.kill()
      await isGone(pid, GRACE)
    }
    this.#cut()
    return left
  }

  /** To be called when the program is over. */
  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    if (this.#isEnding) this.#signal('SIGKILL')
    removeFolders(this.#held)
  }

  #after(milliseconds: number, act: () => void): void {
    this.#timers.push(setTimeout(act, milliseconds))
  }

  #signal(name: NodeJS.Signals): void {
    const {pid} = this.#child
    if (pid === undefined) return
    if (this.#folders !== undefined)
      this.#held = [
        ...this.#held,
        ...foldersHeldBy([pid, ...this.#others.map(one => one.pid)], this.#folders)
      ]
    if (process.platform === 'win32') this.#child.kill(name)
    else {
      const leader = processOf(pid)
      if (leader === undefined || leader.start === this.#start) send(-pid, name)
      for (const one of this.#others) sendTo(one, name)
    }
  }
}

/** Whether a group has no process any more, or will not have within a time. */
async function isGone(group: number, milliseconds: number): Promise<boolean> {
  for (let waited = 0; isRunning(group); waited += LOOK) {
    if (waited >= milliseconds) return false
    await sleep(LOOK)
  }
  return true
}

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended meanwhile.
  }
}

/**
 * What was seen a while ago may be gone, and its number another's: a busy machine gives all of 32,768 numbers within two minutes,
 * for each thread takes one. Nobody else's process is ended.
 */
function sendTo({pid, start}: Process, name: NodeJS.Signals): void {
  if (processOf(pid)?.start === start) send(pid, name)
}

/** One that has ended, and whose parent does not want to know, is still there, but runs no more. */
function isRunning(group: number): boolean {
  try {
    process.kill(-group, 0)
  } catch {
    return false
  }
  const all = processes()
  return all.length === 0 || all.some(one => one.group === group)
}

interface Process {
  readonly pid: number
  readonly parent: number
  readonly group: number
  /** When it started, in ticks since the machine did: what no other process of this number has. */
  readonly start: string
}

/** Whether one is the other once more, with the same arguments, as rootless podman and buildah start themselves. */
function isSameProgram(one: Process, other: Process): boolean {
  const argumentsOf = (each: Process): string => lineOf(each).replace(/^\S* ?/, '')
  return argumentsOf(one) !== '' && argumentsOf(one) === argumentsOf(other)
}

/** All below a process, its own first; none where the system does not tell. */
function descendantsOf(pid: number | undefined): Process[] {
  const all = pid === undefined ? [] : processes()
  const found = new Set<Process>()
  const add = (parent: number): void => {
    for (const one of all)
      if (one.parent === parent && !found.has(one)) {
        found.add(one)
        add(one.pid)
      }
  }
  if (pid !== undefined) add(pid)
  return [...found]
}

/** What runs, without zombies; nothing on systems that have no such files. */
function processes(): Process[] {
  return names('/proc').flatMap(name => processOf(Number(name)) ?? [])
}

/** A process that runs (proc(5), `/proc/PID/stat`: parent, group and start are fields 4, 5 and 22). */
function processOf(pid: number): Process | undefined {
  const fields = /^\d+ \(.*\) [A-Y] (.*)/s.exec(textOf(`/proc/${pid}/stat`))?.[1]?.split(' ')
  const [parent, group, start] = [fields?.[0], fields?.[1], fields?.[18]]
  if (parent === undefined || group === undefined || start === undefined) return undefined
  return {pid, parent: Number(parent), group: Number(group), start}
}

/** Its command line. */
function lineOf({pid}: Process): string {
  return textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).filter(name => /^\d+$/.test(name))
  } catch {
    return []
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
