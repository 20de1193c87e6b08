import {execFile, execFileSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {PROGRAM_VERSION} from '../../src/version.js'
import {attestedStatement} from '../support/attested-statement.js'
import {componentPath, describeWith} from '../support/components.js'
import {type CosignKeys, PASSWORD, makeCosignKeys} from '../support/cosign.js'
import {EXAMPLE_PROGRAMS, type ExampleWorld, openExample} from '../support/example-world.js'
import {realTool} from '../support/hosted/hosted-machines.js'
import {identitySites} from '../support/hosted/job-identity.js'
import {spellOutOwnActions} from '../support/own-actions.js'
import {type ProjectCopy, copyProject} from '../support/project-copy.js'
import {VERDACCIO, type Verdaccio, startVerdaccio} from '../support/verdaccio.js'

const MINUTES = 60_000
const IMAGE = 'ghcr.io/org/image-release'
const VERSION = '1.0.0'
const SHIPPED =
  /^(dist\/|scripts\/publish\/|image\/|[\w-]+\/action\.yml|action\.yml|\.github\/workflows\/|[A-Z]+(\.md)?$|package\.json$|\.node-version$)/

/** What an npm registry says of a package. */
interface Packument {
  readonly 'dist-tags': Readonly<Record<string, string>>
  readonly versions: Readonly<Record<string, {readonly dist: {readonly tarball: string}}>>
}

/** A workflow of somebody who uses the actions. */
const USER = `name: Use
on: push
permissions: {}
jobs:
  use:
    runs-on: ubuntu-24.04
    steps:
      - uses: org/image-release/setup@v1
      - run: echo "version $(image-release --version)"
      - id: plan
        uses: org/image-release/compute-tags@v1
        with: {images: ghcr.io/org/app, tags: 'type=ref,event=branch', ask: never}
      - env: {TAGS: '\${{ steps.plan.outputs.tags }}'}
        run: echo "tags $TAGS"
`

describeWith(
  [...EXAMPLE_PROGRAMS, ...VERDACCIO, 'buildkitd', 'docker-buildx', 'cosign', 'openssl'],
  'publish.yml, by which this project releases itself, in a runner',
  () => {
    let copy: ProjectCopy
    let keys: CosignKeys
    let npm: Verdaccio
    let world: ExampleWorld
    /** The commit of v1.0.0. */
    let released: string

    beforeAll(async () => {
      copy = prepareProject()
      ;[keys, npm] = await Promise.all([makeCosignKeys(), startVerdaccio()])
      world = await openExample({
        name: copy.folder,
        repository: 'org/image-release',
        workflow: 'publish.yml',
        registries: ['ghcr.io'],
        bases: [],
        nodeBase: 'node:24-alpine',
        scanner: 'docker/buildkit-syft-scanner:stable-1',
        builder: 'buildx',
        isPrivate: true,
        sites: await identitySites(),
        secrets: {
          COSIGN_PRIVATE_KEY: readFileSync(keys.key, 'utf8'),
          COSIGN_PASSWORD: PASSWORD,
          NPM_TOKEN: npm.token
        },
        tools: {cosign: realTool('cosign')}
      })
    }, 4 * MINUTES)
    afterAll(async () => {
      await Promise.all([world.stop(), npm.stop()])
      keys.remove()
      copy.dispose()
    })

    /** What npm's own registry would say of the package. */
    const published = async (): Promise<Packument> =>
      (await (await fetch(`${npm.url}image-release`)).json()) as Packument
    const publish = async (tag: string): ReturnType<ExampleWorld['run']> => {
      world.github.tags.set(tag, world.head())
      return await world.run({
        name: 'push',
        ref: `refs/tags/${tag}`,
        // npm's own registry has a name of the internet; Node asks for what leads there.
        env: {npm_config_registry: npm.url, NODE_USE_ENV_PROXY: '1'}
      })
    }
    /** The commit that a Git tag of the repository names. */
    const commitAt = (tag: string): string =>
      execFileSync('git', ['-C', world.git.bare, 'rev-parse', `refs/tags/${tag}^{commit}`], {
        encoding: 'utf8'
      }).trim()
    const digestsOf = (folder: string): string[] =>
      execFileSync('git', ['-C', world.git.bare, 'ls-tree', '-r', '--name-only', 'HEAD', folder], {
        encoding: 'utf8'
      })
        .trim()
        .split('\n')
        .filter(file => file.endsWith('.js'))
        .map(
          file =>
            `sha256:${createHash('sha256')
              .update(readFileSync(path.join(world.folder, file)))
              .digest('hex')}`
        )

    it(
      'publishes the image, the package, the release and the tags of the actions, and again without a change',
      async () => {
        released = world.head()
        await world.succeed(publish('v1.0.0'))
        const state = async () => ({
          tags: await world.view.tags(IMAGE),
          digest: await world.view.digest(`${IMAGE}:1.0.0`),
          packages: (await published()).versions,
          release: world.github.releases.map(({tag_name: tag, body, draft, prerelease}) => ({
            tag,
            body,
            draft,
            prerelease
          })),
          moving: ['v1', 'v1.0'].map(commitAt)
        })
        const first = await state()
        expect(first.tags.filter(tag => !tag.startsWith('sha256-')).sort()).toEqual([
          '1',
          '1.0',
          '1.0.0',
          'latest'
        ])
        expect(Object.keys(first.packages)).toEqual([VERSION])
        expect(first.moving).toEqual([world.head(), world.head()])
        expect(first.release).toEqual([
          {tag: 'v1.0.0', body: expect.any(String), draft: false, prerelease: false}
        ])
        const body = first.release[0]?.body ?? ''
        expect(body).toMatch(/^<!-- changes: begin -->\n- The first version\.\n<!-- changes: end -->/)
        expect(body).toContain(`docker pull ${IMAGE}:1.0.0`)

        await world.succeed(publish('v1.0.0'))
        expect(await state()).toEqual(first)
      },
      8 * MINUTES
    )

    it('signs the image for both platforms, and attests it and what users of the actions run', async () => {
      const digest = (await world.view.digest(`${IMAGE}:1.0.0`)) ?? ''
      expect([...world.github.attestations.keys()]).toEqual(
        expect.arrayContaining([digest, ...digestsOf('dist')])
      )
      expect(digestsOf('dist').length).toBeGreaterThan(10)
      const args = ['verify', '--key', keys.publicKey, '--insecure-ignore-tlog=true', `${IMAGE}@${digest}`]
      const {exitCode, stderr} = await keys.exec('cosign', args, {env: world.readerEnv})
      expect({exitCode, stderr}).toMatchObject({exitCode: 0})
      const [bundle] = world.github.attestations.get(digest) ?? []
      const {text, signer} = attestedStatement(bundle)
      // The stand-in of Fulcio certifies the subject of the job's token, where the real one certifies its workflow.
      expect(signer).toBe('URI:repo:org/image-release:ref:refs/tags/v1.0.0')
      expect(text).toContain(digest.replace('sha256:', ''))
      expect(text).toContain(released)
    })

    it('gives the package a provenance that names the commit and the bytes that are served', async () => {
      expect(npm.provenance).toHaveLength(1)
      const {text: statement} = attestedStatement(npm.provenance[0])
      const {versions, 'dist-tags': tags} = await published()
      const archive = await fetch(versions[VERSION]?.dist.tarball ?? '')
      const sha512 = createHash('sha512')
        .update(Buffer.from(await archive.arrayBuffer()))
        .digest('hex')
      expect(statement).toContain(sha512)
      expect(statement).toContain(released)
      expect(tags).toEqual({latest: VERSION})
    })

    it(
      'runs by npx from the registry',
      async () => {
        const home = mkdtempSync(path.join(tmpdir(), 'home-'))
        const env = {PATH: componentPath, HOME: home, npm_config_registry: npm.url}
        try {
          const args = ['--yes', `image-release@${VERSION}`, '--version']
          // Its registry answers in this process.
          const {stdout} = await promisify(execFile)('npx', args, {cwd: home, env})
          expect(stdout.trim()).toBe(VERSION)
        } finally {
          rmSync(home, {recursive: true, force: true})
        }
      },
      MINUTES
    )

    it.each([
      ['linux/amd64', 'x86_64'],
      ['linux/arm64', 'aarch64']
    ])(
      'runs as the image on %s, without root: the command line, Node and Git',
      async (platform, machine) => {
        const script = 'uname -m && id -u && image-release --version && git --version'
        const {exitCode, stdout, stderr} = await world.docker.exec(
          'docker',
          [
            'run',
            '--rm',
            '--network=none',
            `--platform=${platform}`,
            `${IMAGE}:${VERSION}`,
            'sh',
            '-c',
            script
          ],
          {env: {DOCKER_CONFIG: world.readerEnv['DOCKER_CONFIG'] ?? ''}}
        )
        expect({exitCode, said: exitCode === 0 ? '' : stderr}).toEqual({exitCode: 0, said: ''})
        expect(stdout.trim().split('\n')).toEqual([
          machine,
          '1000',
          VERSION,
          expect.stringMatching(/^git version 2\./)
        ])
      },
      2 * MINUTES
    )

    it(
      'is used as actions at v1, as the tag has them: the command line on the path, and a plan',
      async () => {
        const actions = path.join(world.folder, '../at-v1')
        execFileSync('git', ['clone', '--quiet', '--branch', 'v1', world.git.bare, actions])
        rmSync(path.join(actions, '.git'), {recursive: true})
        world.commit({'.github/workflows/user.yml': USER})
        const log = await world.succeed(
          world.run({name: 'push', ref: 'refs/heads/main', workflow: 'user.yml', actions})
        )
        expect(log).toContain(`version ${VERSION}`)
        expect(log).toContain('tags ghcr.io/org/app:main')
      },
      2 * MINUTES
    )

    it(
      'publishes nothing where the Git tag is not the version of the sources',
      async () => {
        const {exitCode, log} = await publish('v1.0.1')
        expect(exitCode).toBe(1)
        expect(log).toContain(
          'Not published: the Git tag is "v1.0.1", and package.json has the version 1.0.0.'
        )
        expect(await world.view.tags(IMAGE)).not.toContain('1.0.1')
        expect(Object.keys((await published()).versions)).toEqual([VERSION])
      },
      2 * MINUTES
    )
  }
)

/** This project as version 1.0.0. Its own checks, of which this test is a part, are left out. */
function prepareProject(): ProjectCopy {
  const copy = copyProject(file => SHIPPED.test(file), 'none')
  const write = (file: string, change: (text: string) => string): void =>
    writeFileSync(path.join(copy.folder, file), change(readFileSync(path.join(copy.folder, file), 'utf8')))
  write('package.json', text => text.replace(/"version": "[^"]+"/, `"version": "${VERSION}"`))
  // As the build writes it for that version.
  write('dist/index.js', text => text.replaceAll(`"${PROGRAM_VERSION}"`, `"${VERSION}"`))
  write('CHANGELOG.md', () => `# Changelog\n\n## [${VERSION}] - 2026-11-28\n\n- The first version.\n`)
  write('.github/workflows/check.yml', () =>
    JSON.stringify({
      on: {workflow_call: {}},
      jobs: {checks: {'runs-on': 'ubuntu-24.04', steps: [{run: 'echo checked'}]}}
    })
  )
  write('.github/workflows/publish.yml', text => text.replaceAll('uses: $/.github/', 'uses: ./.github/'))
  spellOutOwnActions(copy.folder, action => `org/image-release/${action}@v1`)
  rmSync(path.join(copy.folder, '.git'), {recursive: true})
  return copy
}
