import {execFileSync} from 'node:child_process'
import {readFileSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {type ProjectCopy, copyProject} from '../support/project-copy.js'

describe('script/own, which names the repository that publishes this project', () => {
  let copy: ProjectCopy
  const read = (file: string): string => readFileSync(path.join(copy.folder, file), 'utf8')

  beforeAll(() => {
    copy = copyProject(file => !file.startsWith('dist/') && !file.startsWith('__tests__/fixtures/'), 'linked')
    // The bundle is what scripts/build.mjs makes of the sources, whatever they say.
    const manifest = JSON.parse(read('package.json')) as {scripts: Record<string, string>}
    Object.assign(manifest.scripts, {build: 'touch built'})
    writeFileSync(path.join(copy.folder, 'package.json'), JSON.stringify(manifest, null, 2))
  })
  afterAll(() => copy.dispose())

  it('puts it everywhere, makes again what is made of it, and can be run for another', () => {
    for (const name of ['first-owner/releaser', 'second-owner/image-release']) {
      expect(copy.run('script/own', name)).toMatchObject({exitCode: 0})
      const places = execFileSync(
        'git',
        ['-C', copy.folder, 'grep', '--fixed-strings', '--only-matching', name],
        {
          encoding: 'utf8'
        }
      )
      for (const file of ['README.md', 'package.json', 'docs/reference.md', 'src/onboarding/draft.ts'])
        expect(places).toContain(`${file}:${name}`)
      expect(read('README.md')).toContain(`uses: ${name}@v1`)
      expect(read('docs/support.md')).toContain('your-org/image-release')
      expect(read('built')).toBe('')
    }
    const left = execFileSync(
      'git',
      ['-C', copy.folder, 'grep', '-hoE', '.?(org|first-owner)/(image-release|releaser)'],
      {
        encoding: 'utf8'
      }
    )
    expect(new Set(left.trim().split('\n'))).toEqual(new Set(['-org/image-release']))
  }, 60_000)

  it.each(['', 'owner', 'a b/c', 'owner/x/y', '../x'])(
    'refuses what is no name of a repository: %j',
    name => {
      expect(copy.run('script/own', name)).toEqual({
        exitCode: 2,
        output: 'usage: script/own OWNER/NAME, as GitHub has it\n'
      })
    }
  )
})
