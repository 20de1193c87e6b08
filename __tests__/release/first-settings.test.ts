import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {configure} from '../../src/planning/settings/settings.js'
import {release} from '../../src/release/release.js'
import {askFirst} from '../../src/release/release-checks.js'
import {readText} from '../../src/machine/system-ports.js'
import {parseInputs} from '../../src/command/input.js'
import type {Ports} from '../../src/ports.js'
import {tagPush, testPorts} from '../support/ports.js'
import {planOf, releaseTags} from '../support/releases.js'

const SETTINGS = '.github/image-release.yml'

describe('a release in a clone without settings', () => {
  let folder: string
  const before = process.cwd()
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'no-settings-'))
    writeFileSync(path.join(folder, 'Containerfile'), 'FROM scratch\nCOPY Containerfile /\n')
    process.chdir(folder)
  })
  afterEach(() => {
    process.chdir(before)
    rmSync(folder, {recursive: true, force: true})
  })

  const run = async (
    answer: boolean | undefined,
    texts: Readonly<Record<string, string>> = {},
    url = 'https://github.com/Org/App'
  ) => {
    const questions: string[] = []
    const confirm: Ports['confirm'] = (question, unasked = true) => {
      if (answer !== undefined) questions.push(question)
      return Promise.resolve(answer ?? unasked)
    }
    const source = {fullName: 'Org/App', url}
    const ports = testPorts([], {
      confirm,
      readText,
      workflowRun: () => Promise.resolve({...tagPush('v1.2.3'), source})
    })
    const given = {until: 'plan', ask: 'never', ...texts}
    const config = await configure({table: release.inputs}, given, readText)
    const inputs = parseInputs(release.inputs, config.texts)
    const outcome = await release.run(inputs, ports).then(
      ({plan}) => ({
        images: (JSON.parse(plan) as ReturnType<typeof planOf>).targets.flatMap(({images}) => images)
      }),
      (error: unknown) => ({error})
    )
    ports.close()
    return {questions, ...outcome}
  }

  it('proposes the image that the remote suggests, and writes the settings on a yes', async () => {
    const {questions, ...outcome} = await run(true)
    expect(outcome).toEqual({images: ['ghcr.io/org/app']})
    expect(questions).toEqual([
      expect.stringMatching(/\+ {2}- ghcr\.io\/org\/app[^]*Write this and continue\?$/)
    ])
    expect(readFileSync(SETTINGS, 'utf8')).toContain('strategy: release')
    // The next call has settings, and nothing to ask of them.
    expect(await run(true)).toEqual({questions: [], images: ['ghcr.io/org/app']})
  })

  it.each<[string, boolean | undefined, string, RegExp]>([
    ['the answer is no', false, 'https://github.com/Org/App', /the remote suggests ghcr\.io\/org\/app/],
    [
      'nobody can be asked',
      undefined,
      'https://gitlab.com/Org/App',
      /suggests registry\.gitlab\.com\/org\/app/
    ],
    [
      'the remote says nothing of a registry',
      true,
      'https://git.example/Org/App',
      /neither this call nor a file/
    ]
  ])('writes nothing where %s, and says what is missing', async (_, answer, url, message) => {
    const {error} = (await run(answer, {}, url)) as {error?: {issues: unknown}}
    expect(error?.issues).toEqual([{input: 'images', message: expect.stringMatching(message)}])
    expect(existsSync(SETTINGS)).toBe(false)
  })

  it('asks nothing where the call says where to', async () => {
    expect(await run(true, {images: 'localhost:5000/app'})).toEqual({
      questions: [],
      images: ['localhost:5000/app']
    })
    expect(existsSync(SETTINGS)).toBe(false)
  })
})

describe('the question before the first byte goes out', () => {
  const ask = async (image: string, answer: boolean): Promise<{questions: string[]; code: unknown}> => {
    const questions: string[] = []
    const confirm = (question: string): Promise<boolean> =>
      Promise.resolve(questions.push(question) > 0 && answer)
    const ports = testPorts([], {confirm})
    const plan = planOf({images: [image], version: '1.0.0', tags: releaseTags('1.0.0')})
    const code = await askFirst(plan, ports).then(
      () => undefined,
      (error: unknown) => (error as {code: string}).code
    )
    ports.close()
    return {questions, code}
  }

  it('has every tag with what becomes of it, and a no ends the release', async () => {
    expect(await ask('ghcr.io/org/app', false)).toEqual({
      questions: [
        expect.stringMatching(
          /TAG +MOVES +IN\n +1\.0\.0 +stays on this commit +ghcr\.io\/org\/app\n[^]*latest +only to a newer version[^]*Build 2 images, push, and move these tags\?$/
        )
      ],
      code: 'CANCELLED'
    })
  })

  it('is not asked of registries of this machine', async () => {
    expect(await ask('localhost:5000/app', false)).toEqual({questions: [], code: undefined})
  })
})
