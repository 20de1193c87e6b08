import {describe, expect, it} from '@jest/globals'
import {accountsOf} from '../../src/onboarding/onboarding-plan.js'
import {component, itWith} from '../support/components.js'
import {execFileSync} from 'node:child_process'
import {SETTINGS, newFindings, planned, writtenText} from './written-workflow.js'

/** What a workflow has beside its build, with what has to stand in the files that are written. */
interface Line {
  readonly job?: string
  readonly workflow?: string
  readonly checkout?: string
  readonly login?: string
  readonly before?: string
  readonly after?: string
  readonly jobs?: string
  readonly metadata?: string
  readonly writes: readonly RegExp[]
  /** Lines of the account. */
  readonly says: readonly RegExp[]
  /** Whether one job that does nothing else stays without a step of its own, so that it becomes a call. */
  readonly isCall?: boolean
}

const CLEANUP = /uses: org\/image-release\/cleanup-latest@v1/
const LINES: Readonly<Record<string, Line>> = {
  'a token of its own for GHCR': {
    login: '${{ secrets.CR_PAT }}',
    writes: [/password: "?\$\{\{ secrets\.CR_PAT \}\}/, /\/compute-tags@v1/],
    says: [/steps\[1\][^\n]*: kept as it is/]
  },
  'a token of its own for another registry, in a call': {
    login: '${{ secrets.QUAY }}',
    workflow: 'quay.io',
    isCall: true,
    writes: [/REGISTRY_CREDENTIALS: quay\.io=\$\{\{ github\.actor \}\}:\$\{\{ secrets\.QUAY \}\}/],
    says: [/steps\[1\][^\n]*taken over: the secret REGISTRY_CREDENTIALS/]
  },
  'an environment': {
    job: '    environment: {name: production, url: "https://example.com"}\n',
    writes: [/environment: \{name: production, url: "https:\/\/example\.com"\}/],
    says: [/jobs\.image\.environment[^\n]*: kept as it is/]
  },
  'runners of its own': {
    job: '    runs-on: {group: big, labels: [arm64]}\n',
    writes: [/runs-on: \{group: big, labels: \[arm64\]\}/],
    says: [/jobs\.image\.runs-on[^\n]*: kept as it is/]
  },
  'permissions of the job': {
    job: '    permissions: {contents: read, packages: write, id-token: write}\n',
    before: '      - run: make\n',
    writes: [/permissions: \{contents: read, packages: write, id-token: write\}/],
    says: [/jobs\.image\.permissions[^\n]*: kept as it is/]
  },
  'permissions of the job, in a call': {
    job: '    permissions: {contents: read, packages: write, id-token: write}\n',
    isCall: true,
    writes: [/permissions:\n *contents: read\n *packages: write\n *id-token: write\n/],
    says: [/jobs\.image\.permissions[^\n]*: kept as it is/]
  },
  'outputs, and the jobs that need them': {
    job: '    outputs: {digest: "${{ steps.build.outputs.digest }}", meta: "${{ steps.build.outputs.metadata }}"}\n',
    jobs: '  deploy:\n    needs: image\n    runs-on: ubuntu-latest\n    steps: [{run: "./deploy ${{ needs.image.outputs.digest }}"}]\n',
    writes: [
      /digest: "\$\{\{ steps\.build\.outputs\.digest \}\}"/,
      /meta: "\$\{\{ steps\.build-image\.outputs\.metadata \}\}"/,
      /id: build\n/,
      /needs: image\n[^]*needs\.image\.outputs\.digest/
    ],
    says: [/jobs\.image\.outputs\.meta: taken over: the same text/, /jobs\.deploy[^\n]*: kept as it is/]
  },
  concurrency: {
    job: '    concurrency: {group: release, cancel-in-progress: false}\n',
    isCall: true,
    writes: [/concurrency:\n *group: release\n *cancel-in-progress: false\n/],
    says: [/jobs\.image\.concurrency[^\n]*: kept as it is/]
  },
  'concurrency of the workflow': {
    workflow: 'concurrency',
    before: '      - run: make\n',
    writes: [/^concurrency: \{group: all\}$/m],
    says: [/ {2}concurrency[^\n]*: kept as it is/]
  },
  submodules: {
    checkout: '        with: {submodules: recursive}\n',
    writes: [/with: \{submodules: recursive\}/, /\/build-by-digest@v1/],
    says: [/steps\[0\][^\n]*: kept as it is/]
  },
  'variables of docker/metadata-action': {
    metadata: '        env: {DOCKER_METADATA_PR_HEAD_SHA: "true", DOCKER_METADATA_SHORT_SHA_LENGTH: "12"}\n',
    before: '      - run: make\n',
    writes: [/env: \{DOCKER_METADATA_PR_HEAD_SHA: "true", DOCKER_METADATA_SHORT_SHA_LENGTH: "12"\}/],
    says: [/steps\[3\]\.env[^\n]*: kept as it is/]
  },
  'variables of docker/metadata-action, in a call': {
    metadata: '        env: {DOCKER_METADATA_PR_HEAD_SHA: "true"}\n',
    isCall: true,
    writes: [/pr-head-sha: "?true"?\n/],
    says: [/steps\[2\][^\n]*taken over: compute-tags of the reusable workflow/]
  },
  'a clean-up by actions/delete-package-versions': {
    after:
      '      - uses: actions/delete-package-versions@v5\n        with: {package-name: app, package-type: container, min-versions-to-keep: 5, delete-only-untagged-versions: true}\n',
    writes: [CLEANUP],
    says: [/steps\[4\][^\n]*taken over: cleanup-latest/]
  },
  'a clean-up by dataaxiom/ghcr-cleanup-action': {
    after:
      '      - uses: dataaxiom/ghcr-cleanup-action@v1\n        with: {package: app, delete-untagged: true}\n',
    writes: [CLEANUP],
    says: [/steps\[4\][^\n]*taken over: cleanup-latest/]
  },
  'a clean-up by snok/container-retention-policy': {
    after:
      '      - uses: snok/container-retention-policy@v3.0.0\n        with: {account: acme, token: "${{ secrets.PAT }}", image-names: app, cut-off: 2w, tag-selection: untagged}\n',
    writes: [CLEANUP],
    says: [/steps\[4\][^\n]*taken over: cleanup-latest/]
  },
  'steps before and after': {
    before: '      - name: Test\n        run: npm test\n      - uses: acme/lint@v2\n',
    after:
      '      - uses: sigstore/cosign-installer@v3\n      - run: cosign sign --yes ghcr.io/acme/app@${{ steps.build.outputs.digest }}\n      - uses: actions/attest-build-provenance@v2\n        with: {subject-name: ghcr.io/acme/app, subject-digest: "${{ steps.build.outputs.digest }}"}\n',
    writes: [
      /name: Test\n *run: npm test\n *- uses: acme\/lint@v2\n[^]*\/build-by-digest@v1[^]*id: build\n[^]*cosign sign --yes ghcr\.io\/acme\/app@\$\{\{ steps\.build\.outputs\.digest \}\}/,
      /subject-digest: "\$\{\{ steps\.build\.outputs\.digest \}\}"/
    ],
    says: [/steps\[2\][^\n]*: kept as it is/, /steps\[7\][^\n]*: kept as it is/]
  }
}

function textOf(line: Line): string {
  const {job = '', checkout = '', login, before = '', after = '', jobs = '', metadata = '', workflow} = line
  const registry = workflow === 'quay.io' ? 'quay.io' : 'ghcr.io'
  const runner = job.includes('runs-on') ? '' : '    runs-on: ubuntu-latest\n'
  return `on: {push: {branches: [main], tags: ["v*"]}}
${workflow === 'concurrency' ? 'concurrency: {group: all}\n' : ''}jobs:
  image:
${runner}${job}    steps:
      - uses: actions/checkout@v4
${checkout}      - uses: docker/login-action@v3
        with: {registry: ${registry}, username: "\${{ github.actor }}", password: "${login ?? '${{ secrets.GITHUB_TOKEN }}'}"}
${before}      - id: meta
        uses: docker/metadata-action@v5
${metadata}        with: {images: ${registry}/acme/app}
      - id: build
        uses: docker/build-push-action@v6
        with: {context: ., push: true, provenance: false, tags: "\${{ steps.meta.outputs.tags }}"}
${after}${jobs}`
}

const lines = Object.entries(LINES)

describe('what stands around a build', () => {
  it.each(lines)('has its place in the new files, and its line in the account: %s', (_, line) => {
    const plan = planned(textOf(line))
    const written = writtenText(plan)
    expect(/\/workflows\/release\.yml@v1/.test(written)).toBe(line.isCall === true)
    const all = `${written}\n${writtenText(plan, SETTINGS)}`
    for (const part of line.writes) expect(all).toMatch(part)
    for (const part of line.says) expect(accountsOf(plan)).toMatch(part)
    expect(plan.accounts.flatMap(({lost}) => lost)).toEqual([])
  })

  it.each(lines)('is written as GitHub’s language service takes it: %s', async (_, line) => {
    expect(await newFindings(textOf(line), writtenText(planned(textOf(line))))).toEqual([])
  })

  itWith(['actionlint']).each(lines)('is written as actionlint takes it: %s', (_, line) => {
    const args = ['-shellcheck=', '-pyflakes=', '-']
    const output = execFileSync(component('actionlint'), args, {
      input: writtenText(planned(textOf(line))),
      encoding: 'utf8'
    })
    expect(output).toBe('')
  })
})
