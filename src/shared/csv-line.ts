/** A field of a line of comma-separated values. */
export interface CsvField {
  readonly text: string
  /** Whether it stood in double quotes, which are no part of its text. */
  readonly isQuoted: boolean
}

/**
 * The fields of a line of comma-separated values (RFC 4180): in double quotes one may hold commas, and two quotes in it are
 * one. Any other quote is an ordinary character.
 */
export function splitCsvLine(line: string): CsvField[] {
  const fields: CsvField[] = []
  for (let position = 0; position <= line.length;) {
    const rest = line.slice(position)
    const [quoted, content = ''] = /^"((?:[^"]|"")*)"(?=,|$)/.exec(rest) ?? []
    const raw = quoted ?? /^[^,]*/.exec(rest)?.[0] ?? ''
    const isQuoted = quoted !== undefined
    fields.push({text: isQuoted ? content.replaceAll('""', '"') : raw, isQuoted})
    position += raw.length + 1
  }
  return fields
}

/** A field of such a line, in quotes where it needs them. */
export function csvField(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
