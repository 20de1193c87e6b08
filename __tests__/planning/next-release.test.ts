import {describe, expect, it} from '@jest/globals'
import {parseInputs} from '../../src/command/input.js'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'
import {computeTags} from '../../src/planning/compute-tags.js'
import {tagPush} from '../support/ports.js'
import {publishRelease, releaseTags} from '../support/releases.js'
import {suiteRegistries, twoEmbedded} from '../support/suite-registries.js'

const OURS = 'b'.repeat(40)

describe('what a pull request would release', () => {
  const lab = suiteRegistries('next', twoEmbedded)

  const pullRequest = (more: Partial<WorkflowRun> = {}): WorkflowRun => ({
    ...tagPush('v0.0.0', OURS),
    event: 'pull_request',
    ref: 'refs/pull/7/merge',
    pullRequest: 7,
    baseRef: 'main',
    defaultBranch: 'main',
    ...more
  })
  /** The summary of the plan; its section about what comes, without the diagram. */
  const plan = async (run: WorkflowRun, texts: Readonly<Record<string, string>> = {}) => {
    const from = lab.ports.reporter.summaries.length
    const {push} = await computeTags.run(
      parseInputs(computeTags.inputs, {images: lab.images.join('\n'), strategy: 'release', ...texts}),
      {...lab.ports, workflowRun: () => Promise.resolve(run)}
    )
    const summary = lab.ports.reporter.summaries.slice(from).join('\n')
    const [, next = ''] = summary.split('## The release that this would become')
    return {push, next: next.split('```mermaid')[0] ?? ''}
  }

  it('is shown beside that it publishes nothing: each tag of the next version, and what moves on each registry', async () => {
    const [first = '', second = ''] = lab.images
    await publishRelease(lab.ports, {images: [first], version: '1.2.3', tags: releaseTags('1.2.3')})
    const {push, next} = await plan(pullRequest())
    expect(push).toBe('false')
    expect(next).toContain('This run publishes nothing.')
    expect(next).toContain('### If this is released by the Git tag v1.2.4')
    expect(next).toContain('1.2.4 is the one after 1.2.3, the newest that is found.')
    expect(next).toContain('| `1.2.4` | immutable | new |')
    expect(next).toMatch(
      new RegExp(
        `\\| \`latest\` \\| forward \\| moves from 1\\.2\\.3 to 1\\.2\\.4 in ${first}; new in ${second} \\|`
      )
    )
    expect(lab.ports.reporter.lines.join('\n')).toContain('If this is released by the Git tag v1.2.4')
  })

  it('is what a merge publishes, too, where the settings say so, and the version that they give', async () => {
    const {next} = await plan(pullRequest({fork: true}), {
      strategy: '',
      version: '2.0.0',
      tags: 'type=ref,event=branch\ntype=semver,pattern={{version}}'
    })
    expect(next).toContain('### If this is merged into main')
    expect(next).toContain('| `main` | moving | new |')
    expect(next).toContain('### If this is released by the Git tag v2.0.0')
    expect(next).toContain('2.0.0 is the version that the settings give.')
  })

  it('is the first version where none is found, and is asked of nobody where ask says never', async () => {
    const {next} = await plan(pullRequest(), {images: 'registry.invalid/org/app', ask: 'never'})
    expect(next).toContain('1.0.0 is the first, because no version is found.')
    expect(next).toContain('only to a newer version')
  })

  it('is left out of a run that is no pull request', async () => {
    expect((await plan({...tagPush('v0.1.0', OURS)})).next).toBe('')
  })

  it('says what could not be asked, and fails nothing', async () => {
    const {next} = await plan(pullRequest(), {images: 'localhost:1/org/app'})
    expect(next).toMatch(/localhost:1\/org\/app.*(refused|reach|ECONNREFUSED)/)
  })
})
