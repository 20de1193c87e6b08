import {describe, expect, it} from '@jest/globals'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'
import {comparisonText} from '../../src/onboarding/comparison/comparison-text.js'
import {type TagComparison, compareTags} from '../../src/onboarding/comparison/tag-comparison.js'
import {UNEXPLAINED} from '../../src/planning/metadata-action/event-comparison.js'
import {on} from '../support/tag-plans.js'
import {
  MATRIX,
  MATRIX_OF_IMAGES,
  MATRIX_OF_VARIANTS,
  STEP_CASES,
  TWO_JOBS,
  workflow
} from './workflow-cases.js'
import {FILE, newFindings, planned, writtenText} from './written-workflow.js'

const RUN: WorkflowRun = {...on('main'), source: {fullName: 'acme/app', url: 'https://github.com/acme/app'}}

async function compared(text: string, run = RUN): Promise<TagComparison> {
  const plan = planned(text)
  const after = plan.files.find(({file}) => file === FILE)?.after ?? text
  const readText = (file: string): Promise<string | undefined> =>
    Promise.resolve(plan.files.find(one => one.file === file)?.after)
  return await compareTags({file: FILE, before: text, after, run, readText})
}

const metadata = (rules: readonly string[], flavor = ''): string =>
  workflow(
    `    steps:
      - uses: actions/checkout@v4
      - uses: docker/login-action@v3
        with: {registry: ghcr.io, username: "\${{ github.actor }}", password: "\${{ secrets.GITHUB_TOKEN }}"}
      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: ghcr.io/acme/app
          tags: |
            ${rules.join('\n            ')}
          flavor: "${flavor}"
      - uses: docker/build-push-action@v6
        with:
          context: .
          push: \${{ github.event_name != 'pull_request' }}
          tags: \${{ steps.meta.outputs.tags }}
          labels: \${{ steps.meta.outputs.labels }}
`,
    "{push: {branches: [main], tags: ['v*']}, pull_request: , schedule: [{cron: '1 2 * * *'}], workflow_dispatch: }"
  )

const SAME = metadata([
  'type=ref,event=branch',
  'type=ref,event=pr',
  'type=semver,pattern={{version}}',
  'type=semver,pattern={{major}}.{{minor}}',
  "type=raw,value=latest,enable=${{ github.ref == format('refs/heads/{0}', github.event.repository.default_branch) }}",
  'type=schedule,pattern=nightly',
  'type=sha'
])
const OTHER = metadata(
  ['type=raw,value=next,priority=2000', 'type=semver,pattern={{version}}'],
  'suffix=-alpine,onlatest=true'
)

describe('the tags of the old rules and the new ones', () => {
  it.each(Object.entries({...STEP_CASES, MATRIX, MATRIX_OF_IMAGES, MATRIX_OF_VARIANTS, TWO_JOBS, SAME}))(
    'agree in every event of the workflow: %s',
    async (_, text) => {
      const {events} = await compared(text)
      expect(events.length).toBeGreaterThan(0)
      expect(events.flatMap(({same}) => same).length).toBeGreaterThan(0)
      expect(events.flatMap(({differences}) => differences)).toEqual([])
    }
  )

  it.each(Object.entries({SAME, OTHER}))(
    'are those of a workflow that GitHub’s language service takes: %s',
    async (_, text) => {
      expect(await newFindings(text, writtenText(planned(text)))).toEqual([])
    }
  )

  it('differ with the reason beside each, event by event', async () => {
    const lines = comparisonText(await compared(OTHER)).split('\n')
    expect(lines.map(line => line.replaceAll(/ {2,}/g, ' | '))).toEqual([
      'EVENT | TAG | OLD RULES | NEW RULES | REASON',
      'push of v1.2.3 | ghcr.io/acme/app:next-alpine | yes | yes',
      ' | ghcr.io/acme/app:1.2.3-alpine | yes | yes',
      ' | ghcr.io/acme/app:latest-alpine | no | yes | a rule of higher priority, such as `type=raw,priority=1000`, before a version: here `latest`, for a version is released',
      'push of v1.2.3-rc.1 | ghcr.io/acme/app:next-alpine | yes | yes',
      ' | ghcr.io/acme/app:1.2.3-rc.1-alpine | yes | yes',
      'push to main | ghcr.io/acme/app:next-alpine | yes | yes',
      'pull_request | Nothing is published: a pull request only builds. To publish anyway, write push: true.',
      'schedule | ghcr.io/acme/app:next-alpine | yes | yes',
      'workflow_dispatch on main | ghcr.io/acme/app:next-alpine | yes | yes',
      '6 events, 1 difference.',
      '',
      'Beside the tags:',
      '- `org.opencontainers.image.created`: there the clock of the run; here the date of the commit: the same digest again',
      '- annotations: there at the manifest; here at manifest and index',
      '- a build without `provenance`: there adds provenance (build-push-action); here none, unless `provenance` asks for it'
    ])
  })

  it('name each branch once where nobody says which is the default one', async () => {
    const {event, ref, sha, startedAt, attempt, source} = RUN
    const {events} = await compared(SAME, {event, ref, sha, startedAt, attempt, source})
    expect(events.filter(({event: name}) => name === 'push to main')).toHaveLength(1)
  })

  it('say of each difference which row of docs/migration.md explains it', async () => {
    const text = metadata([
      'type=match,pattern=v(\\d+),group=1',
      'type=ref,event=tag',
      'type=semver,pattern={{major}}'
    ])
    const {events} = await compared(text)
    const differences = events.flatMap(({event, differences: all}) =>
      all.map(({tag, given, row}) => `${event}: ${given} ${tag}: ${row ?? ''}`)
    )
    expect(differences).toEqual(['push of v1.2.3-rc.1: old ghcr.io/acme/app:1: prerelease'])
    expect(JSON.stringify(events)).not.toContain(UNEXPLAINED)
  })
})
