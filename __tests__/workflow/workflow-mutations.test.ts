import {readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {judgedOf} from '../support/workflow-judge/judged.js'
import {RULES, type Verdict, sayVerdict, verdictsOn} from '../support/workflow-judge/rules.js'
import {ROOT, type Source, workflowsOf} from '../support/workflow-judge/sources.js'

const RELEASE = '.github/workflows/release.yml'
const EXAMPLE = '.github/workflows/example.yml'
const CHECK = '.github/workflows/check.yml'
const ORB = 'examples/000-orb/.github/workflows/container.yml'
const METRO = 'examples/001-metro/.github/workflows/build-images.yml'
const CRATE = 'examples/002-opencrate/.github/workflows/docker-build-test-and-push.yml'
const CRATE_SETTINGS = 'examples/002-opencrate/.github/image-release.yml'
const PORTAL = 'examples/003-inclusive-world-portal/.github/workflows/build-and-deploy.yml'
const PORTAL_LOGIN = 'examples/003-inclusive-world-portal/.github/actions/login/action.yml'
const MVP = 'examples/004-mvpmvp/.github/workflows/release.yml'
const ORB_SETTINGS = 'examples/000-orb/.github/image-release.yml'

/** A line that a person could write wrongly, and what has to say so. */
interface Mutation {
  readonly what: string
  /** The rule that finds it. */
  readonly rule: string
  /** What its message says. */
  readonly says: string | RegExp
  readonly file: string
  /** What is there; the first place of several. */
  readonly from: string
  readonly to: string
  /** The workflow that is judged where another file was changed. */
  readonly judged?: string
}

const MUTATIONS: readonly Mutation[] = [
  // What the language takes.
  {
    what: 'a literal \\n in format, where a line was meant',
    rule: 'line-break',
    says: 'no line break in it',
    file: RELEASE,
    from: "${{ inputs.sparse-checkout && '.github' || '' }}",
    to: "${{ inputs.sparse-checkout && format('{0}\\n.github', inputs.sparse-checkout) || '' }}"
  },
  {
    what: 'a function that does not exist',
    rule: 'workflow',
    says: 'Unrecognized function',
    file: RELEASE,
    from: "${{ !startsWith(github.ref, 'refs/tags/') }}",
    to: "${{ !beginsWith(github.ref, 'refs/tags/') }}"
  },
  {
    what: 'secrets in a condition',
    rule: 'workflow',
    says: "Unrecognized named-value: 'secrets'",
    file: ORB,
    from: "if: needs.get-config.outputs.push == 'true'",
    to: "if: needs.get-config.outputs.push == 'true' && secrets.DOCKERHUB_TOKEN != ''"
  },
  {
    what: 'env in the condition of a job',
    rule: 'workflow',
    says: "Unrecognized named-value: 'env'",
    file: EXAMPLE,
    from: "if: needs.plan.outputs.push == 'true'",
    to: "if: env.REGISTRY_CREDENTIALS != ''"
  },
  {
    what: 'an expression in uses',
    rule: 'workflow',
    says: "Unrecognized named-value: 'github'",
    file: METRO,
    from: 'uses: org/image-release/verify-release@v1',
    to: 'uses: ${{ github.repository_owner }}/image-release/verify-release@v1'
  },
  {
    what: 'a condition that is always true by a character behind it',
    rule: 'workflow',
    says: 'always evaluate to truthy',
    file: CRATE,
    from: "if: needs.generate-dockerfiles.outputs.push == 'true'",
    to: "if: ${{ needs.generate-dockerfiles.outputs.push == 'true' }}."
  },
  {
    what: 'a needs left out, whose outputs are asked for',
    rule: 'workflow',
    says: 'Context access might be invalid: get-config',
    file: ORB,
    from: 'needs: [get-config, container-build]',
    to: 'needs: [container-build]'
  },
  {
    what: 'a needs of a job that does not exist',
    rule: 'workflow',
    says: 'not exist',
    file: METRO,
    from: 'needs: [plan, build]',
    to: 'needs: [plan, builds]'
  },
  {
    what: 'an output of a job that it does not have',
    rule: 'workflow',
    says: 'Context access might be invalid: releases',
    file: PORTAL,
    from: 'release: ${{ needs.publish.outputs.release }}',
    to: 'release: ${{ needs.publish.outputs.releases }}'
  },
  {
    what: 'a key that no job has',
    rule: 'workflow',
    says: "Unexpected value 'timeout-minute'",
    file: METRO,
    from: 'timeout-minutes: 15',
    to: 'timeout-minute: 15'
  },
  {
    what: 'a context that does not exist, in the group of a job',
    rule: 'workflow',
    says: "Unrecognized named-value: 'steps'",
    file: RELEASE,
    from: 'group: image-release-publish-${{ needs.plan.outputs.group }}',
    to: 'group: image-release-publish-${{ steps.tags.outputs.group }}'
  },
  {
    what: 'a placeholder of format that has no value',
    rule: 'workflow',
    says: 'references argument {1}',
    file: MVP,
    from: "format('v{0}', needs.semantic-release.outputs.version)",
    to: "format('v{1}', needs.semantic-release.outputs.version)"
  },
  {
    what: 'a matrix of an output that is no JSON',
    rule: 'expression',
    says: 'matrix',
    file: METRO,
    from: 'build-matrix: ${{ steps.tags.outputs.build-matrix }}',
    to: 'build-matrix: ${{ steps.tags.outputs.tags }}'
  },
  {
    what: 'queue: max beside cancel-in-progress: true',
    rule: 'workflow',
    says: "'queue: max' cannot be combined",
    file: ORB,
    from: 'cancel-in-progress: false\n      queue: max',
    to: 'cancel-in-progress: true\n      queue: max'
  },
  {
    what: 'a boolean input compared with a text',
    rule: 'boolean',
    says: 'the input cleanup is a boolean',
    file: RELEASE,
    from: "needs.publish.result == 'success' && inputs.cleanup }}",
    to: "needs.publish.result == 'success' && inputs.cleanup == 'true' }}"
  },
  // What actions and workflows take and give.
  {
    what: 'an input that an action of this project does not have',
    rule: 'inputs',
    says: 'has no input version-files',
    file: ORB,
    from: 'version-file: pyproject.toml',
    to: 'version-files: pyproject.toml'
  },
  {
    what: 'an input that an action of others does not have',
    rule: 'inputs',
    says: 'has no input persist-credential',
    file: PORTAL,
    from: 'persist-credentials: false',
    to: 'persist-credential: false'
  },
  {
    what: 'an input that an action wants, left out',
    rule: 'inputs',
    says: 'wants the input aws-region',
    file: PORTAL_LOGIN,
    judged: PORTAL,
    from: '        aws-region: us-east-1\n',
    to: ''
  },
  {
    what: 'an input that the composite action wants, left out',
    rule: 'inputs',
    says: 'wants the input aws-role',
    file: PORTAL,
    from: '          aws-role: ${{ vars.AWS_ROLE }}\n',
    to: ''
  },
  {
    what: 'an action that nobody looked at',
    rule: 'inputs',
    says: 'nothing is known of the action',
    file: ORB,
    from: 'docker/setup-qemu-action@',
    to: 'docker/setup-qemu@'
  },
  {
    what: 'an input that the workflow that is called does not have',
    rule: 'workflow',
    says: 'Invalid input, release-note is not defined',
    file: MVP,
    from: 'release-notes: true',
    to: 'release-note: true'
  },
  {
    what: 'a text for a boolean of the workflow that is called',
    rule: 'input-value',
    says: 'takes a boolean',
    file: MVP,
    from: 'release-notes: true',
    to: 'release-notes: ${{ github.event_name }}'
  },
  {
    what: 'a word that an input does not know',
    rule: 'input-value',
    says: 'is not one of',
    file: EXAMPLE,
    from: 'format: docker',
    to: 'format: docker-v2'
  },
  {
    what: 'a rule for tags with a type that there is not',
    rule: 'input-value',
    says: '"semvar" is not a type of tag',
    file: EXAMPLE,
    from: 'type=semver,pattern={{version}}',
    to: 'type=semvar,pattern={{version}}'
  },
  {
    what: 'a setting with a value that it does not take',
    rule: 'input-value',
    says: 'platform',
    file: ORB_SETTINGS,
    judged: ORB,
    from: 'platforms: [linux/amd64, linux/arm64]',
    to: 'platforms: [linux, linux/arm64]'
  },
  {
    what: 'an output of a step that it does not have',
    rule: 'outputs',
    says: 'has no output build_matrix',
    file: EXAMPLE,
    from: 'steps.tags.outputs.build-matrix',
    to: 'steps.tags.outputs.build_matrix'
  },
  {
    what: 'a key of the matrix that no cell has',
    rule: 'matrix',
    says: 'no cell of the matrix has platfrom',
    file: METRO,
    from: 'platforms: ${{ matrix.platform }}',
    to: 'platforms: ${{ matrix.platfrom }}'
  },
  {
    what: 'an input of more bytes than a variable holds',
    rule: 'input-size',
    says: 'bytes',
    file: ORB,
    from: 'version-file: pyproject.toml',
    to: `version-file: pyproject.toml\n          labels: a=${'x'.repeat(131_072)}`
  },
  // What a runner has.
  {
    what: 'a label that no runner has',
    rule: 'runner',
    says: 'ubuntu-24.4',
    file: METRO,
    from: 'runs-on: ubuntu-24.04',
    to: 'runs-on: ubuntu-24.4'
  },
  {
    what: 'a program that is not on the image',
    rule: 'programs',
    says: 'crane is not on the image',
    file: ORB,
    from: 'severity=CRITICAL\n',
    to: 'severity=CRITICAL\n          crane digest "$IMAGE@$digest"\n'
  },
  {
    what: 'a scanner that no step installs',
    rule: 'programs',
    says: 'trivy is not on the image',
    file: CRATE,
    from: '      - uses: aquasecurity/setup-trivy@81e514348e19b6112ce2a7e3ecbafe19c1e1f567 # v0.3.1\n        with:\n          version: v0.70.0\n',
    to: ''
  },
  {
    what: 'a scanner of the settings that the workflow does not install',
    rule: 'programs',
    says: 'grype is not on the image',
    file: CRATE_SETTINGS,
    judged: CRATE,
    from: 'build-by-digest:\n',
    to: 'build-by-digest:\n  sbom-command: grype --help\n'
  },
  {
    what: 'a scanner whose folder is not put on the search path',
    rule: 'programs',
    says: 'grype is not on the image',
    file: RELEASE,
    from: 'run: dirname "$GRYPE" >> "$GITHUB_PATH"',
    to: 'run: dirname "$GRYPE"'
  },
  {
    what: 'a signature without cosign',
    rule: 'programs',
    says: 'cosign is not on the image',
    file: PORTAL,
    from: '      - uses: sigstore/cosign-installer@6f9f17788090df1f26f669e9d70d6ae9567deba6 # v4.1.2\n',
    to: ''
  },
  {
    what: 'the command line of a cloud without its login',
    rule: 'cloud-login',
    says: 'aws is called',
    file: PORTAL_LOGIN,
    judged: PORTAL,
    from: '    - uses: aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3\n      with:\n        aws-region: us-east-1\n        role-to-assume: ${{ inputs.aws-role }}\n',
    to: ''
  },
  {
    what: 'a login that runs of forks have no password for',
    rule: 'registry-login',
    says: 'pull request of a fork',
    file: PORTAL,
    from: "      - if: needs.plan.outputs.push == 'true'\n        uses: ./.github/actions/login",
    to: '      - uses: ./.github/actions/login'
  },
  {
    what: 'podman for an image that docker has',
    rule: 'image-engine',
    says: 'its test calls podman',
    file: ORB,
    from: 'test: $ENGINE run',
    to: 'load-into: docker\n          test: podman run'
  },
  {
    what: 'a checkout left out before a build',
    rule: 'checkout',
    says: 'it reads sources',
    file: METRO,
    from: '      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1\n        with:\n          persist-credentials: false\n      - uses: org/image-release/build-by-digest@v1',
    to: '      - uses: org/image-release/build-by-digest@v1'
  },
  {
    what: 'a checkout left out before settings are read, which nobody would miss',
    rule: 'checkout',
    says: 'it reads settings',
    file: EXAMPLE.replace('example', 'release'),
    judged: MVP,
    from: '      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1\n        with:\n          persist-credentials: false\n          fetch-depth: ${{ inputs.fetch-depth }}\n',
    to: ''
  },
  {
    what: 'a checkout that leaves out what is built',
    rule: 'checkout',
    says: 'limited to [".github"]',
    file: METRO,
    from: '          persist-credentials: false\n      - uses: org/image-release/build-by-digest@v1',
    to: '          persist-credentials: false\n          sparse-checkout: .github\n      - uses: org/image-release/build-by-digest@v1'
  },
  {
    what: 'a comparison with the commit before, which was not fetched',
    rule: 'history',
    says: 'set fetch-depth to 2',
    file: CRATE,
    from: '          fetch-depth: 2\n',
    to: ''
  },
  {
    what: 'semantic-release without the tags',
    rule: 'history',
    says: 'set fetch-depth to 0',
    file: MVP,
    from: '          fetch-depth: 0\n',
    to: ''
  },
  {
    what: 'an installer that deletes a folder of the checkout',
    rule: 'order',
    says: 'deletes the folder trivy',
    file: CRATE,
    from: '      - uses: docker/setup-buildx-action@37fe631027851001ddb9b187196cc803df7f5f0e # v4.3.0\n',
    to: '      - uses: aquasecurity/setup-trivy@81e514348e19b6112ce2a7e3ecbafe19c1e1f567 # v0.3.1\n        with:\n          version: v0.70.0\n'
  },
  {
    what: 'an artifact that no job before uploads',
    rule: 'artifact',
    says: 'uploads the artifact dockerfile',
    file: CRATE,
    from: 'download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093 # v4.3.0\n        with:\n          name: dockerfiles',
    to: 'download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093 # v4.3.0\n        with:\n          name: dockerfile'
  },
  {
    what: 'an artifact of one name from every cell of a matrix',
    rule: 'artifact',
    says: 'by several jobs of a run',
    file: METRO,
    from: '  publish:\n',
    to: '      - uses: actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2\n        with:\n          name: logs\n          path: logs\n\n  publish:\n'
  },
  // Secrets, permissions, code of others.
  {
    what: 'a secret with - in its name',
    rule: 'secret-name',
    says: 'registry-credentials',
    file: RELEASE,
    from: '      REGISTRY_CREDENTIALS:\n        description',
    to: '      registry-credentials:\n        description'
  },
  {
    what: 'a secret with - where it is used',
    rule: 'secret-name',
    says: 'DOCKERHUB-TOKEN',
    file: CRATE,
    from: 'secrets.DOCKERHUB_TOKEN',
    to: 'secrets.DOCKERHUB-TOKEN'
  },
  {
    what: 'an output of a job with a secret',
    rule: 'secret-output',
    says: 'it holds a secret',
    file: ORB,
    from: 'package-version: ${{ steps.tags.outputs.version }}',
    to: 'package-version: ${{ secrets.DOCKERHUB_TOKEN }}'
  },
  {
    what: 'an output that a step made of a secret',
    rule: 'secret-output',
    says: 'which is made of a secret',
    file: METRO,
    from: '      - id: tags\n        uses: org/image-release/compute-tags@v1\n',
    to: '      - id: tags\n        env:\n          TOKEN: ${{ secrets.DOCKERHUB_TOKEN }}\n        run: echo "plan=$TOKEN" >> "$GITHUB_OUTPUT"\n'
  },
  {
    what: 'a document as an output of a job that has the user name of Docker Hub as a secret',
    rule: 'secret-output',
    says: 'hand on the artifact',
    file: ORB,
    from: 'release: ${{ steps.merge.outputs.release-artifact }}',
    to: 'release: ${{ steps.merge.outputs.release }}'
  },
  {
    what: 'packages: write taken away',
    rule: 'permissions',
    says: 'no permission packages: write',
    file: METRO,
    from: '      packages: write # to push to ghcr.io\n',
    to: ''
  },
  {
    what: 'contents: write taken away from what writes a Git tag',
    rule: 'permissions',
    says: 'no permission contents: write',
    file: MVP,
    from: '      contents: write # for the Git tag and the release\n',
    to: '      contents: read\n'
  },
  {
    what: 'pull-requests: write taken away from what opens one',
    rule: 'permissions',
    says: 'no permission pull-requests: write',
    file: PORTAL,
    from: '      pull-requests: write # for production\n',
    to: ''
  },
  {
    what: 'contents: read taken away from a checkout',
    rule: 'permissions',
    says: 'no permission contents: read',
    file: CRATE,
    from: '    permissions:\n      contents: read\n',
    to: '    permissions: {}\n'
  },
  {
    what: 'attestations: write taken away from the caller',
    rule: 'permissions',
    says: 'no permission attestations: write',
    file: MVP,
    from: '      attestations: write # to attest\n',
    to: ''
  },
  {
    what: 'a called job that asks for more than its caller has',
    rule: 'called-permissions',
    says: "'deployments: write', but is only allowed 'deployments: none'",
    file: RELEASE,
    judged: MVP,
    from: '    runs-on: ${{ matrix.runner }}\n',
    to: '    permissions:\n      contents: read\n      packages: write\n      deployments: write\n    runs-on: ${{ matrix.runner }}\n'
  },
  {
    what: 'id-token: write taken away from the login of a cloud',
    rule: 'identity',
    says: 'id-token: write',
    file: PORTAL,
    from: '      id-token: write # for the clouds\n',
    to: ''
  },
  {
    what: 'an action that is not pinned',
    rule: 'pinned',
    says: 'is not pinned by its commit',
    file: CRATE,
    from: 'docker/setup-buildx-action@37fe631027851001ddb9b187196cc803df7f5f0e # v4.3.0',
    to: 'docker/setup-buildx-action@v4'
  },
  {
    what: 'an action of a composite action that is not pinned',
    rule: 'pinned',
    says: 'is not pinned by its commit',
    file: PORTAL_LOGIN,
    judged: PORTAL,
    from: 'azure/login@f5d393ae46f8fde4be8b75f32e3fc50e654ad0ca # v3.0.1',
    to: 'azure/login@v3'
  },
  {
    what: 'a publication for pull requests',
    rule: 'pull-request',
    says: 'merge-manifest',
    file: ORB,
    from: "    if: needs.get-config.outputs.push == 'true'\n",
    to: ''
  },
  {
    what: 'a condition whose two sides are never equal, turned about',
    rule: 'pull-request',
    says: 'merge-manifest',
    file: CRATE,
    from: "if: needs.generate-dockerfiles.outputs.push == 'true'",
    to: 'if: needs.generate-dockerfiles.outputs.push != true'
  },
  {
    what: 'the token of the job for builds that publish nothing',
    rule: 'idle-login',
    says: 'which can push, and publishes nothing, in a run for a pull request of the repository',
    file: RELEASE,
    from: "${{ needs.plan.outputs.push == 'true' && format('ghcr.io={0}:{1}', github.actor, github.token) || '' }}",
    to: 'ghcr.io=${{ github.actor }}:${{ github.token }}'
  },
  {
    what: 'the token of the job for all builds, by a step before',
    rule: 'idle-login',
    says: 'which can push, and publishes nothing',
    file: EXAMPLE,
    from: '      - uses: $/build-by-digest\n',
    to: "      - uses: docker/login-action@4907a6ddec9925e35a0a9e82d7399ccc52663121 # v4.1.0\n        with: {registry: ghcr.io, username: '${{ github.actor }}', password: '${{ github.token }}'}\n      - uses: $/build-by-digest\n"
  },
  {
    what: 'rules for caches beside a release',
    rule: 'cache-rules',
    says: 'beside a release',
    file: ORB_SETTINGS,
    judged: ORB,
    from: '  min-age: 24h\n',
    to: '  min-age: 24h\n  cache-tags: glob:*\n  cache-age: 7d\n'
  },
  // Who waits for whom.
  {
    what: 'a publication that the next one cancels',
    rule: 'publish-cancelled',
    says: 'while it publishes',
    file: CRATE,
    from: '      cancel-in-progress: false\n      queue: max\n',
    to: '      cancel-in-progress: true\n'
  },
  {
    what: 'a whole workflow that the next push cancels',
    rule: 'publish-cancelled',
    says: 'while it publishes',
    file: ORB,
    from: "cancel-in-progress: ${{ github.event_name == 'pull_request' }}",
    to: 'cancel-in-progress: true'
  },
  {
    what: 'a release that the one after it replaces while it waits',
    rule: 'publish-queue',
    says: 'add `queue: max`',
    file: PORTAL,
    from: '      queue: max\n',
    to: ''
  },
  {
    what: 'publications of two refs side by side',
    rule: 'publish-queue',
    says: 'do not wait for each other',
    file: PORTAL,
    from: '      group: publish\n',
    to: '      group: publish-${{ github.ref }}\n'
  },
  {
    what: 'a publication in no group',
    rule: 'publish-queue',
    says: /in no group|do not wait/,
    file: EXAMPLE,
    from: '    concurrency:\n      group: example-publish\n      cancel-in-progress: false\n      queue: max\n',
    to: ''
  },
  {
    what: 'builds of outdated commits that go on',
    rule: 'outdated-build',
    says: 'no group with the ref in it',
    file: PORTAL,
    from: 'cancel-in-progress: true',
    to: 'cancel-in-progress: false'
  },
  {
    what: 'a group around the whole run that keeps newer runs from cancelling its builds',
    rule: 'outer-group',
    says: 'is never reached',
    file: MVP,
    from: 'permissions: {}\n',
    to: 'permissions: {}\n\nconcurrency:\n  group: release-${{ github.ref }}\n  cancel-in-progress: false\n'
  },
  {
    what: 'builds of one run that cancel each other',
    rule: 'group-collision',
    says: 'cancel each other',
    file: RELEASE,
    from: '-${{ matrix.target }}-${{ matrix.platform }}-${{ inputs.file }}',
    to: '-${{ inputs.file }}'
  },
  {
    what: 'a group that two calls of the workflow share',
    rule: 'group-collision',
    says: 'two calls of',
    file: RELEASE,
    from: '-${{ needs.plan.outputs.build-group }}-${{ matrix.target }}',
    to: '-${{ matrix.target }}'
  },
  {
    what: 'a job in the group of its own workflow',
    rule: 'group-collision',
    says: 'waits for this job',
    file: EXAMPLE,
    from: '      group: example-publish\n',
    to: '      group: example-${{ github.ref }}\n'
  },
  {
    what: 'a program of the repository before it is checked out',
    rule: 'checkout',
    says: 'it reads sources',
    file: CHECK,
    from: '      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1\n        with:\n          persist-credentials: false\n      - run: .ci/terminal script/demo',
    to: '      - run: .ci/terminal script/demo'
  }
]

/** Judges a workflow with one file changed, in memory. */
async function verdictsWith({file, from, to, judged = file}: Mutation): Promise<Verdict[]> {
  const text = readFileSync(path.join(ROOT, file), 'utf8')
  expect(text).toContain(from)
  const changed = {[file]: text.replace(from, () => to)}
  const of = (name: string): Source => {
    const folder = /^examples\/[^/]+/.exec(name)?.[0] ?? '.'
    const found = workflowsOf(folder, changed).find(one => one.name === name)
    if (found === undefined) throw new Error(`there is no ${name}`)
    return found
  }
  return await verdictsOn(await judgedOf(of(judged), of(RELEASE)))
}

describe('a mutation that GitHub would reject, or treat otherwise', () => {
  it.each(MUTATIONS.map(mutation => [mutation.what, mutation] as const))('%s', async (_, mutation) => {
    const verdicts = await verdictsWith(mutation)
    const said = verdicts
      .filter(({rule}) => rule.id === mutation.rule)
      .map(sayVerdict)
      .join('\n')
    expect(said === '' ? verdicts.map(sayVerdict).join('\n') : said).toMatch(
      typeof mutation.says === 'string'
        ? new RegExp(mutation.says.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`))
        : mutation.says
    )
    expect(verdicts.map(({rule}) => rule.id)).toContain(mutation.rule)
  })
})

it('shows every rule broken at least once', () => {
  const broken = new Set(MUTATIONS.map(({rule}) => rule))
  expect(RULES.map(({id}) => id).filter(id => !broken.has(id))).toEqual([])
  expect(MUTATIONS.length).toBeGreaterThanOrEqual(35)
})
