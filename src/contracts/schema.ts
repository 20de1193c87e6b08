import * as z from 'zod/mini'
import en from 'zod/v4/locales/en.js'

/** What came of reading a document: what it holds, or every fault, with its place. */
export type SchemaReading<T> =
  | {readonly data: T; readonly faults?: never}
  | {readonly data?: never; readonly faults: readonly SchemaFault[]}

/** A fault of a document: the steps to its place, which are names and positions, and what is wrong there. */
export interface SchemaFault {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** Gives what is made when it is first asked for: most runs read few kinds of documents, and a schema takes time to make. */
export function late<T>(make: () => T): () => T {
  const state: {made?: T} = {}
  return () => (state.made ??= make())
}

const locale = late(en)

/** Reads a document by its schema. */
export function readBySchema<T>(schema: () => z.ZodMiniType<T>, document: unknown): SchemaReading<T> {
  const result = z.safeParse(schema(), document, {error: locale().localeError})
  return result.success ? {data: result.data} : {faults: result.error.issues}
}
