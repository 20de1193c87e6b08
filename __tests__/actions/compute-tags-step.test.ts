import {cpSync, mkdtempSync, readFileSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {EVENT_SHA} from '../support/events.js'
import {runAction} from '../support/run-action.js'

const ROOT = path.resolve(import.meta.dirname, '../..')
const IMAGES = 'ghcr.io/octo/hello\ndocker.io/octo/hello'
const inputs = {
  images: IMAGES,
  tags: 'type=semver,pattern={{version}}\ntype=semver,pattern={{major}}.{{minor}}\ntype=ref,event=pr',
  ask: 'never'
}

describe('the action compute-tags', () => {
  it('gives the outputs of docker/metadata-action, and exports them', async () => {
    const {exitCode, outputs, variables} = await runAction('compute-tags', {
      inputs,
      event: 'push-tag'
    })
    expect(exitCode).toBe(0)
    const tags = [
      'ghcr.io/octo/hello:1.2.3',
      'ghcr.io/octo/hello:1.2',
      'ghcr.io/octo/hello:latest',
      'octo/hello:1.2.3',
      'octo/hello:1.2',
      'octo/hello:latest'
    ]
    expect(outputs['version']).toBe('1.2.3')
    expect(outputs['tags']?.split('\n').map(tag => tag.replace('docker.io/', ''))).toEqual(tags)
    expect(outputs['labels']?.split('\n')).toEqual(
      expect.arrayContaining([
        'org.opencontainers.image.created=2020-01-10T00:30:00.000Z',
        'org.opencontainers.image.licenses=MIT',
        `org.opencontainers.image.revision=${EVENT_SHA}`,
        'org.opencontainers.image.version=1.2.3'
      ])
    )
    expect(variables).toMatchObject({
      DOCKER_METADATA_OUTPUT_VERSION: '1.2.3',
      DOCKER_METADATA_OUTPUT_TAGS: outputs['tags'],
      DOCKER_METADATA_OUTPUT_JSON: outputs['json']
    })
  })

  it('gives a plan and the matrices of the jobs, and shows the tags in the summary', async () => {
    const {outputs, summary} = await runAction('compute-tags', {inputs, event: 'push-tag'})
    expect(outputs['push']).toBe('true')
    expect(JSON.parse(outputs['plan'] ?? '')).toMatchObject({schema: 1, version: '1.2.3', push: true})
    const {include} = JSON.parse(outputs['build-matrix'] ?? '') as {
      include: {platform: string; runner: string}[]
    }
    expect(include.map(({platform, runner}) => [platform, runner])).toEqual([
      ['linux/amd64', 'ubuntu-24.04'],
      ['linux/arm64', 'ubuntu-24.04-arm']
    ])
    expect(summary).toContain('| `1.2.3` | immutable |')
  })

  it('publishes nothing for a pull request', async () => {
    const {exitCode, outputs} = await runAction('compute-tags', {inputs, event: 'pull_request'})
    expect(exitCode).toBe(0)
    expect(outputs['push']).toBe('false')
    expect(outputs['version']).toBe('pr-7')
  })

  it('fails with all faults at once, each an annotation in the log, and gives no output', async () => {
    const wrong = {images: 'ghcr.io/Octo/Hello', tags: 'type=semvr', push: 'maybe'}
    const {exitCode, outputs, stdout} = await runAction('compute-tags', {
      inputs: wrong,
      event: 'push-tag'
    })
    expect(exitCode).toBe(1)
    expect(outputs).toEqual({})
    const [error = ''] = stdout.split('\n').filter(line => line.startsWith('::error::'))
    for (const part of ['tags: ', 'semvr', 'did you mean semver', 'push: ', '"maybe"'])
      expect(error).toContain(part)
  })

  it('starts without the code for artifacts, caches and cloud storage', async () => {
    const root = mkdtempSync(path.join(tmpdir(), 'slim-'))
    try {
      for (const folder of ['dist', 'compute-tags', 'build-by-digest'])
        cpSync(path.join(ROOT, folder), path.join(root, folder), {recursive: true})
      const heavy = readdirSync(path.join(root, 'dist')).filter(file =>
        isHeavy(path.join(root, 'dist', file))
      )
      expect(heavy).not.toEqual([])
      for (const file of heavy) rmSync(path.join(root, 'dist', file))
      const {exitCode, outputs} = await runAction('compute-tags', {
        inputs,
        event: 'push-tag',
        root
      })
      expect({exitCode, version: outputs['version']}).toEqual({exitCode: 0, version: '1.2.3'})
    } finally {
      rmSync(root, {recursive: true})
    }
  })
})

describe('the root action', () => {
  it('does what its input command says', async () => {
    const {exitCode, outputs} = await runAction('', {
      inputs: {command: 'compute-tags', images: 'ghcr.io/octo/hello', tags: 'type=raw,value=a', ask: 'never'},
      event: 'push-branch'
    })
    expect({exitCode, tags: outputs['tags']}).toEqual({exitCode: 0, tags: 'ghcr.io/octo/hello:a'})
  })

  it.each([
    // Without one it is a whole release, which needs to know where to.
    ['', 'images: '],
    ['compute-tag', 'did you mean compute-tags?']
  ])('refuses the command %j', async (command, message) => {
    const {exitCode, stdout} = await runAction('', {inputs: {command}, event: 'push-branch'})
    expect(exitCode).toBe(1)
    expect(stdout).toContain('::error::')
    expect(stdout).toContain(message)
  })
})

function isHeavy(file: string): boolean {
  return /\.js$/.test(file) && /ArtifactService|BlockBlobClient|CacheService/.test(readFileSync(file, 'utf8'))
}
