import {spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import {descriptorOf} from '../../src/oci/manifest.js'
import {partsOf, sampleImage, sampleIndex, writeLayout} from '../building/layouts.js'
import {type EventName, eventVariables} from '../support/events.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {startEmbedded} from '../support/registries.js'
import {startResultsService} from '../support/results-service.js'
import {digestAt} from '../support/releases.js'
import {type ActionRun, runAction} from '../support/run-action.js'

const PLATFORMS = ['amd64', 'arm64']

/** `uses: org/image-release@v1` without a command, in the one job of a workflow. */
describe('the root action without a command', () => {
  let registry: Awaited<ReturnType<typeof startEmbedded>>
  let ports: TestPorts
  let workspace: string
  let image: string
  let number = 0

  beforeAll(async () => {
    registry = await startEmbedded()
    ports = testPorts([registry])
  })
  afterAll(async () => {
    ports.close()
    rmSync(workspace, {recursive: true, force: true})
    await registry.stop()
  })
  beforeEach(() => {
    number += 1
    image = `${registry.host}/one/job${number}`
  })

  /** A checkout, with an image that a step before has built of this commit. */
  const checkOut = (revision: string): void => {
    workspace = mkdtempSync(path.join(tmpdir(), 'workspace-'))
    writeImage(revision)
    mkdirSync(path.join(workspace, '.github'))
    writeFileSync(
      path.join(workspace, '.github/image-release.yml'),
      'strategy: release\ntags: ["type=raw,value=main,enable={{is_default_branch}}"]\nbuild-by-digest: {source: built}\n'
    )
  }
  const writeImage = (revision: string): void => {
    const labels = {'org.opencontainers.image.revision': revision}
    const images = PLATFORMS.map(architecture =>
      sampleImage({os: 'linux', architecture, config: {Labels: labels}})
    )
    const index = sampleIndex(
      images.map(({manifest}, at) => ({
        ...descriptorOf(manifest),
        platform: {os: 'linux', architecture: PLATFORMS[at] ?? ''}
      }))
    )
    writeLayout(path.join(workspace, 'built'), [index], [index.bytes, ...images.flatMap(partsOf)])
  }
  const run = async (event: EventName): Promise<ActionRun> => {
    checkOut(eventVariables(event)['GITHUB_SHA'] ?? '')
    return await runAction('', {inputs: {images: image}, event, workspace})
  }

  it.each<[EventName, string[]]>([
    ['push-tag', ['1.2.3', '1.2', '1', 'latest']],
    ['push-branch', ['main']]
  ])(
    'publishes for %s, and writes one summary of the whole',
    async (event, tags) => {
      const {exitCode, outputs, summary, stdout} = await run(event)
      expect(exitCode === 0 ? 0 : stdout).toBe(0)
      expect(outputs['push']).toBe('true')
      expect(outputs['tags']?.split('\n').sort()).toEqual(tags.map(tag => `${image}:${tag}`).sort())
      for (const tag of tags) expect(await digestAt(ports, image, tag)).toBe(outputs['digest'])
      expect(summary.match(/^# /gm)).toHaveLength(1)
      expect(stdout.match(/^::group::.*/gm)).toEqual(
        [
          'Plan',
          'Preflight',
          'Build',
          'Merge',
          'Verify',
          ...(event === 'push-tag' ? ['Notes'] : []),
          'Clean up'
        ].map(title => `::group::${title}`)
      )
    },
    60_000
  )

  it('goes on in a later attempt of the run with what the first built, by its artifacts', async () => {
    const service = await startResultsService()
    try {
      checkOut('unknown')
      const git = (...args: string[]): string => {
        const {status, stdout, stderr} = spawnSync('git', ['-C', workspace, ...args], {encoding: 'utf8'})
        if (status !== 0) throw new Error(stderr)
        return stdout.trim()
      }
      git('init', '--quiet')
      writeFileSync(path.join(workspace, '.gitignore'), '*\n')
      git('-c', 'user.name=x', '-c', 'user.email=x@y.z', 'commit', '--quiet', '--allow-empty', '-m', 'first')
      const sha = git('rev-parse', 'HEAD')
      rmSync(path.join(workspace, 'built'), {recursive: true})
      writeImage(sha)
      const attempt = async (number: number, inputs: Readonly<Record<string, string>>): Promise<ActionRun> =>
        await runAction('', {
          inputs: {images: image, ...inputs},
          event: 'push-tag',
          workspace,
          variables: {
            ...service.env('run-1', `job-${number}`),
            GITHUB_SHA: sha,
            GITHUB_RUN_ATTEMPT: String(number)
          }
        })
      const first = await attempt(1, {until: 'build'})
      expect(first.exitCode === 0 ? first.outputs['tags'] : first.stdout).toBe('')
      const second = await attempt(2, {resume: 'true'})
      expect(second.exitCode === 0 ? 0 : second.stdout).toBe(0)
      expect(second.stdout.match(/is built already, and is in every registry/g)).toHaveLength(2)
      expect(second.outputs['tags']).toContain(`${image}:1.2.3`)
      // Of what another run built, nothing is known here.
      const other = await runAction('', {
        inputs: {images: image, resume: 'true'},
        event: 'push-tag',
        workspace,
        variables: {...service.env('run-2'), GITHUB_SHA: sha}
      })
      expect(other.exitCode === 0 ? 0 : other.stdout).toBe(0)
      expect(other.stdout).not.toContain('is built already, and stands')
      expect(other.outputs['digest']).toBe(second.outputs['digest'])
    } finally {
      await service.stop()
    }
  }, 60_000)

  it.each<EventName>(['pull_request', 'pull_request-fork'])(
    'only builds for %s',
    async event => {
      const {exitCode, outputs, stdout} = await run(event)
      expect(exitCode === 0 ? 0 : stdout).toBe(0)
      expect(outputs).toMatchObject({push: 'false', tags: '', digest: ''})
      const {repositories} = (await (await fetch(`http://${registry.host}/v2/_catalog`)).json()) as {
        repositories: string[]
      }
      expect(repositories).not.toContain(`one/job${number}`)
    },
    60_000
  )
})
