import {PassThrough} from 'node:stream'
import {describe, expect, it} from '@jest/globals'
import {confirmOnTerminal} from '../../src/cli/confirm.js'

interface Case {
  readonly answer?: string | undefined
  readonly isTerminal?: boolean
  readonly isSure?: boolean
  readonly environment?: Readonly<Record<string, string>>
}

async function ask({answer, isTerminal = true, isSure = false, environment = {}}: Case) {
  const [input, output] = [new PassThrough(), new PassThrough()].map(stream =>
    Object.assign(stream, {isTTY: isTerminal})
  )
  const signal = new AbortController().signal
  const confirm = confirmOnTerminal({
    input: input!,
    output: output!,
    environment,
    isSure: () => isSure,
    signal
  })
  const confirmed = confirm('Publish this?')
  if (answer === undefined) input!.end()
  else input!.write(`${answer}\n`)
  const result = await confirmed
  return {result, said: String((output!.read() as Buffer | null) ?? '')}
}

describe('the question before something is written', () => {
  it.each<[string, Case, boolean]>([
    ['y', {answer: 'y'}, true],
    ['YES', {answer: ' YES '}, true],
    ['n', {answer: 'n'}, false],
    ['nothing', {answer: ''}, false],
    ['something else', {answer: 'yesterday'}, false],
    ['the end of the input', {answer: undefined}, false],
    ['y, where CI says that it is none', {answer: 'y', environment: {CI: 'false'}}, true]
  ])('is answered by %s', async (_, options, expected) => {
    const {result, said} = await ask(options)
    expect(result).toBe(expected)
    expect(said).toContain('Publish this? [y/N]')
  })

  it.each<[string, Case]>([
    ['without a terminal', {isTerminal: false}],
    ['with --yes', {isSure: true}],
    ['in a CI system with a terminal', {environment: {CI: 'true'}}]
  ])('is not asked %s', async (_, options) => {
    expect(await ask(options)).toEqual({result: true, said: ''})
  })
})
