import {describe, expect, it} from '@jest/globals'
import {computeTags} from '../../src/planning/compute-tags.js'
import {parseInputs} from '../../src/command/input.js'
import {parsePlan} from '../../src/contracts/plan-document.js'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'
import {tagPush, testPorts} from '../support/ports.js'
import {evaluate, textOf} from '../support/workflow-judge/expression.js'
import {planned, writtenJobs} from './written-workflow.js'

const SHA = 'a'.repeat(40)
const RUNS: Readonly<Record<string, WorkflowRun>> = {
  'the tag v1.2.3': {...tagPush('v1.2.3'), defaultBranch: 'main'},
  main: {...tagPush('v1.2.3'), ref: 'refs/heads/main', defaultBranch: 'main'},
  'a pull request': {
    ...tagPush('v1.2.3'),
    event: 'pull_request',
    ref: 'refs/pull/7/merge',
    pullRequest: 7,
    defaultBranch: 'main'
  }
}

/** What the first plan of a written workflow gives in a run, with the expressions of its step evaluated as GitHub does. */
async function tagsIn(text: string, run: WorkflowRun): Promise<{push: string; tags: string[]}> {
  const steps = Object.values(writtenJobs(planned(text))).flatMap(job => job.steps ?? [])
  const step = steps.find(({uses}) => uses === 'org/image-release/compute-tags@v1')
  const contexts = {
    github: {
      event_name: run.event,
      ref: run.ref,
      ref_name: run.ref.replace(/^refs\/(?:heads|tags|pull)\//, ''),
      ref_type: run.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
      sha: run.sha,
      repository: 'acme/app'
    },
    env: {IMAGE: 'acme/app'}
  }
  const given = Object.entries(step?.with ?? {}).map(([name, value]) => [
    name,
    value.replaceAll(/\$\{\{(.*?)\}\}/gs, (_, inner: string) => textOf(evaluate(inner, contexts)))
  ])
  const inputs = parseInputs(computeTags.inputs, {...(Object.fromEntries(given) as object), ask: 'never'})
  const {plan, push} = await computeTags.run(inputs, testPorts([], {workflowRun: () => Promise.resolve(run)}))
  const tags = parsePlan(plan).targets.flatMap(target =>
    target.images.flatMap(image => target.tags.map(({name}) => `${image}:${name}`))
  )
  return {push, tags: tags.sort()}
}

const job = (steps: string, on = 'push'): string =>
  `on: ${on}\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n${steps}`

const build = (tags: string, push = 'true', before = ''): string =>
  job(
    `${before}      - uses: docker/build-push-action@v6
        with:
          context: .
          push: ${push}
          tags: |
            ${tags.split('\n').join('\n            ')}
`,
    '{push: {branches: [main], tags: [v*]}, pull_request: }'
  )

const metadata = (lines: readonly string[]): string => `      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: ghcr.io/acme/app
          tags: |
            ${lines.join('\n            ')}
`

const AUTO = "${{ github.event_name != 'pull_request' }}"

describe('the tags of a workflow that init wrote', () => {
  it.each<[string, string, Record<string, string[]>]>([
    [
      'by hand: a word and the commit',
      build('acme/app:latest\nacme/app:${{ github.sha }}', AUTO),
      {
        'the tag v1.2.3': [`docker.io/acme/app:${SHA}`, 'docker.io/acme/app:latest'],
        main: [`docker.io/acme/app:${SHA}`, 'docker.io/acme/app:latest'],
        'a pull request': []
      }
    ],
    [
      'by hand: the name of the ref, in two repositories',
      build('acme/app:${{ github.ref_name }}\nghcr.io/acme/app:${{ github.ref_name }}', AUTO),
      {
        'the tag v1.2.3': ['docker.io/acme/app:v1.2.3', 'ghcr.io/acme/app:v1.2.3'],
        main: ['docker.io/acme/app:main', 'ghcr.io/acme/app:main'],
        'a pull request': []
      }
    ],
    [
      'by hand: no tag, and a commit with words around it',
      build(
        'ghcr.io/${{ github.repository }}\nghcr.io/${{ github.repository }}:sha-${{ github.sha }}-x',
        AUTO
      ),
      {
        'the tag v1.2.3': ['ghcr.io/acme/app:latest', `ghcr.io/acme/app:sha-${SHA}-x`],
        main: ['ghcr.io/acme/app:latest', `ghcr.io/acme/app:sha-${SHA}-x`],
        'a pull request': []
      }
    ],
    [
      'by hand, pushed from main alone',
      build('acme/app:edge', "${{ github.ref == 'refs/heads/main' }}"),
      {'the tag v1.2.3': [], main: ['docker.io/acme/app:edge'], 'a pull request': []}
    ],
    [
      'by the rules of metadata-action',
      build(
        '${{ steps.meta.outputs.tags }}',
        AUTO,
        metadata(['type=semver,pattern={{version}}', 'type=ref,event=branch', 'type=ref,event=pr'])
      ).replace('tags: |\n            ${{ steps', 'tags: ${{ steps'),
      {
        'the tag v1.2.3': ['ghcr.io/acme/app:1.2.3', 'ghcr.io/acme/app:latest'],
        main: ['ghcr.io/acme/app:main'],
        'a pull request': []
      }
    ]
  ])('are those of before %s', async (_, text, expected) => {
    for (const [name, run] of Object.entries(RUNS)) {
      const {push, tags} = await tagsIn(text, run)
      expect([name, push === 'true' ? tags : []]).toEqual([name, expected[name]])
    }
  })
})
