import {execFile} from 'node:child_process'
import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {component} from './components.js'

/** A certificate that signs itself, for the loopback address and some names. */
export interface Certificate {
  /** PEM. */
  readonly certificate: string
  readonly key: string
  readonly certificateFile: string
  readonly keyFile: string
  remove(): Promise<void>
}

/** Makes a certificate for the loopback address, for localhost, registry.example and storage.example. */
export async function makeCertificate(): Promise<Certificate> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tls-'))
  const [keyFile, certificateFile] = [path.join(folder, 'key'), path.join(folder, 'certificate')]
  const names = 'subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:registry.example,DNS:storage.example'
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const subject = ['-days', '3650', '-subj', '/CN=test', '-addext', names]
  const files = ['-keyout', keyFile, '-out', certificateFile]
  await promisify(execFile)(component('openssl'), [...request, ...subject, ...files])
  return {
    certificate: await readFile(certificateFile, 'utf8'),
    key: await readFile(keyFile, 'utf8'),
    certificateFile,
    keyFile,
    remove: async () => await rm(folder, {recursive: true, force: true})
  }
}
