import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {describeWith, rootFilesystem} from '../support/components.js'
import {DOCKER_DAEMON, type DockerDaemon, startDockerDaemon} from '../support/docker-daemon.js'
import {type HostedGit, githubSite, hostedGit} from '../support/hosted/hosted-git.js'
import {hostedImage, installImage, knownActions, programsOf} from '../support/hosted/hosted-image.js'
import {type HostedMachines, hostedMachines} from '../support/hosted/hosted-machines.js'
import {holdsSecret, secretMasks} from '../support/hosted/secret-masks.js'
import {asExpression} from '../support/hosted/workflow-layer.js'
import {type Internet, startInternet} from '../support/internet.js'
import {type WorkflowCall, type WorkflowEnd, runWorkflow} from '../support/run-workflow.js'

const MINUTES = 60_000
const REPOSITORY = 'octo/strict'
const SHA = '0123456789abcdef0123456789abcdef01234567'
const CHECKOUT = `actions/checkout@${SHA}`

describe('what a runner takes for a secret', () => {
  it.each<[string, string, readonly string[]]>([
    ['the value', 'docker.io/netbox/orb:1', ['netbox']],
    ['a line of a value of several lines', 'x=second line.', ['first line\nsecond line\n']],
    [
      'the value in base64, wherever it stands',
      Buffer.from('{"image":"netbox/orb"}').toString('base64'),
      ['netbox']
    ],
    ['the value in a JSON text', JSON.stringify({key: 'a"b\\c'}), ['a"b\\c']],
    ['the value in an address', 'https://x/?q=p%40ss%2Fword', ['p@ss/word']],
    ['the value in XML', '<a>p&amp;q-r</a>', ['p&q-r']],
    ['what stands between double quotes', 'a quoted-value b', ['"quoted-value"']],
    ['a value with white space around it', 'token', [' token\n']]
  ])('finds %s', (_, text, secrets) => {
    expect(holdsSecret(text, secretMasks(secrets))).toBe(true)
  })

  it('finds nothing where no value stands, and no secret that is empty', () => {
    expect(holdsSecret('docker.io/netbox/orb', secretMasks(['', 'other', '\n']))).toBe(false)
  })
})

describe('the list of a hosted image', () => {
  it.each(['ubuntu-24.04', 'ubuntu-24.04-arm'])(
    '%s has its date, its source and the engines, and no scanner',
    label => {
      const image = hostedImage(label)
      expect(image).toMatchObject({
        image: label,
        version: expect.stringMatching(/^20\d{6}\./),
        read: expect.stringMatching(/^20\d\d-\d\d-\d\d$/)
      })
      expect(image.source).toMatch(/^https:\/\/github\.com\/actions\/runner-images\/blob\/[0-9a-f]{40}\//)
      const programs = programsOf(image)
      for (const name of ['docker', 'podman', 'buildah', 'skopeo', 'git', 'jq', 'yq', 'gh', 'az', 'aws'])
        expect(programs).toContain(name)
      for (const name of [
        'trivy',
        'grype',
        'snyk',
        'syft',
        'cosign',
        'crane',
        'oras',
        'regctl',
        'buildctl',
        'nerdctl'
      ])
        expect(programs).not.toContain(name)
    }
  )

  it('takes no stand-in for a program that is not on it', () => {
    expect(() => installImage('/nowhere', 'ubuntu-24.04', {trivy: 'true'})).toThrow(
      'only a step may install it'
    )
  })

  it('has a version and a source for each action that may be used', () => {
    for (const [name, action] of Object.entries(knownActions())) {
      expect(action.source).toContain(`https://github.com/${name.split('/').slice(0, 2).join('/')}/blob/`)
      expect(action.version).not.toBe('')
    }
  })
})

describe('an output as one expression', () => {
  it.each([
    ['${{ steps.a.outputs.b }}', "format('{0}', steps.a.outputs.b)"],
    ["it's {x} ${{ a }}-${{ format('}}{0}', b) }}", "format('it''s {{x}} {0}-{1}', a, format('}}{0}', b))"]
  ])('%s', (text, expression) => {
    expect(asExpression(text)).toBe(expression)
  })
})

describeWith(['act', 'git', 'openssl', ...DOCKER_DAEMON], 'the world that workflows are tested in', () => {
  let root: string
  let git: HostedGit
  let internet: Internet
  let docker: DockerDaemon
  let machines: HostedMachines

  beforeAll(async () => {
    root = mkdtempSync(path.join(tmpdir(), 'strict-'))
    const folder = path.join(root, 'clone')
    const files = {'.github/settings.yml': 'a: 1\n', 'one/file': '1\n', 'two/file': '2\n', top: 't\n'}
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, name)), {recursive: true})
      writeFileSync(path.join(folder, name), text)
    }
    git = hostedGit(folder, path.join(root, 'strict.git'))
    git.publish('refs/tags/v1.0.0')
    internet = await startInternet({'github.com': githubSite(git, REPOSITORY, false)})
    docker = await startDockerDaemon(internet.env)
    await docker.exec('docker', ['import', rootFilesystem('amd64'), 'tiny:1'])
    machines = hostedMachines({
      docker: docker.address,
      tools: {cosign: 'echo "cosign $*"', grype: 'echo grype'}
    })
  }, MINUTES)
  afterAll(async () => {
    machines.stop()
    await Promise.all([docker.stop(), internet.stop()])
    rmSync(root, {recursive: true, force: true})
  })

  /** Runs a workflow with these jobs, for a push to main if nothing else is said. */
  const run = (
    jobs: string,
    call: Partial<WorkflowCall> = {},
    files: Readonly<Record<string, string>> = {}
  ): Promise<WorkflowEnd> => {
    const text = `on: [push, pull_request]\npermissions: {contents: read}\njobs:\n${jobs.replace(/^(?=.)/gm, '  ')}\n`
    git.commit({'.github/workflows/try.yml': text, ...files})
    return runWorkflow({
      git,
      machines,
      repository: REPOSITORY,
      file: '.github/workflows/try.yml',
      event: {name: 'push', ref: 'refs/heads/main', payload: {}},
      env: internet.env,
      ...call
    })
  }
  /** The lines that jobs wrote as `fact NAME: value`. */
  const facts = ({log}: WorkflowEnd): Readonly<Record<string, string>> =>
    Object.fromEntries(
      [...log.matchAll(/\| fact ([\w-]+): ?(.*)$/gm)].map(([, name = '', value = '']) => [name, value.trim()])
    )
  const files = `find . -path ./.git -prune -o -type f -print | sort | tr '\\n' ' '`

  it(
    'checks out by git what the inputs say, and no more',
    async () => {
      const end = await run(`
sparse:
  runs-on: ubuntu-24.04
  steps:
    - uses: ${CHECKOUT}
      with: {sparse-checkout: "\${{ format('{0}\\\\n.github', 'one') }}", persist-credentials: false}
    - run: |
        echo "fact escaped: $(${files})"
        echo "fact token: $(git config --get-all http.https://github.com/.extraheader | wc -l)"
    - uses: ${CHECKOUT}
      with:
        path: lines
        sparse-checkout: |
          one
          .github
    - run: |
        cd lines
        echo "fact lines: $(${files})"
    - uses: ${CHECKOUT}
      with: {path: patterns, sparse-checkout: 'two/*', sparse-checkout-cone-mode: false}
    - run: |
        cd patterns
        echo "fact patterns: $(${files})"
        echo "fact commits: $(git rev-list --count HEAD)"
        echo "fact tags: $(git tag)"
        echo "fact kept-token: $(git config --get-all http.https://github.com/.extraheader | wc -l)"
whole:
  runs-on: ubuntu-24.04
  steps:
    - run: mkdir -p left && touch left/over
    - uses: ${CHECKOUT}
      with: {fetch-depth: 0, submodules: true}
    - run: |
        echo "fact all-tags: $(git tag)"
        echo "fact history: $([ "$(git rev-list --count HEAD)" -gt 1 ] && echo yes)"
        echo "fact branch: $(git rev-parse --abbrev-ref HEAD)"
        echo "fact left-over: $(ls left 2>&1)"
`)
      const seen = facts(end)
      expect(end.log).toMatch(/Job succeeded/)
      expect(seen['escaped']).toBe('./top')
      expect(seen['lines']).toBe('./.github/settings.yml ./.github/workflows/try.yml ./one/file ./top')
      expect(seen['patterns']).toBe('./two/file')
      expect([seen['token'], seen['kept-token']]).toEqual(['0', '1'])
      expect([seen['commits'], seen['tags']]).toEqual(['1', ''])
      expect(seen['all-tags']).toBe('v1.0.0')
      expect([seen['history'], seen['branch']]).toEqual(['yes', 'main'])
      expect(seen['left-over']).toContain('No such file')
    },
    2 * MINUTES
  )

  it(
    'checks a pull request out as the merge that GitHub made, and submodules only where they are asked for',
    async () => {
      const first = git.git('rev-list', '--max-parents=0', 'main')
      const jobs = `
one:
  runs-on: ubuntu-24.04
  steps:
    - uses: ${CHECKOUT}
    - run: |
        echo "fact head: $(git rev-parse --abbrev-ref HEAD) $(git rev-parse HEAD) $GITHUB_SHA"
        echo "fact ref: $(git rev-parse refs/remotes/pull/7/merge)"
        echo "fact event: $(jq -r .pull_request.head.repo.full_name "$GITHUB_EVENT_PATH")"
        echo "fact sub: $(ls sub)"
        echo "fact secret: [\${{ secrets.SOME }}] [\${{ vars.SOME }}]"
    - uses: ${CHECKOUT}
      with: {path: again, submodules: true}
    - run: |
        echo "fact again: $(ls again/sub | tr '\\n' ' ')"
`
      git.commit({
        '.gitmodules': `[submodule "sub"]\n\tpath = sub\n\turl = https://github.com/${REPOSITORY}\n`
      })
      git.link('sub', first)
      const end = await run(jobs, {
        event: {
          name: 'pull_request',
          ref: 'refs/pull/7/merge',
          payload: {number: 7, pull_request: {number: 7}}
        },
        facts: {isReadOnly: true, isFork: true}
      })
      const seen = facts(end)
      const [name, head, sha] = (seen['head'] ?? '').split(' ')
      expect([name, sha, seen['ref']]).toEqual(['HEAD', head, head])
      expect(seen['event']).toBe('somebody/strict')
      expect(seen['sub']).toBe('')
      expect(seen['again']).toBe('one top two')
      expect(seen['secret']).toBe('[] []')
    },
    2 * MINUTES
  )

  it(
    'drops outputs that may hold a secret which the job received, and keeps all others',
    async () => {
      const end = await run(
        `
out:
  runs-on: ubuntu-24.04
  outputs:
    name: \${{ steps.a.outputs.name }}
    line: the \${{ steps.a.outputs.line }}
    masked: \${{ steps.a.outputs.masked }}
    base64: \${{ steps.a.outputs.base64 }}
    plain: x-\${{ steps.a.outputs.plain }}
    token: \${{ steps.a.outputs.token }}
  steps:
    - id: a
      env: {NAME: '\${{ secrets.NAME }}', KEY: '\${{ secrets.KEY }}', TOKEN: '\${{ github.token }}'}
      run: |
        echo "::add-mask::hidden-by-command"
        {
          echo "name=docker.io/$NAME/app"
          echo "line=of b2"
          echo "masked=it is hidden-by-command here"
          echo "base64=$(printf '{"a":"%s/x"}' "$NAME" | base64 -w0)"
          echo "plain=it's {fine} \\\\ \\"quoted\\" $"
          echo "token=$TOKEN"
        } >> "$GITHUB_OUTPUT"
other:
  runs-on: ubuntu-24.04
  outputs: {name: '\${{ steps.a.outputs.name }}'}
  steps: [{id: a, run: 'echo "name=netbox/app" >> "$GITHUB_OUTPUT"'}]
read:
  needs: [out, other]
  runs-on: ubuntu-24.04
  steps:
    - env: {ALL: '\${{ toJSON(needs) }}'}
      run: |
        for name in name line masked base64 token plain; do echo "fact $name: $(jq -r ".out.outputs.$name" <<<"$ALL")"; done
        echo "fact other: $(jq -r .other.outputs.name <<<"$ALL")"
`,
        {secrets: {NAME: 'netbox', KEY: 'of a1\nof b2\n'}}
      )
      const seen = facts(end)
      for (const name of ['name', 'line', 'masked', 'base64', 'token']) {
        expect([name, seen[name]]).toEqual([name, expect.stringMatching(/^(null)?$/)])
        expect(end.log).toContain(`Skip output '${name}' since it may contain secret.`)
      }
      expect(seen['plain']).toBe('x-it\'s {fine} \\ "quoted" $')
      // Read by the log: it hides the value of a secret of the run from whoever looks.
      expect(seen['other']).toBe('***/app')
    },
    2 * MINUTES
  )

  it(
    'takes no more outputs of a job, and no larger input, than GitHub and Linux do',
    async () => {
      const end = await run(`
large:
  runs-on: ubuntu-24.04
  outputs: {text: '\${{ steps.a.outputs.text }}'}
  steps:
    - id: a
      run: printf 'text=%0600000d\\n' 0 >> "$GITHUB_OUTPUT"
input:
  runs-on: ubuntu-24.04
  steps:
    - id: a
      run: printf 'text=%0131060d\\n' 0 >> "$GITHUB_OUTPUT"
    - run: 'echo "fact fits: \${#TEXT}"'
      env: {TEXT: '\${{ steps.a.outputs.text }}'}
    - id: b
      run: printf 'text=%0131072d\\n' 0 >> "$GITHUB_OUTPUT"
    - run: 'echo "fact too-large: \${#TEXT}"'
      env: {TEXT: '\${{ steps.b.outputs.text }}'}
`)
      expect(end.exitCode).not.toBe(0)
      expect(end.log).toMatch(/The outputs of the job have 1200000 bytes, the maximum is 1048576/)
      expect(facts(end)).toEqual({fits: '131060'})
      expect(end.log).toContain('argument list too long')
    },
    2 * MINUTES
  )

  it(
    'gives each job a machine of its own with the programs of its image, and installs what a step installs',
    async () => {
      const end = await run(`
tools:
  runs-on: ubuntu-24.04
  steps:
    - run: |
        for name in trivy grype snyk syft cosign crane buildctl registry3 htpasswd; do command -v $name && echo "fact found: $name"; done
        for name in docker podman buildah skopeo git jq make python3; do command -v $name >/dev/null || echo "fact lacks: $name"; done
        for call in 'aws ecr get-login-password --region us-east-1' 'gcloud auth print-access-token' 'az acr login --name x --expose-token'; do
          if $call; then echo "fact logged-in: $call"; fi
        done
        echo "fact runtime: [$ACTIONS_RUNTIME_TOKEN]"
        echo "fact identity: [$ACTIONS_ID_TOKEN_REQUEST_URL]"
        touch "$HOME/mine"
    - uses: sigstore/cosign-installer@${SHA}
    - id: grype
      uses: anchore/scan-action/download-grype@${SHA}
    - run: |
        echo "fact cosign: $(cosign version)"
        echo "fact grype: $(command -v grype) $(\${{ steps.grype.outputs.cmd }})"
other:
  needs: tools
  runs-on: ubuntu-24.04-arm
  permissions: {id-token: write}
  steps:
    - run: |
        echo "fact home: $(ls -x "$HOME")"
        command -v cosign && echo 'fact found: cosign of another job'
        [ -n "$ACTIONS_ID_TOKEN_REQUEST_URL" ] && echo 'fact own-identity: yes'
    - uses: aws-actions/configure-aws-credentials@${SHA}
      with: {role-to-assume: 'arn:aws:iam::123456789012:role/release', aws-region: us-east-1}
    - run: 'echo "fact aws: $(aws ecr get-login-password | wc -l)"'
refused:
  runs-on: ubuntu-24.04
  steps:
    - uses: sigstore/cosign-installer@${SHA}
      with: {version: v3}
none:
  runs-on: ubuntu-24.04
  steps:
    - uses: aws-actions/configure-aws-credentials@${SHA}
      with: {role-to-assume: 'arn:aws:iam::123456789012:role/release', aws-region: us-east-1}
`)
      expect(facts(end)).toEqual({
        runtime: '[]',
        identity: '[]',
        cosign: 'cosign version',
        grype: 'grype',
        home: expect.stringMatching(/^containers +run$/),
        'own-identity': 'yes',
        aws: '1'
      })
      expect(end.log).toContain(`Unexpected input(s) 'version', valid inputs are ['cosign-release'`)
      expect(end.log).toContain('did you set id-token: write?')
    },
    2 * MINUTES
  )

  it(
    'keeps the images of docker and of podman apart',
    async () => {
      const end = await run(`
engines:
  runs-on: ubuntu-24.04
  steps:
    - run: |
        echo "fact docker: $(docker run --rm tiny:1 echo it runs)"
        podman run --rm --pull never localhost/tiny:1 echo || echo "fact podman: has none"
        docker buildx ls >/dev/null && echo "fact buildx: there"
`)
      expect(facts(end)).toEqual({docker: 'it runs', podman: 'has none', buildx: 'there'})
    },
    2 * MINUTES
  )

  it(
    'gives a job the token that its permissions say, which reads only in runs for others',
    async () => {
      const push = (name: string, permissions: string): string => `
${name}:
  runs-on: ubuntu-24.04
  permissions: ${permissions}
  steps:
    - uses: ${CHECKOUT}
    - run: |
        if git -c user.name=x -c user.email=x@example.org commit --quiet --allow-empty -m x && git push --quiet origin HEAD:refs/heads/by-${name}
        then echo "fact ${name}: pushed"; else echo "fact ${name}: refused"; fi
`
      const jobs = push('reads', '{contents: read}') + push('writes', '{contents: write}')
      expect(facts(await run(jobs))).toEqual({reads: 'refused', writes: 'pushed'})
      const others = await run(jobs, {facts: {isReadOnly: true}})
      expect(facts(others)).toEqual({reads: 'refused', writes: 'refused'})
    },
    2 * MINUTES
  )

  it(
    'gives the secrets of an environment to its jobs alone',
    async () => {
      const job = (name: string, environment: string): string => `
${name}:
  runs-on: ubuntu-24.04
  ${environment}
  steps: [{run: 'echo "fact ${name}: [$ONE] [$TWO]"', env: {ONE: '\${{ secrets.ONE && 1 }}', TWO: '\${{ secrets.TWO && 2 }}'}}]
`
      const end = await run(job('inside', 'environment: prod') + job('outside', 'env: {X: y}'), {
        secrets: {ONE: 'some-secret'},
        facts: {environments: {prod: {TWO: 'other-secret'}}}
      })
      expect(facts(end)).toEqual({inside: '[1] [2]', outside: '[1] []'})
    },
    2 * MINUTES
  )

  const CALLED = `on: {workflow_call: {inputs: {name: {type: string, required: true}}, secrets: {TOKEN: {required: true}}}}
jobs:
  nested:
    runs-on: ubuntu-24.04
    permissions: {packages: write}
    steps: [{run: 'true'}]
`
  const call = (more: string): string => `
caller:
  uses: ./.github/workflows/called.yml
${more}`
  const step = (uses: string): string => `
one:
  runs-on: ubuntu-24.04
  steps: [{uses: '${uses}'}]
`
  it.each<[string, string, string, Partial<WorkflowCall>?]>([
    [
      'a nested job that asks for more than its caller may',
      call(`  with: {name: x}\n  secrets: {TOKEN: x}`),
      "The nested job 'nested' is requesting 'packages: write', but is only allowed 'packages: none'"
    ],
    [
      'an input that the called workflow does not have',
      call(`  permissions: {packages: write}\n  with: {name: x, other: y}\n  secrets: inherit`),
      'Invalid input, other is not defined in the referenced workflow.'
    ],
    [
      'an input and a secret that it must have',
      call(`  permissions: {packages: write}`),
      'Input name is required, but not provided while calling.\njobs.caller: Secret TOKEN is required, but not provided while calling.'
    ],
    [
      'a secret that it does not know',
      call(`  permissions: {packages: write}\n  with: {name: x}\n  secrets: {TOKEN: x, token-two: y}`),
      'Invalid secret, token-two is not defined in the referenced workflow.'
    ],
    [
      'a secret with a name that no repository and no environment can have',
      step(CHECKOUT),
      'Secret names can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or underscores (_): registry-credentials',
      {secrets: {'registry-credentials': 'x'}}
    ],
    [
      'an action that nothing is known of',
      step(`somebody/something@${SHA}`),
      'no stand-in is known for this action'
    ],
    [
      'an action that is not pinned',
      step('actions/checkout@v7'),
      'actions/checkout@v7: not pinned by its commit'
    ]
  ])('starts no job for %s', async (_, jobs, fault, more = {}) => {
    const end = await run(jobs, more, {'.github/workflows/called.yml': CALLED})
    expect(end.exitCode).toBe(1)
    expect(end.log).toMatch(/^The workflow is not valid\. /)
    expect(end.log).toContain(fault)
  })

  it('says all that a step said before it failed, without a terminal', async () => {
    const step = '[ -t 1 ] && echo terminal; seq 20000; echo why; exit 1'
    const end = await run(`one:\n  runs-on: ubuntu-24.04\n  steps: [{run: '${step}'}]`)
    const said = end.log.split('\n').flatMap(line => /\| (\S+)$/.exec(line)?.[1] ?? [])
    expect([end.exitCode, said.length, said.at(-1)]).toEqual([1, 20001, 'why'])
  })

  it('fails a run with a job that no machine is there for', async () => {
    const end = await run('one:\n  runs-on: ubuntu-26.04-huge\n  steps: [{run: echo ran}]')
    expect([end.exitCode, end.log]).toEqual([1, expect.not.stringContaining('| ran')])
  })
})
