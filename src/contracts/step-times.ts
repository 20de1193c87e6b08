import * as z from 'zod/mini'
import {readJobDocument} from './job-document.js'
import {late} from './schema.js'

const schema = late(() =>
  z.object({
    step: z.string().check(z.regex(/^[a-z][a-z-]{0,63}$/)),
    began: z.iso.datetime(),
    milliseconds: z.number().check(z.gte(0))
  })
)

/** When a step of a release began and how long it took: what the journey of a page shows. */
export type StepTimes = z.infer<ReturnType<typeof schema>>

/** What the output is called that a command gives its times out as. */
export const TIMES_OUTPUT = 'times'

/**
 * The times of a step as one line of JSON.
 * @param began milliseconds since the epoch
 */
export function formatStepTimes(step: string, began: number, milliseconds: number): string {
  return JSON.stringify({step, began: new Date(began).toISOString(), milliseconds: Math.max(0, milliseconds)})
}

/**
 * Reads what a command gave out as `times`.
 * @throws ReleaseError PLAN_INVALID, with every field that is wrong
 */
export function parseStepTimes(text: string): StepTimes {
  return readJobDocument(text, {schema, title: 'the output "times" of a command'})
}
