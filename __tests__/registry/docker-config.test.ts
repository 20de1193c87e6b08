import {chmod, mkdir, mkdtemp, readFile, readlink, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import type {Credential} from '../../src/ports.js'
import {configFiles, dockerCredentials} from '../../src/registry/auth/docker-config.js'
import {execWithEnvironment} from '../support/builder-ports.js'
import {failureOf} from '../support/thrown.js'
import {withPrivateFolder} from '../../src/shared/temp-folder.js'
import {writeFurtherLogins} from '../../src/registry/auth/docker-logins.js'
import {computeTags} from '../../src/planning/compute-tags.js'
import {mergeManifest} from '../../src/publishing/merge-manifest.js'
import {assertLogins} from '../../src/registry/auth/logins.js'
import {parseInputs} from '../../src/command/input.js'
import {testPorts} from '../support/ports.js'

/** A home with configuration files and, in its bin, credential helpers. */
const state = {home: ''}
beforeEach(async () => {
  state.home = await mkdtemp(path.join(tmpdir(), 'home-'))
})
afterEach(async () => {
  await rm(state.home, {recursive: true, force: true})
})

const at = (...parts: string[]): string => path.join(state.home, ...parts)
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const alice = {username: 'alice', password: 'secret-of-alice'}
const auths = (host: string, {username, password} = alice): object => ({
  auths: {[host]: {auth: base64(`${username}:${password}`)}}
})

async function write(file: string, content: unknown): Promise<void> {
  await mkdir(path.dirname(at(file)), {recursive: true})
  await writeFile(at(file), typeof content === 'string' ? content : JSON.stringify(content))
}

/** Writes a credential helper that keeps what it was asked, and answers as its script says. */
async function writeHelper(name: string, script: string): Promise<void> {
  const file = path.join('bin', `docker-credential-${name}`)
  await write(file, `#!/bin/sh\nserver=$(cat)\necho "$1 $server" >> ${at('asked')}\n${script}\n`)
  await chmod(at(file), 0o755)
}

const environment = (more: Record<string, string> = {}): Record<string, string> => ({
  HOME: state.home,
  ...more
})

async function find(registry: string, more: Record<string, string> = {}): Promise<Credential | undefined> {
  return await findFor(registry, undefined, more)
}

async function findFor(
  registry: string,
  repository: string | undefined,
  more: Record<string, string> = {}
): Promise<Credential | undefined> {
  const exec = execWithEnvironment({PATH: `${at('bin')}:/bin:/usr/bin`})
  return await dockerCredentials({environment: environment(more), exec})(registry, repository)
}

const asked = async (): Promise<string[]> => (await readFile(at('asked'), 'utf8')).trim().split('\n')

describe("docker's config.json", () => {
  it.each([
    ['ghcr.io', 'ghcr.io'],
    ['https://ghcr.io', 'ghcr.io'],
    ['https://ghcr.io/v1/', 'ghcr.io'],
    ['https://ghcr.io/v2/', 'ghcr.io'],
    ['http://127.0.0.1:5000', '127.0.0.1:5000'],
    ['127.0.0.1:5000', '127.0.0.1:5000'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['docker.io', 'docker.io'],
    ['index.docker.io', 'docker.io'],
    ['registry-1.docker.io', 'docker.io']
  ])('with the key %s has the login of %s', async (key, registry) => {
    await write('.docker/config.json', auths(key))
    expect(await find(registry)).toEqual(alice)
  })

  it.each(['ghcr.io.example', 'example', 'ghcr.io:5000', 'docker.io'])(
    'of ghcr.io says nothing of %s',
    async registry => {
      await write('.docker/config.json', auths('ghcr.io'))
      expect(await find(registry)).toBeUndefined()
    }
  )

  it('lies where DOCKER_CONFIG says', async () => {
    await write('elsewhere/config.json', auths('ghcr.io'))
    await write('.docker/config.json', auths('ghcr.io', {username: 'other', password: 'other'}))
    expect(await find('ghcr.io', {DOCKER_CONFIG: at('elsewhere')})).toEqual(alice)
  })

  it.each<[string, object, Credential | undefined]>([
    ['a password with colons', {auth: base64('alice:a:b:c')}, {username: 'alice', password: 'a:b:c'}],
    ['a password in UTF-8', {auth: base64('alice:pässwörd')}, {username: 'alice', password: 'pässwörd'}],
    ['zero bytes behind', {auth: base64('alice:secret\0\0')}, {username: 'alice', password: 'secret'}],
    ['name and password in the open', alice, alice],
    [
      'an identity token',
      {auth: base64('alice:'), identitytoken: 'refresh'},
      {username: 'alice', password: '', identityToken: 'refresh'}
    ],
    [
      'an identity token alone',
      {identitytoken: 'refresh'},
      {username: '', password: '', identityToken: 'refresh'}
    ],
    ['nothing', {}, undefined],
    ['an empty text', {auth: ''}, undefined],
    ['an email alone', {email: 'alice@example'}, undefined]
  ])('with %s', async (_, entry, expected) => {
    await write('.docker/config.json', {auths: {'ghcr.io': entry}})
    expect(await find('ghcr.io')).toEqual(expected)
  })

  it.each([
    ['', undefined],
    [' \n', undefined],
    ['null', undefined],
    ['{}', undefined],
    ['{"auths":null,"credHelpers":null}', undefined],
    ['{"auths":{"ghcr.io":null}}', undefined],
    ['{"auths":[]}', undefined]
  ])('of %p has no login', async (content, expected) => {
    await write('.docker/config.json', content)
    expect(await find('ghcr.io')).toBe(expected)
  })

  it.each([
    ['not JSON', `{"auths":{"ghcr.io":{"auth":"${base64('alice:secret-of-alice')}"`],
    ['not JSON in another way', `{"auths":{"ghcr.io":{"auth":${base64('alice:secret-of-alice')}}}}`],
    ['no login in base64', `{"auths":{"ghcr.io":{"auth":"${base64('secret-of-alice')}"}}}`]
  ])('that is %s is an error that names the file and shows nothing of it', async (_, content) => {
    await write('.docker/config.json', content)
    const error = await failureOf(() => find('ghcr.io'))
    expect(error.code).toBe('CREDENTIALS_INVALID')
    expect(error.message).toContain(at('.docker/config.json'))
    expect(error.hint).toContain('Log in again')
    expect(describeAll(error)).not.toMatch(/secret-of|c2VjcmV0|YWxpY2U/)
  })

  it('that cannot be read is an error', async () => {
    await mkdir(at('.docker/config.json'), {recursive: true})
    expect(await failureOf(() => find('ghcr.io'))).toMatchObject({code: 'CREDENTIALS_INVALID'})
  })

  it.each(['/dev/null', '/proc/none'])('of a home that is %s is none', async HOME => {
    expect(await find('ghcr.io', {HOME})).toBeUndefined()
  })

  it('is read once', async () => {
    await write('.docker/config.json', auths('ghcr.io'))
    const exec = execWithEnvironment({})
    const credentials = dockerCredentials({environment: environment(), exec})
    await credentials('ghcr.io')
    await rm(at('.docker'), {recursive: true})
    expect(await credentials('ghcr.io')).toEqual(alice)
  })
})

describe("podman's auth.json", () => {
  it.each([
    ['REGISTRY_AUTH_FILE', 'my-auth.json', () => ({REGISTRY_AUTH_FILE: at('my-auth.json')})],
    ['XDG_RUNTIME_DIR', 'run/containers/auth.json', () => ({XDG_RUNTIME_DIR: at('run')})],
    ['XDG_CONFIG_HOME', 'conf/containers/auth.json', () => ({XDG_CONFIG_HOME: at('conf')})],
    ['HOME', '.config/containers/auth.json', () => ({})]
  ])('is found by %s', async (_, file, more) => {
    await write(file, auths('ghcr.io'))
    expect(await find('ghcr.io', more())).toEqual(alice)
  })

  it('and config.json are asked in one order, and the next where one does not know the registry', async () => {
    const more = {
      REGISTRY_AUTH_FILE: at('my-auth.json'),
      XDG_RUNTIME_DIR: at('run'),
      XDG_CONFIG_HOME: at('conf')
    }
    const files = [
      'conf/containers/auth.json',
      'run/containers/auth.json',
      '.docker/config.json',
      'my-auth.json'
    ]
    expect(configFiles(environment(more))).toEqual(files.toReversed().map(file => at(file)))
    for (const file of files) {
      await write(file, auths('ghcr.io', {username: file, password: 'x'}))
      expect(await find('ghcr.io', more)).toEqual({username: file, password: 'x'})
    }
    await write('my-auth.json', auths('quay.io'))
    expect(await find('ghcr.io', more)).toMatchObject({username: '.docker/config.json'})
  })

  it.each<[string, string, string | undefined]>([
    ['quay.io', 'team/shop/app', 'of the image'],
    ['quay.io', 'team/shop/other', 'of the shop'],
    ['quay.io', 'team/other', 'of the team'],
    ['quay.io', 'teams/app', 'of all'],
    ['ghcr.io', 'team/shop/app', undefined]
  ])('has logins for parts of a registry: on %s for %s that %s', async (registry, repository, username) => {
    const entry = (name: string): object => ({auth: base64(`${name}:secret`)})
    await write('.config/containers/auth.json', {
      auths: {
        'quay.io': entry('of all'),
        'quay.io/team': entry('of the team'),
        'quay.io/team/shop': entry('of the shop'),
        'quay.io/team/shop/app': entry('of the image')
      }
    })
    expect((await findFor(registry, repository))?.username).toBe(username)
    expect((await find('quay.io'))?.username).toBe('of all')
  })

  it('has a login for a part go before the helper of the whole', async () => {
    await write('.config/containers/auth.json', {
      credHelpers: {'quay.io': 'mine'},
      auths: {'quay.io/team': {auth: base64('of the team:secret')}}
    })
    await writeHelper('mine', `echo '{"Username":"helped","Secret":"x"}'`)
    expect((await findFor('quay.io', 'team/app'))?.username).toBe('of the team')
    expect((await findFor('quay.io', 'other/app'))?.username).toBe('helped')
  })

  it("is also looked for where podman keeps it without XDG_RUNTIME_DIR, by the user's number", () => {
    const more = {XDG_RUNTIME_DIR: at('run'), UID: '1001'}
    expect(configFiles({UID: '1001'})).toEqual(['/run/containers/1001/auth.json'])
    expect(configFiles(environment(more)).slice(-3, -1)).toEqual([
      at('run/containers/auth.json'),
      '/run/containers/1001/auth.json'
    ])
  })

  it('is nowhere without a home', () => {
    expect(configFiles({})).toEqual([])
    expect(configFiles({REGISTRY_AUTH_FILE: '', DOCKER_CONFIG: ''})).toEqual([])
  })
})

describe('a credential helper', () => {
  const answer = (username: string, secret: string): string =>
    `echo '${JSON.stringify({ServerURL: 'x', Username: username, Secret: secret})}'`

  it('of the registry is asked for its server', async () => {
    await write('.docker/config.json', {
      credHelpers: {'ghcr.io': 'mine'},
      credsStore: 'store',
      ...auths('ghcr.io')
    })
    await writeHelper('mine', answer('bob', 'secret-of-bob'))
    await writeHelper('store', 'exit 9')
    expect(await find('ghcr.io')).toEqual({username: 'bob', password: 'secret-of-bob'})
    expect(await asked()).toEqual(['get ghcr.io'])
  })

  it('of all registries is asked by the key of Docker Hub', async () => {
    await write('.docker/config.json', {credsStore: 'store', auths: {'https://index.docker.io/v1/': {}}})
    await writeHelper('store', answer('bob', 'secret-of-bob'))
    expect(await find('docker.io')).toEqual({username: 'bob', password: 'secret-of-bob'})
    expect(await asked()).toEqual(['get https://index.docker.io/v1/'])
  })

  it.each<[string, string, string, string, Credential]>([
    [
      'ECR',
      '123456789012.dkr.ecr.us-east-1.amazonaws.com',
      'ecr-login',
      'AWS',
      {username: 'AWS', password: 'secret'}
    ],
    [
      'Artifact Registry',
      'europe-west1-docker.pkg.dev',
      'gcloud',
      '_dcgcloud_token',
      {username: '_dcgcloud_token', password: 'secret'}
    ],
    [
      'Container Registry',
      'gcr.io',
      'gcr',
      'oauth2accesstoken',
      {username: 'oauth2accesstoken', password: 'secret'}
    ],
    ['ACR', 'shop.azurecr.io', 'acr-env', '<token>', {username: '', password: '', identityToken: 'secret'}]
  ])('of %s gives what its cloud gave', async (...[, registry, helper, username, credential]) => {
    await write('.docker/config.json', {credHelpers: {[registry]: helper}})
    await writeHelper(helper, answer(username, 'secret'))
    expect(await findFor(registry, 'o/app')).toEqual(credential)
    expect(await find('ghcr.io')).toBeUndefined()
    expect(await asked()).toEqual([`get ${registry}`])
  })

  it('is asked once, for however many repositories', async () => {
    await write('.docker/config.json', {credsStore: 'store'})
    await writeHelper('store', answer('bob', 'secret-of-bob'))
    const exec = execWithEnvironment({PATH: `${at('bin')}:/bin:/usr/bin`})
    const credentials = dockerCredentials({environment: environment(), exec})
    await Promise.all(['o/a', 'o/b', 'o/c'].map(async name => credentials('ghcr.io', name)))
    expect(await asked()).toEqual(['get ghcr.io'])
  })

  it('may give a refresh token', async () => {
    await write('.docker/config.json', {credsStore: 'store'})
    await writeHelper('store', answer('<token>', 'refresh'))
    expect(await find('ghcr.io')).toEqual({username: '', password: '', identityToken: 'refresh'})
  })

  it.each([
    ['says so', 'echo "credentials not found in native keychain"; exit 1'],
    ['says so on the other stream', 'echo "credentials not found" >&2; exit 1'],
    ['gives an empty answer', `echo '{"ServerURL":"ghcr.io","Username":"","Secret":""}'`]
  ])('that knows nothing %s: then the file is asked', async (_, script) => {
    await write('.docker/config.json', {credsStore: 'store', ...auths('ghcr.io')})
    await writeHelper('store', script)
    expect(await find('ghcr.io')).toEqual(alice)
  })

  it.each([
    [
      'fails',
      'echo "the keychain is locked"; exit 1',
      'gave no credential for ghcr.io: the keychain is locked'
    ],
    ['fails in silence', 'exit 3', 'gave no credential for ghcr.io'],
    ['is killed', 'kill -9 $$', 'gave no credential for ghcr.io'],
    ['answers no JSON', 'echo secret-of-bob', 'gave no credential for ghcr.io'],
    ['answers null', 'echo null', 'gave no credential for ghcr.io'],
    ['answers a number', `echo '{"Username":"bob","Secret":5}'`, 'gave no credential for ghcr.io']
  ])('that %s is an error without its secret', async (_, script, fault) => {
    await write('.docker/config.json', {credsStore: 'store', ...auths('ghcr.io')})
    await writeHelper('store', script)
    const error = await failureOf(() => find('ghcr.io'))
    expect(error.code).toBe('CREDENTIALS_INVALID')
    expect(error.message).toContain(`docker-credential-store ${fault}`)
    expect(describeAll(error)).not.toContain('secret-of-bob')
  })

  it('that is not installed is an error that names it', async () => {
    await write('.docker/config.json', {credsStore: 'absent'})
    const error = await failureOf(() => find('ghcr.io'))
    expect(error.code).toBe('CREDENTIALS_INVALID')
    expect(error.message).toContain('docker-credential-absent cannot be started')
    expect(error.hint).toContain('Install docker-credential-absent')
  })

  it('may not lead out of the search path', async () => {
    await write('.docker/config.json', {credsStore: '../../bin/x'})
    expect(await failureOf(() => find('ghcr.io'))).toMatchObject({code: 'CREDENTIALS_INVALID'})
  })
})

/** All that a log could say of an error, causes too. */
function describeAll(error: unknown): string {
  const texts: string[] = []
  for (let one = error; one instanceof Error; one = one.cause) texts.push(one.message, one.stack ?? '')
  return texts.join('\n')
}

const LOGIN = {username: 'alice', password: 'secret-of-alice'}
const OTHER = {auth: Buffer.from('bob:secret-of-bob').toString('base64')}

describe('further logins', () => {
  let home: string
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'home-'))
  })
  afterEach(async () => rm(home, {recursive: true, force: true}))

  const write = async (file: string, document: object): Promise<void> => {
    await mkdir(path.dirname(path.join(home, file)), {recursive: true})
    await writeFile(path.join(home, file), JSON.stringify(document))
  }
  const read = async (file = ''): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'))
  const further = (registry: string, more: Readonly<Record<string, string>> = {}) =>
    writeFurtherLogins(home, {[registry]: LOGIN}, {HOME: home, ...more})

  it('stand beside those of the machine, in files that nobody else can read', async () => {
    await write('.docker/config.json', {auths: {'ghcr.io': OTHER}, currentContext: 'far'})
    await write('.config/containers/auth.json', {auths: {'quay.io': OTHER}})
    const found = await further('docker.io')
    const docker = path.join(found['DOCKER_CONFIG'] ?? '', 'config.json')
    const hub = {'https://index.docker.io/v1/': {auth: 'YWxpY2U6c2VjcmV0LW9mLWFsaWNl'}}
    expect(await read(docker)).toEqual({auths: {'ghcr.io': OTHER, ...hub}, currentContext: 'far'})
    expect(await read(found['REGISTRY_AUTH_FILE'])).toEqual({
      auths: {'ghcr.io': OTHER, 'quay.io': OTHER, ...hub},
      credHelpers: {}
    })
    for (const file of [docker, found['REGISTRY_AUTH_FILE'] ?? ''])
      expect((await stat(file)).mode & 0o077).toBe(0)
  })

  it('go before those of the machine, and before its helpers', async () => {
    const helpers = {credsStore: 'desktop', credHelpers: {'ghcr.io': 'ghcr', 'quay.io': 'quay'}}
    await write('.docker/config.json', {auths: {'ghcr.io': OTHER}, ...helpers})
    const {DOCKER_CONFIG: docker = '', REGISTRY_AUTH_FILE: podman = ''} = await further('ghcr.io')
    expect(await read(path.join(docker, 'config.json'))).toMatchObject({
      credsStore: 'desktop',
      credHelpers: {'ghcr.io': '', 'quay.io': 'quay'}
    })
    expect(await read(podman)).toMatchObject({credHelpers: {'quay.io': 'quay'}})
    const exec = () => Promise.reject(new Error('no helper is to be asked'))
    for (const environment of [{DOCKER_CONFIG: docker}, {REGISTRY_AUTH_FILE: podman}])
      expect(await dockerCredentials({environment, exec})('ghcr.io')).toEqual(LOGIN)
  })

  it('leave contexts, plugins and the builders of buildx where they are', async () => {
    await write('.docker/contexts/meta.json', {})
    const {DOCKER_CONFIG: docker = '', BUILDX_CONFIG: buildx} = await further('ghcr.io')
    expect(await readlink(path.join(docker, 'contexts'))).toBe(path.join(home, '.docker/contexts'))
    expect(buildx).toBe(path.join(home, '.docker/buildx'))
    expect(await rebuilt({BUILDX_CONFIG: '/elsewhere'})).toMatchObject({BUILDX_CONFIG: '/elsewhere'})
  })
  const rebuilt = async (more: Readonly<Record<string, string>>) =>
    await withPrivateFolder(folder => writeFurtherLogins(folder, {'ghcr.io': LOGIN}, {HOME: home, ...more}))

  it('are all there is where the machine has none', async () => {
    const {DOCKER_CONFIG: docker = '', ...others} = await writeFurtherLogins(home, {'ghcr.io': LOGIN}, {})
    expect(await read(path.join(docker, 'config.json'))).toHaveProperty(['auths', 'ghcr.io'])
    expect(others).not.toHaveProperty('BUILDX_CONFIG')
  })

  it('are not written where the file of the machine cannot be read', async () => {
    await mkdir(path.join(home, '.docker'))
    await writeFile(path.join(home, '.docker/config.json'), '{"auths": {"ghcr.io": {"auth": "c2VjcmV0"')
    await expect(further('ghcr.io')).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      message: expect.not.stringContaining('c2VjcmV0')
    })
  })
})

const logins = (text: string) =>
  parseInputs(mergeManifest.inputs, {
    images: 'docker.io/o/app',
    tags: 'a',
    digests: `sha256:${'a'.repeat(64)}`,
    'registry-credentials': text
  })['registry-credentials']

// What a line becomes if secrets are empty: runs of forks and of Dependabot have none.
describe('logins whose secrets are empty', () => {
  it.each(['docker.io=:', 'docker.io=', '=:', 'docker.io = : '])('%p is left out with a note', line => {
    const ports = testPorts([])
    const given = logins(`ghcr.io=me:token\n${line}`)
    assertLogins(given, ports.reporter, {isNeeded: true})
    expect(ports.reporter.notices.join('\n')).toMatch(/left out.*forks and of Dependabot/s)
    expect(given.filter(({missing}) => missing === undefined).map(({registry}) => registry)).toEqual([
      'ghcr.io'
    ])
  })

  it.each([
    ['docker.io=me:', 'password'],
    ['docker.io=:token', 'user name']
  ])('%p fails a run that publishes, and names what is missing', async (line, missing) => {
    const ports = testPorts([])
    const work = () => assertLogins(logins(line), ports.reporter, {isNeeded: true})
    const error = await failureOf(work)
    expect(error.message).toContain(`the login for docker.io has no ${missing}`)
    expect(error.message).not.toContain('token')
  })

  it.each(['docker.io=me:', 'docker.io=:token'])(
    '%p is only a note in a run that publishes nothing',
    line => {
      const ports = testPorts([])
      assertLogins(logins(line), ports.reporter, {isNeeded: false})
      expect(ports.reporter.notices.join('\n')).toMatch(/docker\.io.*left out/)
      expect(ports.reporter.notices.join('\n')).not.toContain('token')
    }
  )

  it('are no fault of a plan for a pull request', () => {
    const given = parseInputs(computeTags.inputs, {images: 'o/app', 'registry-credentials': 'docker.io=me:'})
    expect(given['registry-credentials']).toMatchObject([{registry: 'docker.io', missing: 'password'}])
  })
})
