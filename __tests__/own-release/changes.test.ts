import {spawnSync} from 'node:child_process'
import {writeFileSync} from 'node:fs'
import path from 'node:path'
import {afterAll, describe, expect, it} from '@jest/globals'
import {copyProject} from '../support/project-copy.js'

describe('what is said of a version when it is published', () => {
  const copy = copyProject(file => /^(scripts\/publish\/.*|CHANGELOG\.md)$/.test(file), 'none')
  afterAll(() => copy.dispose())

  function changesOf(tag: string, changelog: string) {
    writeFileSync(path.join(copy.folder, 'package.json'), '{"version": "1.2.3"}')
    writeFileSync(
      path.join(copy.folder, 'CHANGELOG.md'),
      `# Changelog\n\n## [Unreleased]\n\n- Later.\n\n${changelog}`
    )
    const {status, stdout, stderr} = spawnSync('node', ['scripts/publish/changes.mjs', tag], {
      cwd: copy.folder,
      env: {...process.env, NODE_OPTIONS: ''},
      encoding: 'utf8'
    })
    return {status, stdout: stdout.trim(), stderr: stderr.trim().split('\n').filter(Boolean)}
  }

  it('is the section of CHANGELOG.md', () => {
    const changelog =
      '## [1.2.3] - 2026-11-28\n\n### Fixed\n\n- This.\n\n## [1.2.2] - 2026-11-01\n\n- That.\n'
    expect(changesOf('v1.2.3', changelog)).toEqual({status: 0, stdout: '### Fixed\n\n- This.', stderr: []})
  })

  it.each([
    [
      'v1.2.4',
      '## [1.2.3] - 2026-11-28\n\n- This.\n',
      ['the Git tag is "v1.2.4", and package.json has the version 1.2.3']
    ],
    [
      'v1.2.3',
      '## [1.2.2] - 2026-11-01\n\n- That.\n',
      ['CHANGELOG.md has no section «## [1.2.3] - YYYY-MM-DD»']
    ],
    ['v1.2.3', '## [1.2.3] - soon\n\n- This.\n', ['CHANGELOG.md has no date in «## [1.2.3] - soon»']],
    [
      'v1.2.3',
      '## [1.2.3] - 2026-11-28\n\n## [1.2.2] - 2026-11-01\n',
      ['CHANGELOG.md says nothing of 1.2.3']
    ],
    [
      'v2.0.0',
      '',
      [
        'the Git tag is "v2.0.0", and package.json has the version 1.2.3',
        'CHANGELOG.md has no section «## [1.2.3] - YYYY-MM-DD»'
      ]
    ]
  ])('is nothing, and an error for each fault: %s, %j', (tag, changelog, faults) => {
    expect(changesOf(tag, changelog)).toEqual({
      status: 1,
      stdout: '',
      stderr: faults.map(fault => `Not published: ${fault}.`)
    })
  })
})
