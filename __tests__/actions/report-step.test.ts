import {describe, expect, it} from '@jest/globals'
import {formatRelease} from '../../src/contracts/release-document.js'
import {namedDigest} from '../support/sample-report.js'
import {startResultsService} from '../support/results-service.js'
import {runAction} from '../support/run-action.js'

const RELEASE = formatRelease([
  {
    target: 'app',
    digest: namedDigest('app'),
    platforms: ['linux/amd64'],
    images: ['ghcr.io/org/app'],
    tags: [{reference: 'ghcr.io/org/app:1.2.3', state: 'new'}]
  }
])
const VARIABLES = {
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'org/app',
  GITHUB_RUN_ID: '77'
}

describe('report as a step of a workflow', () => {
  it('keeps the page as an artifact that a browser shows, and links it first of all in the summary', async () => {
    const service = await startResultsService()
    try {
      const {exitCode, outputs, summary, stdout} = await runAction('report', {
        inputs: {release: RELEASE, ask: 'never'},
        event: 'push-tag',
        variables: {...VARIABLES, ...service.env()}
      })
      expect(exitCode === 0 ? 0 : stdout).toBe(0)
      const page = service.artifacts().find(({name}) => name === 'report.html')
      expect(page?.mimeType).toBe('text/html')
      expect(service.content('report.html')?.toString()).toMatch(/^<!doctype html>/)
      expect(outputs['address']).toBe(
        `https://github.com/org/app/actions/runs/77/artifacts/${String(page?.id)}`
      )
      expect(summary.split('\n')[0]).toBe(`**[Open the page of this release](${outputs['address'] ?? ''})**`)
      expect(service.artifacts().map(({name}) => name)).toEqual(['report', 'report.html'])
      // A run that is repeated replaces both.
      const again = await runAction('report', {
        inputs: {release: RELEASE, ask: 'never'},
        event: 'push-tag',
        variables: {...VARIABLES, ...service.env('run-1', 'job-2')}
      })
      expect(again.outputs['address']).not.toBe(outputs['address'])
      expect(service.artifacts()).toHaveLength(2)
    } finally {
      await service.stop()
    }
  })

  it('has no link where the service takes no artifacts, and goes on', async () => {
    const service = await startResultsService()
    try {
      service.fail({method: 'CreateArtifact', status: 403})
      const {exitCode, outputs, summary, stdout} = await runAction('report', {
        inputs: {release: RELEASE, ask: 'never'},
        event: 'push-tag',
        variables: {...VARIABLES, ...service.env()}
      })
      expect([exitCode, outputs['address']]).toEqual([0, ''])
      expect(stdout).toContain('The page is not kept: ')
      expect(summary).toMatch(/^## ghcr\.io\/org\/app\n/)
    } finally {
      await service.stop()
    }
  })
})
