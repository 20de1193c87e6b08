import {rename, writeFile} from 'node:fs/promises'
import {hostname} from 'node:os'
import path from 'node:path'
import type {Command} from '../command/command.js'
import {type RunNote, formatRunNote, parseRunNote} from '../contracts/run-note.js'
import {InputError, ReleaseError, cancellationIn, messageOf} from '../errors.js'
import type {Journal} from '../ports.js'
import {readForeignFile} from '../shared/foreign-file.js'
import {makeFolder} from './own-folder.js'

/** The note of the last run, in a folder of this program. */
export interface RunNotes {
  /** Notes that a command begins, where it may move tags. */
  begin(command: Command): void
  /** Notes how it ended. */
  end(error?: unknown): Promise<void>
  /** Journals, each of which is noted as one of this run. */
  readonly journal: Journal
}

const FILE = 'last-run.json'
const MAX_NOTE = 1024 * 1024

/**
 * Keeps the note of a run. It is only a help: what cannot be written is left out.
 * @param redact takes secrets out of what a registry or program said
 */
export function openRunNotes(
  folder: string,
  journal: Journal,
  {args, redact}: {readonly args: readonly string[]; readonly redact: (text: string) => string}
): RunNotes {
  const state: {note?: Omit<RunNote, 'schema'>; written: Promise<void>} = {written: Promise.resolve()}
  let made: Promise<void> | undefined
  const change = async (changes: Partial<RunNote>): Promise<void> => {
    const {note} = state
    if (note === undefined) return
    state.note = {...note, ...changes}
    const text = formatRunNote(state.note)
    made ??= makeFolder(folder)
    state.written = Promise.all([made, state.written])
      .then(async () => await write(folder, text))
      .catch(() => undefined)
    await state.written
  }
  return {
    begin({name, movesTags}) {
      if (movesTags !== true || args.some(word => /^--dry-run(=true)?$/.test(word))) return
      state.note = begun(name, args)
      void change({})
    },
    async end(error) {
      if (error === undefined) await change({state: 'done'})
      // Wrong use began nothing: the run before it is still the last one.
      else if (!(error instanceof InputError)) await change(failureOf(error, redact))
    },
    journal: {
      ...journal,
      async save(name, text) {
        const place = await journal.save(name, text)
        await change({journals: [...(state.note?.journals ?? []), place]})
        return place
      }
    }
  }
}

function begun(command: string, args: readonly string[]): Omit<RunNote, 'schema'> {
  return {
    command,
    arguments: [...args],
    started: new Date().toISOString(),
    process: process.pid,
    machine: hostname(),
    state: 'running',
    journals: []
  }
}

function failureOf(error: unknown, redact: (text: string) => string): Partial<RunNote> {
  const hint = error instanceof ReleaseError ? error.hint : undefined
  return {
    state: cancellationIn(error) === undefined ? 'failed' : 'cancelled',
    message: redact(messageOf(error)),
    ...(hint === undefined ? {} : {hint: redact(hint)})
  }
}

/** In one step: whoever reads it meanwhile finds the one before. */
async function write(folder: string, text: string): Promise<void> {
  const draft = path.join(folder, `.${FILE}-${process.pid}`)
  await writeFile(draft, text, {mode: 0o600})
  await rename(draft, path.join(folder, FILE))
}

/** The note of the last run in a folder, and whether that run still goes on; undefined where there is none. */
export async function lastRun(
  folder: string
): Promise<{readonly note: RunNote; readonly isRunning: boolean} | undefined> {
  try {
    const note = parseRunNote((await readForeignFile(path.join(folder, FILE), MAX_NOTE)).toString('utf8'))
    return note && {note, isRunning: note.state === 'running' && isAlive(note)}
  } catch {
    return undefined
  }
}

/** A process of another machine cannot be asked for: it counts as going on for an hour. */
function isAlive({process: id, machine, started}: RunNote): boolean {
  if (machine !== hostname()) return Date.now() - Date.parse(started) < 3_600_000
  try {
    process.kill(id, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
