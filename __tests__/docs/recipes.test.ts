import {execFileSync} from 'node:child_process'
import {readFileSync, readdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {parsePatch} from 'diff'
import {type ProjectCopy, copyProject} from '../support/project-copy.js'

const ROOT = path.resolve(import.meta.dirname, '../..')
const FOLDER = 'docs/recipes'
const RECIPES = readdirSync(path.join(ROOT, FOLDER)).sort()
const state: {copy?: ProjectCopy} = {}

beforeAll(() => {
  const copy = copyProject(file => /^(?:src\/|tsconfig\.json$|package\.json$)/.test(file), 'linked')
  state.copy = copy
  for (const recipe of RECIPES)
    execFileSync('git', ['apply', path.join(ROOT, FOLDER, recipe)], {cwd: copy.folder})
})
afterAll(() => state.copy?.dispose())

function folder(): string {
  return state.copy?.folder ?? ''
}

/** The files that a recipe changes. */
function filesOf(recipe: string): string[] {
  const text = readFileSync(path.join(ROOT, FOLDER, recipe), 'utf8')
  return parsePatch(text).map(({newFileName = ''}) => newFileName.replace(/^b\//, ''))
}

/** What an expression comes to in the changed sources, where `at` is a file of them and `what` an export of it. */
function valueOf(at: string, what: string, expression: string): unknown {
  const entry = path.join(folder(), 'entry.mjs')
  const bundle = path.join(folder(), 'bundle.mjs')
  const words = `console.log(JSON.stringify(${expression}))`
  writeFileSync(entry, `import {${what}} from './src/${at}.ts'\n${words}\n`)
  const flags = ['--bundle', '--platform=node', '--format=esm', '--packages=external', '--log-level=error']
  execFileSync(path.join(ROOT, 'node_modules/.bin/esbuild'), [entry, `--outfile=${bundle}`, ...flags])
  return JSON.parse(execFileSync(process.execPath, [bundle], {encoding: 'utf8'}))
}

describe('the recipes of CONTRIBUTING.md', () => {
  it.each(RECIPES)('change one room of the sources: %s', recipe => {
    const rooms = new Set(filesOf(recipe).map(file => file.split('/').slice(0, 2).join('/')))
    expect([...rooms]).toEqual([expect.stringMatching(/^src\/[a-z-]+$/)])
  })

  it.each(RECIPES)('are shown where they are told: %s', recipe => {
    expect(readFileSync(path.join(ROOT, 'CONTRIBUTING.md'), 'utf8')).toContain(`(${FOLDER}/${recipe})`)
  })

  it('leave sources that the compiler takes, one after another', () => {
    writeFileSync(
      path.join(folder(), 'tsconfig.json'),
      JSON.stringify({extends: './tsconfig.base.json', include: ['src']})
    )
    const base = readFileSync(path.join(ROOT, 'tsconfig.json'), 'utf8')
    writeFileSync(path.join(folder(), 'tsconfig.base.json'), base)
    const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc')
    expect(execFileSync(process.execPath, [tsc, '--noEmit'], {cwd: folder(), encoding: 'utf8'})).toBe('')
  })

  it('do what they are for: a tag rule', () => {
    const rule = "parseRules('type=event,prefix=by-')[0]"
    expect(valueOf('planning/rules/rule-grammar', 'parseRules', rule)).toMatchObject({
      type: 'event',
      priority: 150
    })
  })

  it('do what they are for: a scanner', () => {
    const asked = "{archive: 'a.tar', report: 'r.sarif', args: []}"
    const line = `SCAN_PRESETS['osv-scanner'].command(${asked}).args.join(' ')`
    expect(valueOf('checks/scan/scan-preset', 'SCAN_PRESETS', line)).toBe(
      'scan image --archive a.tar --format sarif --output r.sarif'
    )
  })

  it("do what they are for: a registry's quirk", () => {
    const refused = "registryAdvice({host: 'codeberg.org', name: 'o/a', status: 403, said: ''})"
    expect(valueOf('registry/client/error-hints', 'registryAdvice', refused)).toContain('write:package')
  })

  it('do what they are for: a clean-up rule', () => {
    const rules = "RULES.includes('empty-indexes')"
    expect(valueOf('cleanup/cleanup-settings', 'RULES', rules)).toBe(true)
  })

  it('do what they are for: a builder flag', () => {
    const flags = "optionFlags({dns: ['192.0.2.1']})"
    expect(valueOf('building/builders/build-options', 'optionFlags', flags)).toEqual(['--dns', '192.0.2.1'])
  })

  it('do what they are for: an input', () => {
    const notes = "releaseNotes([], {title: 'Images', introduction: 'Slim now.'})[0]"
    expect(valueOf('delivery/notes/notes-body', 'releaseNotes', notes)).toBe('## Images\n\nSlim now.')
  })
})
