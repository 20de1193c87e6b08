import type {Readable} from 'node:stream'
import {StringDecoder} from 'node:string_decoder'

/**
 * How much of what a program writes is kept: of an answer, which is read as a whole, and of a log, of which the end says why
 * it failed. In bytes; without a bound a build that writes for ever would take all memory. A plain answer is one that
 * @actions/exec collects: it looks through all of a line again with each part of it.
 */
export const MOST_OUTPUT = {answer: 64 * 1024 * 1024, plain: 8 * 1024 * 1024, log: 16 * 1024 * 1024}

/** What is said of a program that was ended for what it wrote. */
export function excessFault(command: string, most: number): string {
  return `${command} wrote more than ${most} bytes, and was ended`
}

/** A longer line is handed on in parts: characters. */
const MOST_OF_LINE = 64 * 1024

/**
 * The beginning of an output.
 * @param tooMuch is called once, where there is more
 */
export async function keepStart(output: Readable, most: number, tooMuch: () => void): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of output as AsyncIterable<Buffer>) {
    const isOver = length > most
    if (length <= most) chunks.push(chunk)
    length += chunk.length
    if (!isOver && length > most) tooMuch()
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The end of an output. */
export async function keepEnd(output: Readable, most: number): Promise<string> {
  let chunks: Buffer[] = []
  let length = 0
  for await (const chunk of output as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    length += chunk.length
    // Not with each chunk: that would copy all of it again and again.
    if (length <= 2 * most) continue
    chunks = [Buffer.concat(chunks).subarray(-most)]
    length = most
  }
  return Buffer.concat(chunks).subarray(-most).toString('utf8')
}

/** Hands on each line of an output, also the last one without a line break. */
export function readLines(output: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const take = (text: string): void => {
    const lines = `${rest}${text}`.split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
    while (rest.length > MOST_OF_LINE) {
      onLine(rest.slice(0, MOST_OF_LINE))
      rest = rest.slice(MOST_OF_LINE)
    }
  }
  output.on('data', (chunk: Buffer) => take(decoder.write(chunk)))
  output.on('end', () => {
    take(decoder.end())
    if (rest !== '') onLine(rest.replace(/\r$/, ''))
    rest = ''
  })
}
