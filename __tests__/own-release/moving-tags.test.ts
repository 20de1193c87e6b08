import {execFileSync, spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'

const SCRIPT = path.resolve(import.meta.dirname, '../../scripts/publish/moving-tags')

describe('the Git tags that users of the actions name', () => {
  let folder: string
  const git = (...args: string[]): string =>
    execFileSync(
      'git',
      ['-C', path.join(folder, 'clone'), '-c', 'user.name=a', '-c', 'user.email=a@b', ...args],
      {
        encoding: 'utf8'
      }
    ).trim()

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tags-'))
    execFileSync('git', ['init', '--quiet', '--bare', path.join(folder, 'remote')])
    execFileSync('git', ['clone', '--quiet', path.join(folder, 'remote'), path.join(folder, 'clone')], {
      stdio: 'ignore'
    })
  })
  afterEach(() => rmSync(folder, {recursive: true, force: true}))

  /** Commits, and pushes a tag for it. */
  function release(tag: string, kind: 'plain' | 'annotated' = 'plain'): string {
    git('commit', '--quiet', '--allow-empty', '--message', tag)
    git('tag', ...(kind === 'annotated' ? ['--annotate', '--message', tag] : []), tag)
    git('push', '--quiet', 'origin', `refs/tags/${tag}`)
    return git('rev-parse', 'HEAD')
  }
  const move = (tag: string) => {
    const {status, stderr} = spawnSync(SCRIPT, [tag], {cwd: path.join(folder, 'clone'), encoding: 'utf8'})
    return {status, stderr: stderr.trim().split('\n')}
  }
  const at = (tag: string): string => {
    const refs = git('ls-remote', '--tags', 'origin', `refs/tags/${tag}`, `refs/tags/${tag}^{}`)
    return refs.split('\n').at(-1)?.split('\t')[0] ?? ''
  }

  it.each(['plain', 'annotated'] as const)(
    'appear with the first version, and follow the next: %s tags',
    kind => {
      const first = release('v1.2.3', kind)
      expect(move('v1.2.3')).toEqual({
        status: 0,
        stderr: ['v1 was moved to v1.2.3', 'v1.2 was moved to v1.2.3']
      })
      expect([at('v1'), at('v1.2')]).toEqual([first, first])
      const next = release('v1.3.0', kind)
      expect(move('v1.3.0').status).toBe(0)
      expect([at('v1'), at('v1.2'), at('v1.3')]).toEqual([next, first, next])
    }
  )

  it('stay at the newest of their line, whatever is released after it', () => {
    release('v1.9.0')
    const newest = release('v1.10.0')
    move('v1.10.0')
    const patch = release('v1.9.1')
    const major = release('v2.0.0')
    expect(move('v1.9.1').stderr).toEqual(['v1 is at v1.10.0 already', 'v1.9 was moved to v1.9.1'])
    move('v2.0.0')
    expect([at('v1'), at('v1.9'), at('v1.10'), at('v2')]).toEqual([newest, patch, newest, major])
  })

  it('change nothing when it is run again', () => {
    release('v1.2.3')
    move('v1.2.3')
    expect(move('v1.2.3')).toEqual({
      status: 0,
      stderr: ['v1 is at v1.2.3 already', 'v1.2 is at v1.2.3 already']
    })
  })

  it('are taken to the newest by the run of an older version, where that comes last', () => {
    release('v1.2.3')
    const newest = release('v1.2.4')
    expect(move('v1.2.3').status).toBe(0)
    expect([at('v1'), at('v1.2')]).toEqual([newest, newest])
  })

  it('do not move for a pre-release', () => {
    release('v1.2.3-rc.1')
    expect(move('v1.2.3-rc.1')).toEqual({status: 0, stderr: ['v1.2.3-rc.1 is a pre-release: no tag moves']})
    expect(at('v1')).toBe('')
  })

  it.each([
    ['1.2.3', 2, '1.2.3 is no version such as v1.2.3'],
    ['v1.2', 2, 'v1.2 is no version such as v1.2.3'],
    ['v1.2.3', 1, 'origin has no tag v1.2.3']
  ])('do not move for %s', (tag, status, said) => {
    expect(move(tag)).toEqual({status, stderr: [said]})
  })
})
