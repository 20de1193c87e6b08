import {execFileSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {readFileSync, rmSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {describeWith} from '../support/components.js'
import {type CosignKeys, PASSWORD, makeCosignKeys} from '../support/cosign.js'
import {EXAMPLE_PROGRAMS, type ExampleWorld, openExample} from '../support/example-world.js'
import {realTool} from '../support/hosted/hosted-machines.js'
import {identitySites} from '../support/hosted/job-identity.js'
import {spellOutOwnActions} from '../support/own-actions.js'
import {type PackageRegistry, startPackageRegistry} from '../support/package-registry.js'
import {type ProjectCopy, copyProject} from '../support/project-copy.js'

const MINUTES = 60_000
const IMAGE = 'ghcr.io/org/image-release'
const TOKEN = 'npm_of-the-owner'
const VERSION = '1.0.0'
const SHIPPED =
  /^(dist\/|scripts\/publish\/|image\/|[\w-]+\/action\.yml|action\.yml|\.github\/workflows\/|[A-Z]+(\.md)?$|package\.json$|\.node-version$)/

describeWith(
  [...EXAMPLE_PROGRAMS, 'buildkitd', 'docker-buildx', 'cosign', 'openssl'],
  'publish.yml, by which this project releases itself, in a runner',
  () => {
    let copy: ProjectCopy
    let keys: CosignKeys
    let npm: PackageRegistry
    let world: ExampleWorld

    beforeAll(async () => {
      copy = prepareProject()
      keys = await makeCosignKeys()
      npm = await startPackageRegistry(TOKEN)
      world = await openExample({
        name: copy.folder,
        repository: 'org/image-release',
        workflow: 'publish.yml',
        registries: ['ghcr.io'],
        bases: ['node:24-alpine'],
        scanner: 'docker/buildkit-syft-scanner:stable-1',
        builder: 'buildx',
        isPrivate: true,
        sites: await identitySites(),
        secrets: {
          COSIGN_PRIVATE_KEY: readFileSync(keys.key, 'utf8'),
          COSIGN_PASSWORD: PASSWORD,
          NPM_TOKEN: TOKEN
        },
        tools: {cosign: realTool('cosign')}
      })
    }, 2 * MINUTES)
    afterAll(async () => {
      await Promise.all([world.stop(), npm.stop()])
      keys.remove()
      copy.dispose()
    })

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
        await world.succeed(publish('v1.0.0'))
        const state = async () => ({
          tags: await world.view.tags(IMAGE),
          digest: await world.view.digest(`${IMAGE}:1.0.0`),
          packages: [...npm.packages.keys()],
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
        expect(first.packages).toEqual([`image-release@${VERSION}`])
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
    })

    it('gives the package a provenance that names the commit', () => {
      const published = npm.packages.get(`image-release@${VERSION}`)
      const {dsseEnvelope} = published?.provenance as {readonly dsseEnvelope: {readonly payload: string}}
      const statement = Buffer.from(dsseEnvelope.payload, 'base64').toString()
      const sha512 = createHash('sha512')
        .update(published?.archive ?? '')
        .digest('hex')
      expect(statement).toContain(sha512)
      expect(statement).toContain(world.head())
      expect(published?.tag).toBe('latest')
    })

    it(
      'publishes nothing where the Git tag is not the version of the sources',
      async () => {
        const {exitCode, log} = await publish('v1.0.1')
        expect(exitCode).toBe(1)
        expect(log).toContain(
          'Not published: the Git tag is "v1.0.1", and package.json has the version 1.0.0.'
        )
        expect(await world.view.tags(IMAGE)).not.toContain('1.0.1')
        expect(npm.packages.size).toBe(1)
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
