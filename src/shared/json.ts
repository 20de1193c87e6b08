/** An object of parsed JSON. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Made once: they cost more than what they decode. */
const STRICT_UTF8 = new TextDecoder('utf-8', {fatal: true})
const UTF8 = new TextDecoder()

/**
 * Reads JSON.
 * @param text bytes are to be UTF-8, without a fault
 * @param invalid makes the error for what is none
 */
export function parseJson(text: string | Uint8Array, invalid: (cause: unknown) => Error): unknown {
  try {
    return JSON.parse(typeof text === 'string' ? text : STRICT_UTF8.decode(text))
  } catch (cause) {
    throw invalid(cause)
  }
}

/** Reads JSON; undefined where it is none. In bytes, what is not UTF-8 counts as U+FFFD. */
export function tryParseJson(text: string | Uint8Array): unknown {
  try {
    return JSON.parse(typeof text === 'string' ? text : UTF8.decode(text))
  } catch {
    return undefined
  }
}

/** Whether a value is an object, and no list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value as an object; an empty one where it is none. */
export function objectIn(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}

/** A value as a list; an empty one where it is none. */
export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A value as a text; an empty one where it is none. */
export function textIn(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The value at a path of fields in parsed JSON; undefined where there is none. */
export function fieldAt(document: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? Reflect.get(value, name)
        : undefined,
    document
  )
}

/** The text at a path of fields; undefined where there is none, or something else. */
export function textAt(document: unknown, ...path: readonly string[]): string | undefined {
  const value = fieldAt(document, ...path)
  return typeof value === 'string' ? value : undefined
}

/** The list at a path of fields; empty if there is none. */
export function listAt(document: unknown, ...path: readonly string[]): readonly unknown[] {
  const value = fieldAt(document, ...path)
  return Array.isArray(value) ? value : []
}

/** The time at a path of fields, in milliseconds since the epoch; undefined where there is none. */
export function timeAt(document: unknown, ...path: readonly string[]): number | undefined {
  const time = Date.parse(textAt(document, ...path) ?? '')
  return Number.isNaN(time) ? undefined : time
}
