import {execFileSync} from 'node:child_process'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {type ProjectCopy, copyProject} from './support/project-copy.js'

const MINUTE = 60_000

describe('script/check, on the code', () => {
  let project: ProjectCopy

  beforeAll(() => {
    project = copyProject(
      file => /^(src\/(errors|shared\/json|oci\/.*)\.ts|script\/.*|page\/tsconfig\.json|[^/]*)$/.test(file),
      'linked'
    )
    project.append('page/nothing.ts', 'export {}\n')
  })
  afterAll(() => project.dispose())

  it(
    'passes where nothing is wrong',
    () => {
      const {exitCode, output} = project.run('script/check', 'format', 'lint', 'types')
      expect({exitCode, output}).toEqual({exitCode: 0, output: expect.stringMatching(/^(\w+ +ok .*\n){3}$/)})
    },
    MINUTE
  )

  it(
    'runs all steps, fails, and names what failed',
    () => {
      project.append('src/oci/unused.ts', 'export async function broken() {\n  const x: number = "a";\n}\n')
      const {exitCode, output} = project.run('script/check', 'format', 'lint', 'types')
      expect(exitCode).toBe(1)
      expect(output).toMatch(/\[warn\] src\/oci\/unused\.ts/)
      expect(output).toMatch(/require-await/)
      expect(output).toMatch(/src\/oci\/unused\.ts\(2,9\): error TS2322/)
      expect(output).toMatch(/^failed: format lint types$/m)
    },
    MINUTE
  )

  it('says which steps there are', () => {
    expect(project.run('script/check', 'typos')).toEqual({
      exitCode: 2,
      output: expect.stringContaining('there is no step typos; the steps are format lint types')
    })
  })
})

describe('script/check, on what is made from the code', () => {
  let project: ProjectCopy

  beforeAll(() => {
    project = copyProject(() => true, 'linked')
    // A bundle of one small module: that dist is made from the source as it is, is shown by the check of the project itself.
    project.remove('scripts/bundle/index.ts')
    project.append(
      'scripts/bundle/index.ts',
      "import parse from 'semver/functions/parse.js'\nexport const [runAction, runCli] = [parse, parse]\n"
    )
    execFileSync(process.execPath, [path.join(project.folder, 'scripts/build.mjs')])
    execFileSync('git', ['-C', project.folder, 'add', '--all'])
  }, MINUTE)
  afterAll(() => project.dispose())

  it(
    'passes where all is fresh, in any folder',
    () => {
      const {exitCode, output} = project.run('script/check', 'imports', 'generated', 'dist', 'committed')
      expect({exitCode, output}).toEqual({exitCode: 0, output: expect.stringMatching(/^(\w+ +ok .*\n){4}$/)})
    },
    MINUTE
  )

  it(
    'fails on an import that no room allows, stale metadata, and a dist that is changed, lacks a file or has one too many',
    () => {
      project.append('src/oci/digest.ts', "import '../contracts/plan.js'\n")
      project.append('action.yml', '# by hand\n')
      project.append('dist/cli.js', '// by hand\n')
      project.append('dist/old.js', '')
      project.remove('dist/main.js')
      const {exitCode, output} = project.run('script/check', 'imports', 'generated', 'dist', 'committed')
      expect(exitCode).toBe(1)
      expect(output).toContain('oci/digest.ts imports contracts/plan.ts: oci may not use contracts')
      expect(output).toContain('action.yml is stale')
      expect(output).toMatch(/Files dist\/cli\.js and \S+ differ/)
      expect(output).toMatch(/Only in dist: old\.js/)
      expect(output).toMatch(/Only in \S+: main\.js/)
      expect(output).toMatch(/\?\? dist\/old\.js/)
      expect(output).toMatch(/^failed: imports generated dist committed$/m)
    },
    MINUTE
  )
})
