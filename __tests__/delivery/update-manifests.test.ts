import {execFile} from 'node:child_process'
import {chmod, mkdtemp, readFile, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {updateManifests} from '../../src/delivery/update-manifests.js'
import {execPrograms} from '../support/exec-programs.js'
import {parseInputs} from '../../src/command/input.js'
import type {Exec, Ports} from '../../src/ports.js'
import {type BareRepository, bareRepository, serveGit} from '../support/git-server.js'
import {type GithubServer, type ServedRequest, GITHUB_TOKEN, startGithub} from '../support/github-server.js'
import {pushImage} from '../../src/registry/images/image-push.js'
import {parseTag} from '../../src/oci/reference.js'
import {image} from '../support/images.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {random} from '../support/random.js'
import {startEmbedded} from '../support/registries.js'
import {clientOf} from '../support/releases.js'
import {failureOf} from '../support/thrown.js'

const DIGEST = `sha256:${'1'.repeat(64)}`

/** The output `release` of merge-manifest, with a tag for each target. */
const releaseOf = (targets: Readonly<Record<string, string>>, state: 'new' | 'kept' = 'new') =>
  JSON.stringify({
    schema: 1,
    targets: Object.entries(targets).map(([target, tag]) => ({
      target,
      digest: DIGEST,
      platforms: ['linux/amd64'],
      images: [`ghcr.io/org/${target}`],
      tags: [{reference: `ghcr.io/org/${target}:${tag}`, state}]
    }))
  })

const KUSTOMIZATION = [
  'images:',
  ...['app', 'api', 'web'].flatMap(name => [`  - name: ghcr.io/org/${name} # ours`, '    newTag: 1.0.0']),
  ''
].join('\n')
const FILE = 'overlays/production/kustomization.yaml'
const ENTRY = `kustomize:${FILE}`

describe('update-manifests', () => {
  let bare: BareRepository
  let github: GithubServer
  let ports: TestPorts

  beforeEach(async () => {
    bare = await bareRepository({[FILE]: KUSTOMIZATION, 'README.md': 'Manifests\n'})
    github = await startGithub({repository: 'org/deploy'})
    ports = testPorts([], {exec: execPrograms, github: token => github.api(token)})
  })
  afterEach(async () => {
    ports.close()
    await github.stop()
    expect(github.faults).toEqual([])
    await bare.remove()
  })

  const update = async (texts: Readonly<Record<string, string>>, with_: Ports = ports) =>
    await updateManifests.run(
      parseInputs(updateManifests.inputs, {
        manifests: ENTRY,
        'manifests-repository': bare.folder,
        author: 'Release Bot <bot@example.com>',
        ...texts
      }),
      with_
    )
  const tags = async (branch = 'main') =>
    [...(await bare.read(branch, FILE)).matchAll(/newTag: (.*)/g)].map(([, tag]) => tag)

  it('commits the change to the default branch, and gives registry, repository, tag and digest apart', async () => {
    const outputs = await update({release: releaseOf({app: '1.1.0'})})
    expect(await bare.read('main', FILE)).toBe(KUSTOMIZATION.replace('1.0.0', '1.1.0'))
    expect(outputs).toMatchObject({
      registry: 'ghcr.io',
      repository: 'org/app',
      image: 'ghcr.io/org/app',
      tag: '1.1.0',
      digest: DIGEST,
      changed: 'true',
      branch: 'main',
      commit: (await bare.git('rev-parse', 'main')).trim(),
      'pull-request-url': ''
    })
    expect(await bare.git('log', '-1', '--format=%an <%ae> %cn%n%B', 'main')).toBe(
      'Release Bot <bot@example.com> Release Bot\nUpdate image to 1.1.0\n\n'
    )
    expect((await bare.git('diff', '--stat', 'main~1', 'main')).trim()).toMatch(/1 file changed, 1 insertion/)
    expect(ports.reporter.summaries[0]).toContain('ghcr.io/org/app:1.0.0 → ghcr.io/org/app:1.1.0')
  })

  it('makes no commit where there is no change, in a dry run, and where a newer version runs', async () => {
    await update({release: releaseOf({app: '1.1.0'})})
    const tip = await bare.git('rev-parse', 'main')
    expect(await update({release: releaseOf({app: '1.1.0'})})).toMatchObject({changed: 'false', commit: ''})
    expect(await update({release: releaseOf({app: '1.0.5'})})).toMatchObject({changed: 'false', commit: ''})
    expect(await update({release: releaseOf({app: '1.2.0'}), 'dry-run': 'true'})).toMatchObject({
      changed: 'true',
      commit: ''
    })
    expect(await update({release: releaseOf({app: '1.2.0'}, 'kept')})).toMatchObject({
      changed: 'false',
      tag: ''
    })
    expect(await bare.git('rev-parse', 'main')).toBe(tip)
    expect(ports.reporter.lines.join('\n')).toContain('stays, a newer version runs')
    expect(await update({release: releaseOf({app: '1.0.5'}), 'allow-backward': 'true'})).toMatchObject({
      changed: 'true'
    })
  })

  it('keeps the mode of a file, and everything else of the commit', async () => {
    await bare.write('main', {'run.sh': 'exit\n'})
    await update({release: releaseOf({app: '1.1.0', api: '2.0.0'}), message: '{{target}}: {{image}} {{tag}}'})
    expect((await bare.subjects('main'))[0]).toBe('app: ghcr.io/org/app 1.1.0')
    expect(await tags()).toEqual(['1.1.0', '2.0.0', '1.0.0'])
    expect((await bare.git('ls-tree', '-r', '--name-only', 'main')).split('\n')).toEqual([
      'README.md',
      FILE,
      'run.sh',
      ''
    ])
  })

  it('makes the change anew where somebody was faster, and loses no commit of theirs', async () => {
    const state: {pushes: number} = {pushes: 0}
    const late: Exec = async (command, args, options) => {
      if (args.includes('push') && state.pushes++ < 2)
        await bare.write('main', {[`note-${state.pushes}.txt`]: 'from a person\n'})
      return await execPrograms(command, args, options)
    }
    await update({release: releaseOf({app: '1.1.0'})}, {...ports, exec: late})
    expect(await bare.subjects('main')).toEqual([
      'Update image to 1.1.0',
      'A person writes',
      'A person writes',
      'A person writes'
    ])
    expect(await tags()).toEqual(['1.1.0', '1.0.0', '1.0.0'])
  })

  it('lets three services race, each with its commit', async () => {
    await Promise.all(
      ['app', 'api', 'web'].map(async name => await update({release: releaseOf({[name]: '3.0.0'})}))
    )
    expect(await tags()).toEqual(['3.0.0', '3.0.0', '3.0.0'])
    expect(await bare.subjects('main')).toHaveLength(4)
  })

  it('gives up where the branch moves each time', async () => {
    const always: Exec = async (command, args, options) => {
      if (args.includes('push')) await bare.write('main', {'note.txt': String(random())})
      return await execPrograms(command, args, options)
    }
    const failure = await failureOf(() =>
      update({release: releaseOf({app: '1.1.0'}), attempts: '2'}, {...ports, exec: always})
    )
    expect([failure.code, failure.message]).toEqual(['GIT_FAILED', expect.stringMatching(/moved 2 times/)])
    expect(await tags()).toEqual(['1.0.0', '1.0.0', '1.0.0'])
  })

  it('opens a pull request, goes on with it, and opens another when it is merged', async () => {
    const propose = async (tag: string, name = 'app') =>
      await update({
        release: releaseOf({[name]: tag}),
        deliver: 'pull-request',
        'github-repository': 'org/deploy',
        message: `Update ${name} to {{tag}}`
      })
    const first = await propose('1.1.0')
    expect(first).toMatchObject({
      branch: 'image-release/manifests',
      'pull-request-url': 'https://github.com/org/deploy/pull/1',
      'pull-request-number': '1'
    })
    expect(await tags()).toEqual(['1.0.0', '1.0.0', '1.0.0'])
    expect(await tags('image-release/manifests')).toEqual(['1.1.0', '1.0.0', '1.0.0'])
    expect(github.pulls).toMatchObject([{title: 'Update app to 1.1.0', base: 'main'}])
    github.pulls[0]!.body = `Looks good to me.\n\n${github.pulls[0]!.body}`

    expect(await propose('1.1.0')).toMatchObject({changed: 'false', commit: '', 'pull-request-number': '1'})
    await propose('2.0.0', 'api')
    expect(await tags('image-release/manifests')).toEqual(['1.1.0', '2.0.0', '1.0.0'])
    expect(github.pulls).toHaveLength(1)
    expect(github.pulls[0]!.title).toBe('Update api to 2.0.0')
    const [, ...tables] = github.pulls[0]!.body.split(/(?<=\n)\n?(?=<!-- image-release)/)
    expect(github.pulls[0]!.body).toMatch(/^Looks good to me\.\n\n<!-- image-release:manifests\.app -->/)
    expect(tables).toMatchObject([/:1\.1\.0/, /:2\.0\.0/].map(tag => expect.stringMatching(tag)))

    github.pulls[0]!.state = 'closed'
    await bare.write('main', {'other.txt': 'x'})
    expect(await propose('1.2.0')).toMatchObject({'pull-request-number': '2'})
    expect(await tags('image-release/manifests')).toEqual(['1.2.0', '1.0.0', '1.0.0'])
    expect(await bare.read('image-release/manifests', 'other.txt')).toBe('x')
  })

  describe('brings an open pull request onto its base (renovatebot/renovate#54)', () => {
    const branch = 'image-release/manifests'
    const propose = async (tag: string, name = 'app') =>
      await update({
        release: releaseOf({[name]: tag}),
        deliver: 'pull-request',
        'github-repository': 'org/deploy'
      })
    const isOnMain = async () =>
      (await bare.git('merge-base', 'main', branch)) === (await bare.git('rev-parse', 'main'))

    it('with what two services proposed, and what changed there meanwhile', async () => {
      await propose('1.1.0')
      await bare.write('main', {[FILE]: KUSTOMIZATION.replace(/1\.0\.0\n$/, '1.0.9\n'), 'other.txt': 'x'})
      await propose('2.0.0', 'api')
      expect(await tags(branch)).toEqual(['1.1.0', '2.0.0', '1.0.9'])
      expect(await bare.read(branch, 'other.txt')).toBe('x')
      expect(await isOnMain()).toBe(true)
      await bare.write('main', {'other.txt': 'y'})
      expect(await propose('2.0.0', 'api')).toMatchObject({changed: 'false', 'pull-request-number': '1'})
      expect([await bare.read(branch, 'other.txt'), await isOnMain()]).toEqual(['y', true])
    })

    it('and reverts no hotfix of the same line', async () => {
      await propose('1.1.0')
      await bare.write('main', {[FILE]: KUSTOMIZATION.replace('1.0.0', '1.2.0')})
      expect(await propose('1.1.1')).toMatchObject({changed: 'false'})
      expect(await tags(branch)).toEqual(['1.2.0', '1.0.0', '1.0.0'])
      await propose('1.3.0')
      expect([await tags(branch), await isOnMain()]).toEqual([['1.3.0', '1.0.0', '1.0.0'], true])
    })

    it('and loses nothing of another service where both changed the same line', async () => {
      await propose('1.1.0')
      await propose('2.0.0', 'api')
      await bare.write('main', {[FILE]: KUSTOMIZATION.replace('1.0.0', '1.2.0')})
      await propose('1.3.0')
      expect([await tags(branch), await isOnMain()]).toEqual([['1.3.0', '2.0.0', '1.0.0'], true])
      await bare.write('main', {[FILE]: KUSTOMIZATION.replace('1.0.0', '1.4.0'), 'other.txt': 'x'})
      await propose('2.1.0', 'api')
      expect([await tags(branch), await isOnMain()]).toEqual([['1.4.0', '2.1.0', '1.0.0'], true])
    })

    it('and begins anew where the base has the file no more', async () => {
      await propose('2.0.0', 'api')
      await bare.write('main', {'kustomization.yaml': KUSTOMIZATION, [FILE]: undefined})
      const moved = {manifests: 'kustomize:kustomization.yaml', deliver: 'pull-request'}
      await update({release: releaseOf({app: '1.1.0'}), 'github-repository': 'org/deploy', ...moved})
      expect(await bare.git('ls-tree', '-r', '--name-only', branch)).toBe('README.md\nkustomization.yaml\n')
      expect(await isOnMain()).toBe(true)
    })

    it('and mixes no two histories that have nothing in common', async () => {
      await propose('1.1.0')
      await bare.git('update-ref', '-d', 'refs/heads/main')
      await bare.write('main', {'other.txt': 'x'})
      await propose('1.2.0')
      expect(await bare.git('ls-tree', '-r', '--name-only', branch)).toBe(`README.md\n${FILE}\n`)
      expect(await tags(branch)).toEqual(['1.2.0', '1.0.0', '1.0.0'])
    })

    it('and keeps the commits of people', async () => {
      await propose('1.1.0')
      await bare.write(branch, {'note.txt': 'from a person'})
      await bare.write('main', {'other.txt': 'x'})
      await propose('1.2.0')
      expect(await bare.read(branch, 'note.txt')).toBe('from a person')
      expect(await bare.subjects(branch)).toContain('A person writes')
      expect([await tags(branch), await isOnMain()]).toEqual([['1.2.0', '1.0.0', '1.0.0'], true])
    })
  })

  it('closes a pull request with a word when its base has all of it, and opens another for the next', async () => {
    const propose = async (tag: string) =>
      await update({
        release: releaseOf({app: tag}),
        deliver: 'pull-request',
        'github-repository': 'org/deploy'
      })
    await propose('1.1.0')
    await bare.write('main', {[FILE]: KUSTOMIZATION.replace('1.0.0', '1.1.0')})
    await propose('1.1.0')
    expect(github.pulls).toMatchObject([{number: 1, state: 'closed'}])
    const words = github.requests.filter(({path: at}) => at.endsWith('/issues/1/comments'))
    expect(words).toMatchObject([{body: {body: expect.stringMatching(/^`main` has what this pull request/)}}])
    expect(ports.reporter.lines.at(-1)).toMatch(/pull\/1 is closed: its base has all of it$/)
    expect(await propose('1.2.0')).toMatchObject({'pull-request-number': '2'})
    expect(await tags('image-release/manifests')).toEqual(['1.2.0', '1.0.0', '1.0.0'])
  })

  describe('gives a pull request that it opens', () => {
    const propose = async (texts: Readonly<Record<string, string>>, tag = '1.1.0') =>
      await update({
        release: releaseOf({app: tag}),
        deliver: 'pull-request',
        'github-repository': 'org/deploy',
        ...texts
      })
    const posts = (end: string): object[] =>
      github.requests
        .filter(({method, path: at}) => method === 'POST' && at.endsWith(end))
        .map(({body}) => body)

    it('labels, reviewers and teams, and leaves what people change of them alone', async () => {
      const texts = {
        'pull-request-labels': 'deploy, production',
        'pull-request-reviewers': '@ada, org/on-call'
      }
      await propose(texts)
      await propose(texts, '1.2.0')
      expect(posts('/pulls/1/requested_reviewers')).toEqual([
        {reviewers: ['ada'], team_reviewers: ['on-call']}
      ])
      expect(posts('/issues/1/labels')).toEqual([{labels: ['deploy', 'production']}])
    })

    it('the way that GitHub merges it by itself', async () => {
      await propose({'pull-request-merge': 'squash'})
      expect(posts('/graphql')).toMatchObject([
        {variables: {method: 'SQUASH', id: expect.stringMatching(/./)}}
      ])
    })

    it('and says why GitHub does not', async () => {
      await github.stop()
      const noAutoMerge = 'Pull request Auto merge is not allowed for this repository'
      github = await startGithub({repository: 'org/deploy', noAutoMerge})
      const failure = await failureOf(() => propose({'pull-request-merge': 'merge'}))
      expect([failure.code, failure.message]).toEqual([
        'GITHUB_FAILED',
        expect.stringContaining(
          `pull request 1 is open, and GitHub does not merge it by itself: ${noAutoMerge}`
        )
      ])
    })

    it('no reviewer who is nobody on GitHub', () => {
      expect(() => parseInputs(updateManifests.inputs, {'pull-request-reviewers': 'a b'})).toThrow(
        /"a b" is no name of a person, and no org\/team/
      )
    })
  })

  describe('shows the deployment on the page of an environment on GitHub', () => {
    const shown = {
      release: releaseOf({app: '1.1.0'}),
      'deployment-environment': 'production',
      'deployment-repository': 'org/deploy',
      'deployment-ref': 'v1.1.0'
    }

    it('as done when the manifests name it, and once, however often it is run', async () => {
      expect(await update(shown)).toMatchObject({'deployment-id': '1'})
      expect(await update(shown)).toMatchObject({'deployment-id': '1', changed: 'false'})
      const tip = (await bare.git('rev-parse', '--short=7', 'main')).trim()
      expect(github.deployments).toMatchObject([
        {
          ...{id: 1, ref: 'v1.1.0', environment: 'production'},
          payload: {images: [`ghcr.io/org/app@${DIGEST}`]},
          statuses: [{state: 'success', description: `The manifests name it on main since ${tip}.`}]
        }
      ])
      await update({...shown, release: releaseOf({app: '1.2.0'}), 'deployment-ref': 'v1.2.0'})
      expect(github.deployments).toHaveLength(2)
    })

    it('as waiting while a pull request proposes it', async () => {
      const proposed = {...shown, deliver: 'pull-request', 'github-repository': 'org/deploy'}
      await update(proposed)
      await update(proposed)
      const url = 'https://github.com/org/deploy/pull/1'
      const queued = {state: 'queued', description: 'Pull request 1 proposes it.', log_url: url}
      expect(github.deployments).toMatchObject([{statuses: [queued]}])
      await bare.git('update-ref', 'refs/heads/main', 'refs/heads/image-release/manifests')
      await update(proposed)
      expect(github.deployments).toMatchObject([
        {
          statuses: [
            queued,
            {state: 'success', description: 'The manifests name it on image-release/manifests.'}
          ]
        }
      ])
    })

    it('after a run that GitHub refused it to', async () => {
      await github.stop()
      const isDeployment = ({method, path: at}: ServedRequest) =>
        method === 'POST' && at.endsWith('/deployments')
      github = await startGithub({repository: 'org/deploy', forbids: isDeployment})
      const failure = await failureOf(() => update(shown))
      expect([failure.code, failure.hint]).toEqual([
        'GITHUB_FAILED',
        'Give this job "deployments: write", or a token that has it for this repository.'
      ])
      expect(await tags()).toEqual(['1.1.0', '1.0.0', '1.0.0'])
      await github.stop()
      github = await startGithub({repository: 'org/deploy'})
      expect(await update(shown)).toMatchObject({'deployment-id': '1', changed: 'false'})
    })

    it('not where a newer version runs, in a dry run, and where nothing is committed', async () => {
      await bare.write('main', {[FILE]: KUSTOMIZATION.replaceAll('1.0.0', '2.0.0')})
      expect(await update(shown)).toMatchObject({'deployment-id': ''})
      await update({...shown, release: releaseOf({app: '3.0.0'}), 'dry-run': 'true'})
      expect(github.deployments).toEqual([])
      const failure = await failureOf(() => update({...shown, deliver: 'files', 'deployment-ref': ''}))
      expect(failure.message.split('\n').map(line => line.trim())).toEqual([
        expect.stringContaining('deployment-environment'),
        expect.stringContaining('deployment-ref')
      ])
    })
  })

  it('opens one pull request where two runs race', async () => {
    const propose = async (name: string) =>
      await update({
        release: releaseOf({[name]: '1.1.0'}),
        deliver: 'pull-request',
        'github-repository': 'org/deploy'
      })
    const numbers = (await Promise.all([propose('app'), propose('api')])).map(
      one => one['pull-request-number']
    )
    expect(numbers).toEqual(['1', '1'])
    expect(github.pulls).toHaveLength(1)
  })

  it('gives each service a pull request of its own, by the words of its branch', async () => {
    const propose = async (name: string) =>
      await update({
        release: releaseOf({[name]: '1.1.0'}),
        deliver: 'pull-request',
        'github-repository': 'org/deploy',
        'pull-request-branch': 'image-release/{{target}}'
      })
    expect([await propose('app'), await propose('api')]).toMatchObject([
      {branch: 'image-release/app', 'pull-request-number': '1'},
      {branch: 'image-release/api', 'pull-request-number': '2'}
    ])
    expect(await tags('image-release/api')).toEqual(['1.0.0', '1.1.0', '1.0.0'])
  })

  it('pushes to no branch that a pull request is to change', async () => {
    const texts = {
      release: releaseOf({app: '1.1.0'}),
      deliver: 'pull-request',
      'github-repository': 'org/deploy',
      'pull-request-branch': 'main'
    }
    const failure = await failureOf(() => update(texts))
    expect([failure.code, failure.message]).toEqual([
      'INPUT_INVALID',
      expect.stringMatching(/pushed to directly/)
    ])
    expect(await tags()).toEqual(['1.0.0', '1.0.0', '1.0.0'])
  })

  it('proposes nothing where nothing has to change', async () => {
    expect(
      await update({
        release: releaseOf({app: '1.0.0'}),
        deliver: 'pull-request',
        'github-repository': 'org/deploy'
      })
    ).toMatchObject({'pull-request-url': '', commit: ''})
    expect((await bare.git('branch', '--list')).trim()).toBe('* main')
  })

  describe('on a branch that wants signed commits', () => {
    const signatures = async (branch = 'main') =>
      (await bare.git('log', '--format=%G? %an', branch)).trim().split('\n')
    /** What GitHub's rule does to a push; its API moves branches by another way. */
    const refuseUnsigned = async () => {
      const hook = path.join(bare.folder, 'hooks', 'pre-receive')
      await writeFile(
        hook,
        `#!/bin/sh
while read old new ref; do
  git cat-file commit "$new" | grep -q ^gpgsig || { echo "GH013: Commits must have verified signatures." >&2; exit 1; }
done
`
      )
      await chmod(hook, 0o755)
    }

    it('says what to do about one without a signature', async () => {
      await refuseUnsigned()
      const failure = await failureOf(() => update({release: releaseOf({app: '1.1.0'})}))
      expect([failure.code, failure.hint]).toEqual([
        'GIT_FAILED',
        expect.stringMatching(/sign-commits: github/)
      ])
    })

    it('signs by the key of this machine, where Git is told to, or this is', async () => {
      await refuseUnsigned()
      const folder = await mkdtemp(path.join(tmpdir(), 'key-'))
      const key = path.join(folder, 'key')
      await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
      const configuration = path.join(folder, 'config')
      const text = `[user]\nsigningkey = ${key}.pub\n[gpg]\nformat = ssh\n`
      const withKey: Exec = async (command, args, options) =>
        await execPrograms(command, args, {
          ...options,
          env: {...options?.env, GIT_CONFIG_GLOBAL: configuration}
        })
      const signing = {...ports, exec: withKey}
      await writeFile(configuration, text)
      await update({release: releaseOf({app: '1.1.0'}), 'sign-commits': 'key'}, signing)
      await writeFile(configuration, `${text}[commit]\ngpgsign = true\n`)
      await update({release: releaseOf({app: '1.2.0'})}, signing)
      expect(await tags()).toEqual(['1.2.0', '1.0.0', '1.0.0'])
      const failure = await failureOf(() =>
        update({release: releaseOf({app: '1.3.0'}), 'sign-commits': 'never'}, signing)
      )
      expect(failure.message).toContain('must have verified signatures')
      await writeFile(configuration, text.replace(key, '/nowhere'))
      const lost = await failureOf(() =>
        update({release: releaseOf({app: '1.3.0'}), 'sign-commits': 'key'}, signing)
      )
      expect([lost.code, lost.hint]).toEqual(['GIT_FAILED', expect.stringMatching(/user\.signingkey/)])
      await rm(folder, {recursive: true, force: true})
    })

    describe('through GitHub', () => {
      const sign = {'sign-commits': 'github', 'github-repository': 'org/deploy'}
      const restart = async (options: object = {}) => {
        await github.stop()
        github = await startGithub({repository: 'org/deploy', git: bare.folder, ...options})
      }

      it('has it commit, byte by byte what was meant, and moves the branch', async () => {
        await refuseUnsigned()
        await restart()
        await bare.git('config', 'core.hooksPath', '/dev/null')
        await bare.write('main', {'other.txt': 'x'})
        await bare.git('config', '--unset', 'core.hooksPath')
        const {commit} = await update({release: releaseOf({app: '1.1.0'}), ...sign})
        expect((await bare.git('rev-parse', 'main')).trim()).toBe(commit)
        expect(await bare.read('main', FILE)).toBe(KUSTOMIZATION.replace('1.0.0', '1.1.0'))
        expect(await signatures()).toContainEqual(expect.stringMatching(/github-actions\[bot\]$/))
        expect((await bare.git('diff', '--stat', 'main~1', 'main')).trim()).toMatch(
          /1 file changed, 1 insertion/
        )
      })

      it('makes the change anew where somebody was faster', async () => {
        let isFirst = true
        await restart({
          before: async ({method}: {method: string}) => {
            if (method !== 'PATCH' || !isFirst) return
            isFirst = false
            await bare.write('main', {'faster.txt': 'x'})
          }
        })
        await update({release: releaseOf({app: '1.1.0'}), ...sign})
        expect(await bare.read('main', 'faster.txt')).toBe('x')
        expect(await tags()).toEqual(['1.1.0', '1.0.0', '1.0.0'])
      })

      it('opens a pull request, and brings it onto its base', async () => {
        await restart()
        const propose = async (tag: string, name = 'app') =>
          await update({release: releaseOf({[name]: tag}), deliver: 'pull-request', ...sign})
        const branch = 'image-release/manifests'
        await propose('1.1.0')
        await bare.write('main', {'other.txt': 'x'})
        await propose('2.0.0', 'api')
        expect(await tags(branch)).toEqual(['1.1.0', '2.0.0', '1.0.0'])
        expect(await bare.read(branch, 'other.txt')).toBe('x')
        await bare.write('main', {[FILE]: KUSTOMIZATION.replace('1.0.0', '1.2.0')})
        await propose('1.3.0')
        expect(await tags(branch)).toEqual(['1.3.0', '2.0.0', '1.0.0'])
        expect(github.pulls).toHaveLength(1)
      })

      it('moves no branch where GitHub does not sign, as for the token of a person', async () => {
        await restart({isPerson: true})
        const before = await bare.git('rev-parse', 'main')
        const failure = await failureOf(() => update({release: releaseOf({app: '1.1.0'}), ...sign}))
        expect([failure.code, failure.message]).toEqual([
          'GITHUB_FAILED',
          expect.stringMatching(/did not sign the commit [0-9a-f]{40}: unsigned/)
        ])
        expect(await bare.git('rev-parse', 'main')).toBe(before)
      })
    })
  })

  it('sends the token to the host of the repository, and shows it nowhere', async () => {
    const server = await serveGit(bare, GITHUB_TOKEN)
    const calls: string[] = []
    const watching: Exec = async (command, args, options) => {
      calls.push([command, ...args].join(' '))
      return await execPrograms(command, args, options)
    }
    const texts = {release: releaseOf({app: '1.1.0'}), 'manifests-repository': server.url}
    await update({...texts, 'git-token': GITHUB_TOKEN}, {...ports, exec: watching})
    expect(await tags()).toEqual(['1.1.0', '1.0.0', '1.0.0'])
    const basic = Buffer.from(`x-access-token:${GITHUB_TOKEN}`).toString('base64')
    for (const secret of [GITHUB_TOKEN, basic]) expect(calls.join('\n')).not.toContain(secret)
    const failure = await failureOf(() => update({...texts, 'git-token': 'wrong-token'}))
    expect(failure).toMatchObject({code: 'GIT_FAILED', hint: expect.stringContaining('git-token')})
    expect(failure.message).not.toContain('wrong-token')
    await server.stop()
  })

  it('says that a branch is protected, and does not try again', async () => {
    const hook = path.join(bare.folder, 'hooks', 'pre-receive')
    await writeFile(hook, '#!/bin/sh\necho "GH006: Protected branch update failed" >&2\nexit 1\n')
    await chmod(hook, 0o755)
    expect(await failureOf(() => update({release: releaseOf({app: '1.1.0'})}))).toMatchObject({
      code: 'GIT_FAILED',
      message: expect.stringContaining('GH006'),
      hint: expect.stringContaining('--deliver pull-request')
    })
  })

  it.each<[string, Readonly<Record<string, string>>, string, RegExp]>([
    ['a branch that is not there', {'manifests-branch': 'nowhere'}, 'GIT_FAILED', /no branch nowhere/],
    [
      'a repository that is not there',
      {'manifests-repository': '/nowhere.git'},
      'GIT_FAILED',
      /nowhere\.git/
    ],
    ['a file that is not there', {manifests: 'image:x.yaml'}, 'DEPLOYMENT_INVALID', /no such file/],
    ['a folder', {manifests: 'image:overlays'}, 'DEPLOYMENT_INVALID', /a link or a folder/]
  ])('refuses %s', async (_, texts, code, message) => {
    const failure = await failureOf(() => update({release: releaseOf({app: '1.1.0'}), ...texts}))
    expect([failure.code, failure.message]).toEqual([code, expect.stringMatching(message)])
    expect(await tags()).toEqual(['1.0.0', '1.0.0', '1.0.0'])
  })

  it('follows no link out of the repository', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'link-'))
    await execPrograms('git', ['clone', '--quiet', bare.folder, folder])
    await symlink('/etc/hostname', path.join(folder, 'link.yaml'))
    for (const args of [
      ['add', '.'],
      ['commit', '--quiet', '-m', 'x'],
      ['push', '--quiet']
    ])
      await execPrograms('git', ['-C', folder, '-c', 'user.name=x', '-c', 'user.email=x@y', ...args])
    const failure = await failureOf(() =>
      update({release: releaseOf({app: '1.1.0'}), manifests: 'image:link.yaml'})
    )
    expect(failure.message).toMatch(/a link or a folder/)
    await rm(folder, {recursive: true})
  })

  it('deploys an image by its name, and only one that is there', async () => {
    const registry = await startEmbedded()
    const name = `${registry.host}/org/app`
    const local = image()
    await pushImage(clientOf(ports, name), local)
    await clientOf(ports, name).putManifest(local.root, parseTag('5.0.0'))
    const texts = {manifests: `${ENTRY},name=ghcr.io/org/app`, pin: 'both'}
    expect(await update({...texts, 'deploy-image': `${name}:5.0.0`})).toMatchObject({
      digest: local.root.digest,
      tag: '5.0.0'
    })
    expect(await bare.read('main', FILE)).toContain(`newName: ${name}\n`)
    expect(await bare.read('main', FILE)).toContain(`digest: ${local.root.digest}\n`)
    expect(await failureOf(() => update({...texts, 'deploy-image': `${name}:6.0.0`}))).toMatchObject({
      code: 'CHILD_MISSING'
    })
    await registry.stop()
  })
})

describe('update-manifests in the files of the current folder', () => {
  it('edits them and commits nothing', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'files-'))
    await writeFile(path.join(folder, 'values.yaml'), '\uFEFFimage: {tag: 1.0.0}\r\n')
    const ports = testPorts([])
    const inputs = {
      manifests: `helm:values.yaml#image.tag`,
      deliver: 'files',
      release: releaseOf({app: '1.1.0'})
    }
    const before = process.cwd()
    process.chdir(folder)
    try {
      expect(await updateManifests.run(parseInputs(updateManifests.inputs, inputs), ports)).toMatchObject({
        changed: 'true',
        commit: ''
      })
    } finally {
      process.chdir(before)
    }
    expect(await readFile(path.join(folder, 'values.yaml'), 'utf8')).toBe('\uFEFFimage: {tag: 1.1.0}\r\n')
    ports.close()
    await rm(folder, {recursive: true})
  })
})

describe('update-manifests in files that links lead to', () => {
  it('writes through none', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'files-'))
    const other = await mkdtemp(path.join(tmpdir(), 'other-'))
    await writeFile(path.join(other, 'values.yaml'), 'image: {tag: 1.0.0}\n')
    await symlink(path.join(other, 'values.yaml'), path.join(folder, 'values.yaml'))
    await symlink(other, path.join(folder, 'charts'))
    const before = process.cwd()
    process.chdir(folder)
    const ports = testPorts([])
    try {
      for (const file of ['values.yaml', 'charts/values.yaml']) {
        const inputs = {
          manifests: `helm:${file}#image.tag`,
          deliver: 'files',
          release: releaseOf({app: '1.1.0'})
        }
        const failure = await failureOf(() =>
          updateManifests.run(parseInputs(updateManifests.inputs, inputs), ports)
        )
        expect([failure.code, failure.message]).toEqual([
          'DEPLOYMENT_INVALID',
          expect.stringMatching(/a link/)
        ])
      }
    } finally {
      process.chdir(before)
      ports.close()
    }
    expect(await readFile(path.join(other, 'values.yaml'), 'utf8')).toBe('image: {tag: 1.0.0}\n')
    await Promise.all([folder, other].map(async one => await rm(one, {recursive: true})))
  })
})

describe('update-manifests refuses before it asks anybody', () => {
  it.each<[string, Readonly<Record<string, string>>, string, RegExp]>([
    [
      'a tag that the release does not have',
      {'deploy-tag': 'staging-*'},
      'INPUT_INVALID',
      /no tag of the release/
    ],
    ['a word that is not known', {message: '{{tga}}'}, 'INPUT_INVALID', /did you mean tag/],
    [
      'a password in the address',
      {'manifests-repository': 'https://a:b@host/o/r'},
      'INPUT_INVALID',
      /not shown/
    ],
    [
      'HTTP over the network',
      {'manifests-repository': 'http://host/o/r'},
      'INPUT_INVALID',
      /without encryption/
    ],
    [
      'a transport that runs programs',
      {'manifests-repository': 'ext::sh -c x'},
      'INPUT_INVALID',
      /not the address/
    ],
    [
      'an option in place of an address',
      {'manifests-repository': '--upload-pack=x'},
      'INPUT_INVALID',
      /not the address/
    ],
    ['an author without mail', {author: 'Me'}, 'INPUT_INVALID', /Name <mail@example.com>/]
  ])('%s', async (_, texts, code, message) => {
    const ports = testPorts([])
    const inputs = {manifests: ENTRY, release: releaseOf({app: '1.1.0'}), ...texts}
    const failure = await failureOf(() =>
      updateManifests.run(parseInputs(updateManifests.inputs, inputs), ports)
    )
    expect([failure.code, failure.message]).toEqual([code, expect.stringMatching(message)])
    ports.close()
  })
})
