import * as z from 'zod/mini'
import {late, readBySchema} from './schema.js'
import {tryParseJson} from '../shared/json.js'

const schema = late(() => {
  const text = z.string().check(z.maxLength(65_536))
  return z.object({
    schema: z.literal(1),
    command: text,
    /** What stood behind the command; no secret can be there. */
    arguments: z.array(text).check(z.maxLength(1000)),
    started: z.iso.datetime(),
    /** The process and the machine that it runs on, by which it can be told whether it still does. */
    process: z.int(),
    machine: text,
    state: z.enum(['running', 'done', 'failed', 'cancelled']),
    /** What it failed with. */
    message: z.exactOptional(text),
    hint: z.exactOptional(text),
    /** Where it wrote down what was at the tags; empty where it moved none. */
    journals: z.array(text)
  })
})

/** What a command line notes of its last run that moves tags: `doctor` finds out by it what happened. */
export type RunNote = z.infer<ReturnType<typeof schema>>

/** The note as JSON. */
export function formatRunNote(note: Omit<RunNote, 'schema'>): string {
  return `${JSON.stringify({schema: 1, ...note}, undefined, 2)}\n`
}

/** Reads a note; undefined for what is none: it may be of another version, and it is only a help. */
export function parseRunNote(text: string): RunNote | undefined {
  return readBySchema(schema, tryParseJson(text)).data
}
