import {execFile} from 'node:child_process'
import {mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import {type CommandLine, commandLine} from '../support/command-line.js'

interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

describe('bad input on a command line', () => {
  let program: CommandLine
  let folder: string
  beforeAll(() => {
    program = commandLine()
  })
  afterAll(() => program.remove())
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'bad-input-'))
  })
  afterEach(() => {
    rmSync(folder, {recursive: true})
  })

  /** Runs the program from its sources, in a process of its own. */
  const run = async (...args: string[]): Promise<Ended> =>
    await new Promise(resolve => {
      const options = {cwd: folder, env: {PATH: process.env['PATH'], HOME: folder}}
      const child = execFile(process.execPath, [program.entry, ...args], options, (_, stdout, stderr) => {
        resolve({exitCode: child.exitCode, stdout, stderr})
      })
    })
  const RUN = ['--ref', 'refs/heads/main', '--sha', 'a'.repeat(40), '--ask', 'never']
  const settings = (text: string): void => {
    mkdirSync(path.join(folder, '.github'))
    writeFileSync(path.join(folder, '.github/image-release.yml'), text)
  }

  it('is answered by all faults with their lines, exit code 2 and nothing else', async () => {
    const tags = [
      'type=semvr',
      'type=sha,enbale=false',
      'type=sha,enable=maybe',
      'type=raw,value={{constructor}}',
      'type=raw,value={{__proto__}}',
      'type=raw,value={{uper branch}}'
    ].join('\n')
    const ended = await run(
      'compute-tags',
      '--images',
      'Org//App',
      '--tags',
      tags,
      '--variants',
      'python=3.9,3.1,3.11',
      ...RUN
    )
    expect(ended.exitCode).toBe(2)
    expect(ended.stdout).toBe('')
    expect(
      ended.stderr
        .trim()
        .split('\n')
        .map(line => line.split(/[;.] /)[0])
    ).toEqual([
      'error: images: line 1: "org//app" is not a reference: "org//app" is not the name of a repository',
      'error: tags: line 1: "semvr" is not a type of tag',
      'error: tags: line 2: "enbale" is not an attribute of type=sha',
      'error: tags: line 3: enable="maybe" is neither true nor false',
      'error: tags: line 4: column 16: value: "constructor" is not known in a template',
      'error: tags: line 5: column 16: value: "__proto__" is not known in a template',
      'error: tags: line 6: column 16: value: "uper" is not known in a template',
      'error: variants: line 1: python: 3.1 stands beside 3.9 and 3.11'
    ])
    expect(readdirSync(folder)).toEqual([])
  }, 30_000)

  it.each([
    [
      '10,000 rules',
      `tags: |\n${'  x\n'.repeat(10_000)}`,
      /^error: .*:2: tags: it has 10000 lines; at most 1000 are read$/
    ],
    [
      'a rule of 200 kB',
      `tags: ${'x'.repeat(200_000)}`,
      /^error: .*:1: tags: it has 200000 characters; at most 4096 are read$/
    ],
    [
      'a file of settings of 1 MB',
      `tags: ${'x'.repeat(1_000_000)}`,
      /^error: .github\/image-release.yml:1: is larger than 262144 bytes$/
    ],
    [
      'a file of settings that is too large',
      `tags: ${'x'.repeat(2_000_000)}`,
      /^error: .github\/image-release.yml: it cannot be read: it is larger than/
    ]
  ])(
    'is not worked off: %s',
    async (_, text, fault) => {
      settings(text)
      const ended = await run('compute-tags', '--images', 'a/b', ...RUN)
      expect(ended).toMatchObject({exitCode: 2, stdout: ''})
      expect(ended.stderr.trim()).toMatch(fault)
      expect(readdirSync(folder)).toEqual(['.github'])
    },
    30_000
  )

  it('is not what an empty list of images is: nothing is published', async () => {
    const ended = await run('compute-tags', '--output', 'push', ...RUN)
    expect(ended).toMatchObject({exitCode: 0, stdout: 'false\n'})
  }, 30_000)
})
