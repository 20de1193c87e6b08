import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import {descriptorOf} from '../../src/oci/manifest.js'
import {partsOf, sampleImage, sampleIndex, writeLayout} from '../builders/layouts.js'
import {type EventName, eventVariables} from '../support/events.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {startEmbedded} from '../support/registries.js'
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
    mkdirSync(path.join(workspace, '.github'))
    writeFileSync(
      path.join(workspace, '.github/image-release.yml'),
      'strategy: release\ntags: ["type=raw,value=main,enable={{is_default_branch}}"]\nbuild-by-digest: {source: built}\n'
    )
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
          'Check',
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
