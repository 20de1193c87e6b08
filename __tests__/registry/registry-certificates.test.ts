import {mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises'
import https from 'node:https'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {TLSSocket} from 'node:tls'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import {registryCertificates} from '../../src/registry/auth/registry-certificates.js'
import {openHttp} from '../../src/registry/transport/http.js'
import {type Certificate, makeCertificate} from '../support/certificate.js'
import {describeWith} from '../support/components.js'
import {failureOf} from '../support/thrown.js'

describeWith(['openssl'], "a registry's own certificates", () => {
  let certificate: Certificate
  let server: https.Server
  let host: string
  let home: string
  beforeAll(async () => {
    certificate = await makeCertificate()
    const {certificate: cert, key} = certificate
    const options = {cert, key, ca: cert, requestCert: true, rejectUnauthorized: false}
    server = https.createServer(options, (request, response) =>
      response.end(String(request.socket instanceof TLSSocket && request.socket.authorized))
    )
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  })
  afterAll(async () => {
    server.closeAllConnections()
    server.close()
    await certificate.remove()
  })
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'home-'))
  })
  afterEach(async () => {
    await rm(home, {recursive: true})
  })

  const put = async (folder: string, files: Readonly<Record<string, string>>): Promise<void> => {
    const place = path.join(home, folder, host)
    await mkdir(place, {recursive: true})
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(place, name), text)
  }
  /** Whether the server saw a certificate that it trusts; over either protocol. */
  const ask = async (isBulk = false): Promise<string> => {
    const http = openHttp({variables: {HOME: home}})
    try {
      const url = new URL(`https://${host}/v2/`)
      const {body} = await http.send({method: 'GET', url, headers: {}, isBulk})
      return Buffer.concat(await body.toArray()).toString()
    } finally {
      http.close()
    }
  }

  it('are not trusted without a word, and it is said where they belong', async () => {
    const error = await failureOf(() => ask())
    expect(error.code).toBe('REGISTRY_UNREACHABLE')
    expect(error.hint).toContain(`/etc/docker/certs.d/${host}/ca.crt`)
    expect(error.hint).toContain('NODE_EXTRA_CA_CERTS')
  })

  it.each([
    ['.config/containers/certs.d', false],
    ['.config/containers/certs.d', true],
    ['.config/docker/certs.d', false]
  ])('are trusted in %s, on a connection of its own: %s', async (folder, isBulk) => {
    await put(folder, {'ca.crt': certificate.certificate})
    expect(await ask(isBulk)).toBe('false')
  })

  it('may be those of the client, too', async () => {
    const files = {'client.cert': certificate.certificate, 'client.key': certificate.key}
    await put('.config/containers/certs.d', {'ca.crt': certificate.certificate, ...files})
    expect(await ask()).toBe('true')
    expect(await ask(true)).toBe('true')
  })

  it('stand beside what is trusted everywhere', async () => {
    await put('.config/containers/certs.d', {'a.crt': certificate.certificate, 'note.txt': 'x'})
    const found = await registryCertificates(host, {HOME: home})
    expect(found?.ca?.length).toBeGreaterThan(50)
    expect(found?.ca?.at(-1)).toBe(certificate.certificate)
    expect(found?.cert).toBeUndefined()
  })

  it('are looked for under XDG_CONFIG_HOME, and for this host only', async () => {
    await put('own/containers/certs.d', {'ca.crt': certificate.certificate})
    expect(await registryCertificates(host, {XDG_CONFIG_HOME: path.join(home, 'own')})).toBeDefined()
    expect(await registryCertificates('127.0.0.1', {XDG_CONFIG_HOME: path.join(home, 'own')})).toBeUndefined()
    expect(await registryCertificates(host, {HOME: home})).toBeUndefined()
    expect(await registryCertificates(host, {})).toBeUndefined()
  })

  describe('in the folders of the machine', () => {
    const machine = (...names: string[]) => names.map(name => path.join(home, 'etc', name, 'certs.d'))
    const found = () =>
      registryCertificates(host, {HOME: home}, machine('containers', 'docker', 'containerd'))
    const authorities = async () => ((await found())?.ca ?? []).filter(text => text.startsWith('authority'))

    it('all count, and each authority once', async () => {
      await put('.config/containers/certs.d', {})
      await put('etc/containers/certs.d', {'a.crt': 'authority 1'})
      await put('etc/docker/certs.d', {'ca.crt': 'authority 2', 'client.cert': 'c', 'client.key': 'k'})
      await put('etc/containerd/certs.d', {'ca.crt': 'authority 1'})
      expect(await authorities()).toEqual(['authority 1', 'authority 2'])
      expect(await found()).toMatchObject({cert: 'c', key: 'k'})
    })

    it.each<[string, string, readonly string[]]>([
      ['of the server', 'ca = "ca.pem"', ['authority 1']],
      ['of a host that stands for it', '[host."https://x"]\n  ca = "ca.pem"', ['authority 1']],
      ['several', '[host."https://x"]\n  ca = ["ca.pem", "more/b.pem"]', ['authority 1', 'authority 2']],
      ['none', 'server = "https://x"\n[host."https://x"]\n  capabilities = ["pull"]', []]
    ])('a hosts.toml of containerd names them: %s', async (_, toml, expected) => {
      const folder = 'etc/containerd/certs.d'
      await put(folder, {'hosts.toml': toml, 'ca.pem': 'authority 1'})
      const more = path.join(home, folder, host, 'more')
      await mkdir(more, {recursive: true})
      await writeFile(path.join(more, 'b.pem'), 'authority 2')
      expect(await authorities()).toEqual(expected)
    })

    it('a hosts.toml may name a file anywhere', async () => {
      const file = path.join(home, 'company.pem')
      await writeFile(file, 'authority 3')
      await put('etc/containerd/certs.d', {'hosts.toml': `ca = "${file}"`})
      expect(await authorities()).toEqual(['authority 3'])
    })

    it('may have a name without colons', async () => {
      const folder = path.join(home, 'etc/containerd/certs.d', host.replace(/:(\d+)$/, '_$1_'))
      await mkdir(folder, {recursive: true})
      await writeFile(path.join(folder, 'ca.crt'), 'authority 4')
      expect(await authorities()).toEqual(['authority 4'])
    })

    it('a hosts.toml that is none is an error that names it', async () => {
      await put('etc/containerd/certs.d', {'hosts.toml': 'ca = ['})
      await expect(found()).rejects.toMatchObject({
        code: 'CREDENTIALS_INVALID',
        message: expect.stringContaining('hosts.toml cannot be read')
      })
    })
  })

  it('that cannot be read are an error that names the file', async () => {
    await put('.config/containers/certs.d', {})
    const file = path.join(home, '.config/containers/certs.d', host, 'ca.crt')
    await symlink('/no/such/file', file)
    const error = await failureOf(() => ask())
    expect(error.code).toBe('CREDENTIALS_INVALID')
    expect(error.message).toContain(file)
  })
})
