import {mkdir, mkdtemp, readFile, readlink, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {dockerCredentials} from '../../src/registry/auth/docker-config.js'
import {withPrivateFolder} from '../../src/shared/temp-folder.js'
import {writeFurtherLogins} from '../../src/registry/auth/docker-logins.js'

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
