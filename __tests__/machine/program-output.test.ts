import {Readable} from 'node:stream'
import {describe, expect, it} from '@jest/globals'
import {runChild} from '../../src/machine/child-process.js'
import {keepEnd, keepStart, readLines} from '../../src/machine/program-output.js'

const endless =
  'process.stdout.write("a".repeat(65536)); const w = () => { while (process.stdout.write("a".repeat(65536))); process.stdout.once("drain", w) }; w()'

describe('what a program writes', () => {
  it('ends it where no answer is that long, and says so', async () => {
    const {exitCode, stdout, stderr} = await runChild(
      process.execPath,
      ['-e', endless],
      {},
      {answer: 1_000_000, log: 1}
    )
    expect(exitCode).toBe(128)
    expect(stdout.length).toBeLessThan(2_000_000)
    expect(stderr).toBe(`${process.execPath} wrote more than 1000000 bytes, and was ended`)
  })

  it('ends all that it started with it', async () => {
    const shell = `${process.execPath} -e '${endless}'`
    const {exitCode} = await runChild(
      'sh',
      ['-c', `${shell}; true`],
      {group: 'cancelled'},
      {answer: 1_000_000, log: 1}
    )
    expect(exitCode).toBe(128)
  })

  it('is a log where lines are taken, of which the end is kept', async () => {
    const lines: string[] = []
    const script = 'for (let i = 0; i < 20000; i++) console.log("line " + i)'
    const {stdout, exitCode} = await runChild(
      process.execPath,
      ['-e', script],
      {onLine: line => lines.push(line)},
      {answer: 1, log: 1000}
    )
    expect(exitCode).toBe(0)
    expect(stdout).toHaveLength(1000)
    expect(stdout).toMatch(/line 19999\n$/)
    expect(lines).toHaveLength(20_000)
  })

  it.each([
    ['line breaks of all kinds', ['a\nb\r\nc\rd\n'], ['a', 'b', 'c', 'd']],
    ['one that is cut in two', ['a\r', '\nb\r', 'c'], ['a', 'b', 'c']],
    ['a letter that is cut in two', [Buffer.from([0xc3]), Buffer.from([0xa4, 0x0a])], ['ä']],
    ['empty lines', ['\n\na\n\n'], ['', '', 'a', '']],
    ['nothing', [], []],
    ['a last line without an end', ['a\nb'], ['a', 'b']],
    ['a last carriage return', ['a\r'], ['a']]
  ])('is handed on line by line: %s', async (_, chunks, expected) => {
    const lines: string[] = []
    const output = Readable.from(chunks.map(chunk => Buffer.from(chunk)))
    readLines(output, line => lines.push(line))
    await new Promise(resolve => output.once('close', resolve))
    expect(lines).toEqual(expected)
  })

  it('is handed on in parts where a line has no end', async () => {
    const lines: string[] = []
    const output = Readable.from(Array.from({length: 10}, () => Buffer.from('a'.repeat(30_000))))
    readLines(output, line => lines.push(line))
    await new Promise(resolve => output.once('close', resolve))
    expect(lines.map(line => line.length)).toEqual([65_536, 65_536, 65_536, 65_536, 37_856])
  })

  it('is kept whole within its bound', async () => {
    const chunks = (): Readable =>
      Readable.from(Array.from({length: 100}, (_, at) => Buffer.from(String(at % 10))))
    const more: string[] = []
    expect(await keepStart(chunks(), 100, () => more.push('more'))).toHaveLength(100)
    expect(more).toEqual([])
    await keepStart(chunks(), 99, () => more.push('more'))
    expect(more).toEqual(['more'])
    expect(await keepEnd(chunks(), 7)).toBe('3456789')
    expect(await keepEnd(chunks(), 1000)).toHaveLength(100)
  })
})
