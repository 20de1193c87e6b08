import {describe, expect, it} from '@jest/globals'
import {parse} from 'yaml'
import {accountsOf} from '../../src/onboarding/onboarding-plan.js'
import {ATTEST, BUILDAH, HANDMADE, TEST_ONLY} from './workflow-cases.js'
import {FILE, SETTINGS, newFindings, planned, writtenJobs, writtenText} from './written-workflow.js'

/** What was lost once, by the name of the case that showed it. */
const CASES: Readonly<
  Record<
    string,
    {readonly text: string; readonly stays: readonly string[]; readonly writes: readonly string[]}
  >
> = {
  attest: {
    text: ATTEST,
    stays: [
      '    runs-on: [self-hosted, big]\n    environment: production\n    timeout-minutes: 20\n',
      '    permissions: {contents: read, packages: write, id-token: write, attestations: write}\n',
      '        with: {submodules: recursive}\n',
      '        env: {DOCKER_METADATA_PR_HEAD_SHA: "true", DOCKER_METADATA_SHORT_SHA_LENGTH: "12"}\n',
      '      - uses: actions/attest-build-provenance@v2\n        with: {subject-name: ghcr.io/acme/app, subject-digest: "${{ steps.b.outputs.digest }}", push-to-registry: true}\n',
      '      - run: cosign sign --yes ghcr.io/acme/app@${{ steps.b.outputs.digest }}\n',
      '      - run: kubectl set image deploy/app app=ghcr.io/acme/app@${{ needs.build.outputs.digest }}\n'
    ],
    writes: [
      'sep-tags: ","\n',
      'bake-target: x\n',
      'context: git\n',
      'secrets: "npm=${{ secrets.NPM }}"\n',
      'cache-from: type=gha\n',
      'platforms: linux/amd64\n'
    ]
  },
  buildah: {
    text: BUILDAH,
    stays: ['    runs-on: ubuntu-latest\n', '      - uses: actions/checkout@v4\n'],
    writes: [
      'images: quay.io/acme/app\n',
      'type=raw,value=latest\n',
      'type=sha,format=long,prefix=\n',
      'platforms: linux/amd64,linux/s390x\n',
      'file: ./Containerfile.prod\n',
      'format: docker\n',
      'build-args: A=1\n',
      'registry-credentials: quay.io=${{ secrets.Q }}:${{ secrets.QP }}\n'
    ]
  },
  handmade: {
    text: HANDMADE,
    stays: [
      '      - run: npm ci && npm test && npm run build\n',
      '        with: {username: "${{ secrets.DOCKERHUB_USERNAME }}", password: "${{ secrets.DOCKERHUB_TOKEN }}"}\n'
    ],
    writes: [
      'images: acme/app\n',
      'type=raw,value=latest\n',
      'type=sha,format=long,prefix=\n',
      'flavor: latest=false\n'
    ]
  }
}

describe('the cases of lost work', () => {
  it.each(Object.entries(CASES))('lose nothing of %s.yml', async (_, {text, stays, writes}) => {
    const plan = planned(text)
    const after = writtenText(plan)
    for (const part of stays) {
      expect(text).toContain(part)
      expect(after).toContain(part)
    }
    for (const part of writes) expect(after).toContain(part)
    expect(plan.files.map(({file}) => file)).toEqual([FILE])
    expect(plan.accounts.flatMap(({lost}) => lost)).toEqual([])
    expect(await newFindings(text, after)).toEqual([])
    for (const [name, job] of Object.entries(writtenJobs(plan))) {
      const old = (parse(text) as {jobs: Record<string, {steps: readonly unknown[]}>}).jobs[name]
      expect(job.steps?.length).toBeGreaterThanOrEqual(old?.steps.length ?? 0)
    }
  })

  it('make no release of testonly.yml, which stays as it is', () => {
    const plan = planned(TEST_ONLY)
    expect(plan.files.map(({file}) => file)).toEqual([SETTINGS, '.github/workflows/release.yml'])
    expect([accountsOf(plan), plan.notes]).toEqual(['', []])
  })
})
