// The registries of the merge bench, each behind a proxy that delays and counts. All of it ends with `close`.
import {execFileSync, spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {end, startRegistry} from '../registry-process.mjs'

/** Starts registries of the program, with names as they stand in references, and gives what is needed to use and end them. */
export async function startServers({program, names, latency}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-merge-'))
  const stops = []
  const close = async () => {
    await Promise.all(stops.map(stop => stop()))
    rmSync(folder, {recursive: true, force: true})
  }
  try {
    const {certificate, key} = makeCertificate(folder, names)
    const registries = []
    for (const [number, name] of names.entries()) {
      const registry = await startRegistry(program, path.join(folder, `registry-${number}`))
      stops.push(registry.stop)
      const direct = `http://${registry.host}`
      const proxy = await startProxy([direct, String(latency), certificate, key], stops)
      registries.push({direct, host: `${name}:${proxy.port}`, ...controlOf(proxy.control)})
    }
    return {folder, registries, certificate, close}
  } catch (error) {
    await close()
    throw error
  }
}

function controlOf(port) {
  const ask = async (path, method) => await (await fetch(`http://127.0.0.1:${port}${path}`, {method})).json()
  return {seen: async () => await ask('/requests', 'GET'), reset: async () => await ask('/reset', 'POST')}
}

/** A certificate of a day for the names and the loopback address. */
function makeCertificate(folder, names) {
  const [certificate, key] = [path.join(folder, 'certificate.pem'), path.join(folder, 'key.pem')]
  const alternatives = [
    'IP:127.0.0.1',
    ...names.filter(name => /[a-z]/.test(name)).map(name => `DNS:${name}`)
  ]
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  words.push('-days', '1', '-subj', '/CN=bench', '-addext', `subjectAltName=${alternatives.join(',')}`)
  execFileSync('openssl', [...words, '-keyout', key, '-out', certificate], {stdio: 'ignore'})
  return {certificate, key}
}

async function startProxy(args, stops) {
  const file = path.join(import.meta.dirname, 'proxy.mjs')
  const child = spawn(process.execPath, [file, ...args], {stdio: ['ignore', 'pipe', 'inherit']})
  stops.push(() => end(child))
  const [line] = await once(child.stdout, 'data')
  return JSON.parse(line)
}
