import {execFileSync} from 'node:child_process'
import {describe, expect, it} from '@jest/globals'
import {parse} from 'yaml'
import {accountsOf} from '../../src/onboarding/onboarding-plan.js'
import {component, itWith} from '../support/components.js'
import {
  ATTEST,
  BUILDAH,
  HANDMADE,
  PULL_REQUESTS,
  STEP_CASES as CASES,
  TEST_ONLY,
  TWO,
  workflow
} from './workflow-cases.js'
import {SETTINGS, newFindings, planned, writtenJobs, writtenText} from './written-workflow.js'

const COMMANDS = ['compute-tags', 'build-by-digest', 'merge-manifest'].map(
  name => `org/image-release/${name}@v1`
)

describe('init and workflows with steps of their own', () => {
  it('puts three steps in the place of a build with hand-made tags, and keeps tests and comments', () => {
    const plan = planned(HANDMADE)
    const {steps = []} = writtenJobs(plan)['build'] ?? {}
    expect(steps.map(({uses, run}) => uses ?? run)).toEqual([
      'actions/checkout@v4',
      'npm ci && npm test && npm run build',
      'docker/login-action@v3',
      ...COMMANDS
    ])
    expect(steps[3]?.with).toEqual({
      images: 'acme/app',
      tags: 'type=raw,value=latest\ntype=sha,format=long,prefix=',
      flavor: 'latest=false',
      platforms: 'linux/amd64'
    })
    expect(writtenText(plan)).toContain('      # the image\n      - name: Plan tags\n')
    expect(plan.files.map(({file}) => file)).not.toContain(SETTINGS)
  })

  it('keeps environment, runners, permissions, outputs, submodules, attestation, signature and deployment', () => {
    const plan = planned(ATTEST)
    const before = (parse(ATTEST) as {jobs: Record<string, Record<string, unknown>>}).jobs
    const after = writtenJobs(plan)
    const {steps = [], outputs} = after['build'] ?? {}
    expect({...after['build'], steps: [], outputs: {}}).toEqual({...before['build'], steps: [], outputs: {}})
    expect(after['deploy']).toEqual(before['deploy'])
    // The step that publishes has the id of the old one: its digest is that of the image.
    expect(outputs).toEqual({
      digest: '${{ steps.b.outputs.digest }}',
      image: '${{ steps.b-image.outputs.imageid }}'
    })
    expect(steps.map(({id}) => id)).toEqual([
      undefined,
      'meta',
      'b-image',
      'b',
      undefined,
      undefined,
      undefined
    ])
    expect(steps[0]?.with).toEqual({submodules: 'recursive'})
    expect(steps[2]?.with).toMatchObject({secrets: 'npm=${{ secrets.NPM }}', 'cache-from': 'type=gha'})
    expect(steps[4]?.with).toMatchObject({'subject-digest': '${{ steps.b.outputs.digest }}'})
    expect(steps[5]?.run).toBe('cosign sign --yes ghcr.io/acme/app@${{ steps.b.outputs.digest }}')
    expect(steps[6]?.if).toBe("always() && steps.b-image.outcome == 'failure'")
  })

  it('publishes in the runs in which the old build pushed, and says above a step what it does not take over', () => {
    const plan = planned(PULL_REQUESTS)
    const {steps = []} = writtenJobs(plan)['build'] ?? {}
    expect(steps[1]).toEqual({
      id: 'meta',
      uses: COMMANDS[0],
      with: {
        images: 'ghcr.io/acme/app',
        tags: 'type=ref,event=branch\n',
        platforms: 'linux/amd64,linux/arm64',
        push: "${{ (github.ref == 'refs/heads/main') && 'true' || 'false' }}"
      }
    })
    expect(steps[4]).toMatchObject({if: "steps.meta.outputs.push == 'true'", uses: COMMANDS[2]})
    expect(writtenText(plan)).toMatch(
      / {6}# init: outputs is not taken over: compression=zstd [^\n]*\n {6}- name: Build\n/
    )
    expect(accountsOf(plan)).toMatch(/steps\[3\]\.with\.outputs: NOT taken over: compression=zstd/)
  })

  it('leaves a build for a test alone, and gives each image of a matrix its plan', () => {
    const {steps = []} = writtenJobs(planned(TWO))['build'] ?? {}
    expect(steps.map(({uses, run}) => uses ?? run)).toEqual([
      'actions/checkout@v4',
      COMMANDS[0],
      'docker/build-push-action@v6',
      'docker run --rm app:test --version',
      COMMANDS[1],
      COMMANDS[2],
      ...COMMANDS
    ])
    expect(steps[6]?.with).toMatchObject({
      images: 'ghcr.io/acme/app-debug',
      tags: 'type=raw,value=${{ steps.meta.outputs.version }}'
    })
  })

  it('takes registry, platforms, file, format and credentials of redhat-actions over', () => {
    const plan = planned(BUILDAH)
    const {steps = []} = writtenJobs(plan)['build'] ?? {}
    const login = {'registry-credentials': 'quay.io=${{ secrets.Q }}:${{ secrets.QP }}'}
    expect(steps.slice(1)).toEqual([
      {
        name: 'Plan tags',
        id: 'plan',
        uses: COMMANDS[0],
        with: {
          images: 'quay.io/acme/app',
          tags: 'type=raw,value=latest\ntype=sha,format=long,prefix=',
          flavor: 'latest=false',
          platforms: 'linux/amd64,linux/s390x',
          push: "${{ (github.ref == 'refs/heads/main') && 'true' || 'false' }}",
          ...login
        }
      },
      {
        id: 'b',
        uses: COMMANDS[1],
        with: {
          'build-args': 'A=1',
          file: './Containerfile.prod',
          platforms: 'linux/amd64,linux/s390x',
          builder: 'buildah',
          format: 'docker',
          plan: '${{ steps.plan.outputs.plan }}',
          'hand-over': 'output',
          ...login
        }
      },
      {run: 'make check'},
      {
        name: 'Publish',
        id: 'push',
        if: "github.ref == 'refs/heads/main' && steps.plan.outputs.push == 'true'",
        uses: COMMANDS[2],
        with: {
          plan: '${{ steps.plan.outputs.plan }}',
          records: '${{ steps.b.outputs.records }}',
          ...login
        }
      },
      {run: 'echo "${{ steps.push.outputs.digest }}"'}
    ])
    expect(accountsOf(plan)).toMatch(/steps\[1\]\.with\.layers: NOT taken over: .* cache: registry does/)
  })

  it.each(Object.entries(CASES))('writes what GitHub’s language service takes: %s', async (_, text) => {
    expect(await newFindings(text, writtenText(planned(text)))).toEqual([])
  })

  itWith(['actionlint']).each(Object.entries(CASES))('writes what actionlint takes: %s', (_, text) => {
    const lint = () =>
      execFileSync(component('actionlint'), ['-shellcheck=', '-pyflakes=', '-ignore', 'label "big"', '-'], {
        input: writtenText(planned(text)),
        encoding: 'utf8'
      })
    expect(lint).not.toThrow()
  })
})

describe('init and what it leaves alone', () => {
  it('makes no release of a build that never pushes', () => {
    const plan = planned(TEST_ONLY)
    expect(plan.files.map(({file}) => file)).toEqual([SETTINGS, '.github/workflows/release.yml'])
  })

  it.each([
    ['docker/bake-action', '- uses: docker/bake-action@v6\n        with: {push: true}'],
    ['goreleaser', '- uses: goreleaser/goreleaser-action@v6\n        with: {args: release}'],
    ['ko', '- run: ko build ./cmd/app'],
    ['docker push', '- run: |\n          docker build -t acme/app .\n          docker push acme/app'],
    [
      'docker buildx build --push',
      '- run: docker buildx build --platform linux/amd64 \\\n            --push -t acme/app .'
    ],
    [
      'docker/build-push-action',
      '- uses: docker/build-push-action@v6\n        with: {push: true, tags: "${{ steps.prep.outputs.tags }}"}'
    ]
  ])('adds no second publisher beside %s, unless it is told to', (tool, step) => {
    const text = workflow(`    steps:\n      ${step}\n`)
    const plan = planned(text)
    expect(plan.files).toEqual([])
    expect(plan.notes.join('\n')).toContain(`.github/workflows/docker.yml publishes already, by ${tool}`)
    expect(planned(text, {isBeside: true}).files.map(({file}) => file)).toContain(
      '.github/workflows/release.yml'
    )
  })

  it('asks which of several workflows it is to translate, and names the others', () => {
    const other = {file: '.github/workflows/nightly.yml', text: HANDMADE}
    const workflows = [{file: '.github/workflows/docker.yml', text: HANDMADE}, other]
    expect(() => planned('', {}, {workflows})).toThrow(
      /several workflows publish images: \.github\/workflows\/docker\.yml \(acme\/app\), \.github\/workflows\/nightly\.yml \(acme\/app\)/
    )
    const plan = planned('', {chosen: 'nightly.yml'}, {workflows})
    expect(plan.files.map(({file}) => file)).toEqual(['.github/workflows/nightly.yml'])
    expect(plan.notes.join('\n')).toContain(
      '.github/workflows/docker.yml (docker/build-push-action, acme/app) publishes, too, and would still move its tags'
    )
    expect(() => planned('', {chosen: 'ci.yml'}, {workflows})).toThrow(/ci\.yml publishes no image/)
  })

  it.each([
    [
      'without a Containerfile',
      {},
      {containerfile: undefined},
      /No Containerfile or Dockerfile was found, and nothing/
    ],
    ['without a remote', {source: undefined, host: undefined}, {}, /There is no remote .*--images/],
    ['on GitLab', {host: 'gitlab.com'}, {}, /The remote is on gitlab\.com, which runs no .*examples\/gitlab/],
    [
      'on a GitLab of one’s own',
      {host: 'gitlab.acme.example'},
      {},
      /on gitlab\.acme\.example, which runs no .*examples\/gitlab/
    ],
    [
      'on a server of one’s own, which may be GitHub',
      {host: 'git.acme.example'},
      {},
      /on git\.acme\.example, .*If it is a GitHub Enterprise Server, .*docs\/support\.md.*examples\/gitlab/
    ]
  ])('writes nothing %s, and says what to do', (_, facts, look, note) => {
    const plan = planned('', facts, {...look, workflows: []})
    expect(plan.files).toEqual([])
    expect(plan.notes.join('\n')).toMatch(note)
  })
})
