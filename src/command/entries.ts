import {InputFaults} from './input-faults.js'

/** How the entries of an input are told apart. */
export interface EntryForm {
  /** Whether a comma outside of double quotes ends an entry, too. */
  readonly commas?: boolean
  /** Whether a line that starts with # is a comment. */
  readonly comments?: boolean
}

/**
 * Splits the text of an input into its entries as docker/build-push-action does (getList of @docker/actions-toolkit, which
 * reads it with csv-parse): one a line. A field in double quotes may hold line breaks and commas, and two quotes in it are
 * one. A quote within a field is an ordinary character, and so are quotes around what only begins a field. What ends the
 * first line ends all of them. White space stays.
 * @throws InputFaults where nothing closes a quote; it shows nothing of the text, which may be a secret
 */
export function splitEntries(text: string, {commas = false, comments = false}: EntryForm = {}): string[] {
  const records = new RecordReader(text, comments).read()
  return records.flatMap(fields =>
    commas ? (fields.length === 1 ? (fields[0] ?? '').split(',') : fields) : [fields.join(',')]
  )
}

/** The fields of each record of a text of comma-separated values; lines of nothing are no records. */
class RecordReader {
  readonly #text: string
  readonly #comments: boolean
  readonly #records: string[][] = []
  #fields: string[] = []
  #field = ''
  #wasQuoted = false
  #at = 0
  #lineEnd: string | undefined

  constructor(text: string, comments: boolean) {
    this.#text = text
    this.#comments = comments
  }

  read(): string[][] {
    while (this.#at < this.#text.length) this.#step()
    if (this.#fields.length > 0 || this.#field !== '' || this.#wasQuoted) this.#endRecord()
    return this.#records
  }

  #step(): void {
    if (this.#isAtComment()) {
      this.#at = endOfLine(this.#text, this.#at)
      return
    }
    const character = this.#text[this.#at] ?? ''
    const lineEnd = this.#lineEndAt(this.#at)
    if (lineEnd !== undefined) {
      const isEmpty = this.#fields.length === 0 && this.#field === '' && !this.#wasQuoted
      if (!isEmpty) this.#endRecord()
      this.#at += lineEnd.length
    } else if (character === ',') {
      this.#endField()
      this.#at++
    } else if (character === '"' && this.#field === '') this.#readQuoted()
    else {
      this.#field += character
      this.#at++
    }
  }

  /** What follows a quote; where the closing one is not the end of the field, the quotes are its own characters. */
  #readQuoted(): void {
    const rest = /"((?:[^"]|"")*)"/y
    rest.lastIndex = this.#at
    const [whole, content = ''] = rest.exec(this.#text) ?? []
    if (whole === undefined)
      throw new InputFaults(['a double quote opens an entry and nothing closes it (not shown)'], true)
    const after = this.#at + whole.length
    const isEnd =
      after === this.#text.length || this.#text[after] === ',' || this.#lineEndAt(after) !== undefined
    const value = content.replaceAll('""', '"')
    this.#field = isEnd ? value : `"${value}"`
    this.#wasQuoted = true
    this.#at = after
  }

  #isAtComment(): boolean {
    const isStart = this.#fields.length === 0 && this.#field === '' && !this.#wasQuoted
    return this.#comments && isStart && /[^\S\r\n]*#/y.test(this.#text.slice(this.#at, this.#at + 200))
  }

  #lineEndAt(at: number): string | undefined {
    const found = /\r\n|\n|\r/y
    found.lastIndex = at
    const [end] = found.exec(this.#text) ?? []
    if (end === undefined) return undefined
    this.#lineEnd ??= end
    return this.#text.startsWith(this.#lineEnd, at) ? this.#lineEnd : undefined
  }

  #endField(): void {
    this.#fields.push(this.#field)
    this.#field = ''
    this.#wasQuoted = false
  }

  #endRecord(): void {
    this.#endField()
    this.#records.push(this.#fields)
    this.#fields = []
  }
}

function endOfLine(text: string, from: number): number {
  const found = text.slice(from).search(/[\r\n]/)
  return found < 0 ? text.length : from + found
}
