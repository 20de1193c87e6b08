import {execFile} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {promisify} from 'node:util'
import {afterAll, beforeAll, beforeEach, expect, it} from '@jest/globals'
import {component, describeWith} from '../support/components.js'
import {type CosignKeys, PASSWORD, makeCosignKeys} from '../support/cosign.js'
import {HUB_LOGIN} from '../support/docker-hub-emulator.js'
import {PULL_REQUEST_OPENED, TRIVY} from '../support/example-stand-ins.js'
import {
  EXAMPLE_PROGRAMS,
  type ExampleEvent,
  type ExampleWorld,
  openExample
} from '../support/example-world.js'

const MINUTES = 60_000
const NAME = 'username/inclusive-world-portal'
const REPOSITORIES = [
  `ghcr.io/${NAME}`,
  `docker.io/${NAME}`,
  '123456789.dkr.ecr.us-east-1.amazonaws.com/inclusive-world-portal',
  'gcr.io/project-id/inclusive-world-portal',
  'myregistry.azurecr.io/inclusive-world-portal',
  'harbor.company.com/project/inclusive-world-portal'
]
const PROGRAMS = [...EXAMPLE_PROGRAMS, 'buildkitd', 'docker-buildx', 'cosign']

describeWith(PROGRAMS, '003-inclusive-world-portal in a runner', () => {
  let world: ExampleWorld
  let keys: CosignKeys

  beforeAll(async () => {
    keys = await makeCosignKeys()
    world = await openExample({
      name: '003-inclusive-world-portal',
      repository: NAME,
      workflow: 'build-and-deploy.yml',
      registries: REPOSITORIES.map(repository => repository.split('/')[0] ?? ''),
      bases: ['python:3.13.0-alpine3.19'],
      builder: 'buildx',
      hubUsers: ['username'],
      secrets: {
        DOCKERHUB_USERNAME: 'username',
        DOCKERHUB_TOKEN: HUB_LOGIN.password,
        HARBOR_USERNAME: 'robot$project+ci',
        HARBOR_PASSWORD: 'harbor-robot-0123456789',
        COSIGN_PRIVATE_KEY: readFileSync(keys.key, 'utf8'),
        COSIGN_PASSWORD: PASSWORD
      },
      variables: {
        AWS_ROLE: 'arn:aws:iam::123456789012:role/release',
        GOOGLE_PROVIDER: 'projects/123456789/locations/global/workloadIdentityPools/github/providers/github',
        GOOGLE_SERVICE_ACCOUNT: 'release@project-id.iam.gserviceaccount.com',
        AZURE_CLIENT_ID: '11111111-1111-4111-8111-111111111111',
        AZURE_TENANT_ID: '22222222-2222-4222-8222-222222222222'
      },
      tools: {trivy: TRIVY, cosign: component('cosign')}
    })
  }, MINUTES)
  afterAll(async () => {
    await world.stop()
    keys.remove()
  })
  beforeEach(() => world.internet.heal())

  const push = (ref: string, env = {}): ReturnType<ExampleWorld['run']> => world.run({name: 'push', ref, env})
  /** The one digest that all six registries have at a tag. */
  const digestOf = async (tag: string): Promise<string | undefined> => {
    const digests = await Promise.all(REPOSITORIES.map(image => world.view.digest(`${image}:${tag}`)))
    expect(new Set(digests).size).toBe(1)
    return digests[0]
  }
  const verify = async (reference: string): Promise<unknown> => {
    const args = ['verify', '--key', keys.publicKey, '--insecure-ignore-tlog=true', reference]
    return await promisify(execFile)(component('cosign'), args, {env: {...process.env, ...world.readerEnv}})
  }
  const tagOf = (overlay: string): string | undefined =>
    /newTag: (.*)/.exec(
      world.git.git('cat-file', 'blob', `main:manifests/overlays/${overlay}/kustomization.yaml`)
    )?.[1]
  const subjects = (): string[] => world.git.git('log', '--format=%s', 'main').split('\n')

  it(
    'publishes develop on six registries at once, signed, and deploys it',
    async () => {
      const sha = world.head()
      await world.succeed(push('refs/heads/develop'))
      const tag = `develop-${sha.slice(0, 7)}`
      const digest = await digestOf(tag)
      expect(await digestOf('develop-latest')).toBe(digest)
      expect(await digestOf(sha)).toBe(digest)
      for (const repository of REPOSITORIES) await verify(`${repository}@${digest ?? ''}`)
      expect(tagOf('development')).toBe(tag)
      expect(subjects()[0]).toBe(`Update image to ${tag}`)
      const {config} = await world.view.config(`${REPOSITORIES[0] ?? ''}:${tag}`, 'linux/amd64')
      expect(config.User).toBe('django')
    },
    5 * MINUTES
  )

  it(
    'publishes main as latest, and deploys nothing',
    async () => {
      const commits = subjects()
      await world.succeed(push('refs/heads/main'))
      expect(await digestOf('latest')).toBe(await digestOf('main-latest'))
      expect(subjects()).toEqual(commits)
    },
    5 * MINUTES
  )

  it(
    'asks for the deployment of a version by a pull request',
    async () => {
      await world.succeed(push('refs/tags/v1.0.0'))
      expect(await digestOf('v1.0.0')).toMatch(/^sha256:/)
      expect(tagOf('production')).toBe('v0.9.0')
      expect(world.github.pulls).toMatchObject([
        {title: 'Update image to v1.0.0', state: 'open', base: 'main'}
      ])
    },
    5 * MINUTES
  )

  it.each<[string, ExampleEvent]>([
    ['a pull request', PULL_REQUEST_OPENED],
    ['a pull request of a fork', {...PULL_REQUEST_OPENED, from: 'fork'}],
    ['a pull request of Dependabot', {...PULL_REQUEST_OPENED, from: 'dependabot'}]
  ])(
    'builds %s without any login, and publishes nothing',
    async (_, event) => {
      const before = await world.view.tags(REPOSITORIES[0] ?? '')
      await world.succeed(world.run(event))
      expect(await world.view.tags(REPOSITORIES[0] ?? '')).toEqual(before)
    },
    5 * MINUTES
  )

  it(
    'tags nothing anywhere where one of six registries refuses, and says which',
    async () => {
      world.commit({'portal/settings.py': 'ALLOWED_HOSTS = ["refused.example.org"]\n'})
      const before = await Promise.all(REPOSITORIES.map(image => world.view.tags(image)))
      world.internet.break({
        host: 'harbor.company.com',
        path: /\/manifests\/staging-latest$/,
        method: 'PUT',
        status: 403
      })
      const {exitCode, log} = await push('refs/heads/staging')
      expect(exitCode).not.toBe(0)
      expect(log).toMatch(/::error::.*harbor\.company\.com/)
      expect(tagOf('staging')).toBe('v0.9.0')
      world.internet.heal()
      const after = await Promise.all(REPOSITORIES.map(image => world.view.tags(image)))
      expect(after.map(tags => tags.filter(tag => tag.startsWith('staging')))).toEqual(before.map(() => []))
    },
    5 * MINUTES
  )

  it(
    'pushes nothing where the scanner finds what is too bad',
    async () => {
      world.commit({'portal/settings.py': 'ALLOWED_HOSTS = ["bad.example.org"]\n'})
      const {exitCode, log} = await push('refs/heads/staging', {TRIVY_EXIT: '7'})
      expect(exitCode).not.toBe(0)
      expect(log).toMatch(/::error::.*(scan|trivy)/)
      expect((await world.view.tags(REPOSITORIES[0] ?? '')).filter(tag => tag.startsWith('staging'))).toEqual(
        []
      )
    },
    5 * MINUTES
  )
})
