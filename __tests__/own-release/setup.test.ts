import {spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, describe, expect, it} from '@jest/globals'
import {parse} from 'yaml'

const ROOT = path.resolve(import.meta.dirname, '../..')

interface Action {
  readonly runs: {
    readonly steps: readonly {readonly run: string; readonly env: Readonly<Record<string, string>>}[]
  }
}

describe('the action setup', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'setup action '))
  afterAll(() => rmSync(folder, {recursive: true, force: true}))

  it('puts the command line on the search path of the steps that follow', () => {
    const {runs} = parse(readFileSync(path.join(ROOT, 'setup/action.yml'), 'utf8')) as Action
    const [{run, env} = {run: '', env: {}}] = runs.steps
    const variables = Object.fromEntries(
      Object.entries(env).map(([name, value]) => [
        name,
        value.replace('${{ github.action_path }}', path.join(ROOT, 'setup'))
      ])
    )
    const [temp, file] = [path.join(folder, 'temp'), path.join(folder, 'path')]
    mkdirSync(temp)
    const machine = {...process.env, NODE_OPTIONS: '', ...variables, RUNNER_TEMP: temp, GITHUB_PATH: file}
    // As the runner starts `shell: bash`.
    const step = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', run], {
      env: machine,
      encoding: 'utf8'
    })
    expect(step).toMatchObject({status: 0, stderr: ''})
    const added = readFileSync(file, 'utf8').trim()
    const {version} = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {version: string}
    const next = spawnSync('image-release', ['--version'], {
      cwd: '/',
      env: {...machine, PATH: `${added}:${process.env['PATH'] ?? ''}`},
      encoding: 'utf8'
    })
    expect(next).toMatchObject({status: 0, stdout: `${version}\n`})
    expect(readFileSync(path.join(added, 'image-release.cmd'), 'utf8')).toMatch(/^@node ".*cli\.js" %\*\r\n$/)
  })
})
