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

/** The list at a path of fields; empty where there is none. */
export function listAt(document: unknown, ...path: readonly string[]): readonly unknown[] {
  const value = fieldAt(document, ...path)
  return Array.isArray(value) ? value : []
}

/** The time at a path of fields, in milliseconds since the epoch; undefined where there is none. */
export function timeAt(document: unknown, ...path: readonly string[]): number | undefined {
  const time = Date.parse(textAt(document, ...path) ?? '')
  return Number.isNaN(time) ? undefined : time
}
