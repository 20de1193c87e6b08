import {describe, expect, it} from '@jest/globals'
import {parse} from 'yaml'
import {assertRules} from '../../src/cleanup/cleanup-checks.js'
import {cleanupInputs} from '../../src/cleanup/cleanup-inputs.js'
import {parseInputs} from '../../src/command/input.js'
import {type OnboardingPlan, accountsOf, planOnboarding} from '../../src/onboarding/onboarding-plan.js'

const FACTS = {
  images: [],
  source: 'Acme/App',
  host: 'github.com',
  defaultBranch: 'main',
  workflow: 'org/image-release/.github/workflows/release.yml@v1',
  chosen: undefined,
  isBeside: false
}
const FILE = '.github/workflows/cleanup.yml'

const plan = (text: string, more: Readonly<Record<string, string>> = {}): OnboardingPlan =>
  planOnboarding(
    {
      containerfile: 'Dockerfile',
      others: [],
      contexts: [],
      dockerignore: '.image-release',
      versionFile: undefined,
      config: undefined,
      named: new Map(),
      workflows: Object.entries({[FILE]: text, ...more}).map(([file, one]) => ({file, text: one}))
    },
    FACTS
  )
const after = (made: OnboardingPlan, file = FILE): string =>
  made.files.find(one => one.file === file)?.after ?? ''

interface Written {
  readonly jobs: Readonly<Record<string, {readonly steps: readonly Readonly<Record<string, unknown>>[]}>>
}

const NIGHTLY = `# Keeps the package small.
name: Clean up
on: {schedule: [{cron: 0 3 * * *}]} # at night
jobs:
  clean:
    runs-on: ubuntu-24.04
    permissions: {packages: write}
    steps:
      - run: echo before
      # the ten newest
      - name: Old images
        uses: dataaxiom/ghcr-cleanup-action@cd0cdb900b5dbf3a6f2cc869f0dbb0b8211f50c4 # v1.0.16
        if: github.ref == 'refs/heads/main'
        with:
          packages: app,tools/cli
          keep-n-tagged: 10
          exclude-tags: dev,v*
          older-than: 30 days
      - uses: snok/container-retention-policy@v3.1.0
        with:
          account: acme
          token: \${{ secrets.PAT }}
          image-names: app*
          image-tags: pr-* sha-*
          cut-off: 2w
`

describe('init and the steps of other clean-up actions', () => {
  it('puts cleanup-latest in their place, and leaves all else as it is written', () => {
    const made = plan(NIGHTLY)
    const text = after(made)
    for (const kept of ['# Keeps the package small.', '# at night', '# the ten newest', 'run: echo before'])
      expect(text).toContain(kept)
    expect(text).not.toMatch(/ghcr-cleanup|retention-policy|v1\.0\.16/)
    const {jobs} = parse(text) as Written
    expect(jobs['clean']?.steps.slice(1)).toEqual([
      {
        name: 'Old images',
        if: "github.ref == 'refs/heads/main'",
        uses: 'org/image-release/cleanup-latest@v1',
        with: {
          'allow-deletion': 'true',
          images: 'ghcr.io/acme/app\nghcr.io/acme/tools/cli',
          'github-token': '${{ github.token }}',
          'registry-credentials': 'ghcr.io=${{ github.actor }}:${{ github.token }}',
          'keep-images': 'dev\nglob:v*',
          'keep-newest': '10',
          'older-than': '30d'
        }
      },
      {
        uses: 'org/image-release/cleanup-latest@v1',
        with: {
          'allow-deletion': 'true',
          packages: 'ghcr.io/acme/app*',
          'github-token': '${{ secrets.PAT }}',
          'registry-credentials': 'ghcr.io=${{ github.actor }}:${{ secrets.PAT }}',
          untagged: 'true',
          'delete-tags': 'glob:pr-*\nglob:sha-*',
          'whole-images': 'true',
          'keep-tags': 'glob:!(pr-*|sha-*)',
          'older-than': '2w'
        }
      }
    ])
    expect(made.notes.filter(note => note.includes('becomes cleanup-latest'))).toHaveLength(2)
  })

  it('writes inputs that the action takes', () => {
    const {jobs} = parse(after(plan(NIGHTLY))) as Written
    for (const {with: given} of jobs['clean']!.steps.slice(1)) {
      const texts = Object.entries(given as Record<string, string>).filter(
        ([name]) => name !== 'registry-credentials'
      )
      const values = parseInputs(cleanupInputs, Object.fromEntries(texts))
      expect(() => {
        assertRules(values)
      }).not.toThrow()
      expect(texts.filter(([name]) => !(name in cleanupInputs))).toEqual([])
    }
  })

  it.each([
    [
      'a rule without a counterpart',
      `      - uses: actions/delete-package-versions@v5
        with: {package-name: app, package-type: container, min-versions-to-keep: 10}
`,
      /delete-package-versions in the job clean stays as it is: it counts platforms .* keep-newest: 10/
    ],
    [
      'a package of another kind',
      `      - uses: actions/delete-package-versions@v5
        with: {package-name: app, package-type: npm, delete-only-untagged-versions: true}
`,
      /stays as it is: it is about npm packages/
    ],
    [
      'outputs that another step reads',
      `      - id: old
        uses: snok/container-retention-policy@v3.1.0
        with: {account: acme, token: x, image-names: app, cut-off: 2w}
      - run: echo \${{ steps.old.outputs.deleted }}
`,
      /stays as it is: others read its outputs as steps\\.old\\.outputs/
    ]
  ])('leaves what has no counterpart, and says why: %s', (_, steps, why) => {
    const text = `on: push\njobs:\n  clean:\n    runs-on: ubuntu-24.04\n    steps:\n${steps}`
    const made = plan(text)
    expect(made.files.map(({file}) => file)).not.toContain(FILE)
    expect(made.notes.join('\n')).toMatch(new RegExp(why.source.replaceAll('\\\\', '\\')))
  })

  it('translates the clean-up of a workflow that builds, too, and accounts for both', () => {
    const build = `on: push
jobs:
  docker:
    runs-on: ubuntu-24.04
    steps:
      - uses: docker/build-push-action@v6
        with: {push: true, tags: 'ghcr.io/acme/app:latest'}
      - uses: dataaxiom/ghcr-cleanup-action@v1
        with: {delete-tags: 'pr-*'}
  clean:
    needs: docker
    runs-on: ubuntu-24.04
    steps:
      - uses: dataaxiom/ghcr-cleanup-action@v1
        with: {package: app, delete-tags: 'pr-*'}
`
    const made = plan(build)
    const {before} = made.files.find(({file}) => file === FILE)!
    expect(before).toBe(build)
    const {jobs} = parse(after(made)) as Written
    expect(jobs['clean']?.steps[0]).toMatchObject({
      uses: 'org/image-release/cleanup-latest@v1',
      with: {images: 'ghcr.io/acme/app', 'delete-tags': 'glob:pr-*', 'min-age': '0'}
    })
    expect(jobs['docker']?.steps.map(({uses}) => uses)).toEqual(
      ['compute-tags', 'build-by-digest', 'merge-manifest', 'cleanup-latest'].map(
        command => `org/image-release/${command}@v1`
      )
    )
    expect(accountsOf(made)).toMatch(/jobs\.docker\.steps\[1\].*taken over: cleanup-latest/)
  })
})
