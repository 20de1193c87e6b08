// The registries of the merge bench, each behind a proxy that delays and counts. All of it ends with `close`.
import {execFileSync, spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

/** Starts registries of the program, with names as they stand in references, and gives what is needed to use and end them. */
export async function startServers({program, names, latency}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-merge-'))
  const children = []
  const close = async () => {
    await Promise.all(children.map(end))
    rmSync(folder, {recursive: true, force: true})
  }
  try {
    const {certificate, key} = makeCertificate(folder, names)
    const registries = []
    for (const [number, name] of names.entries()) {
      const direct = await startRegistry(program, path.join(folder, `registry-${number}`), children)
      const proxy = await startProxy([direct, String(latency), certificate, key], children)
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

async function startRegistry(program, folder, children) {
  mkdirSync(folder)
  const port = await freePort()
  const file = path.join(folder, 'config.yml')
  const lines = [
    'version: 0.1',
    'log: {level: error, accesslog: {disabled: true}}',
    `storage: {filesystem: {rootdirectory: ${folder}/data}, delete: {enabled: true}}`,
    `http: {addr: "127.0.0.1:${port}"}`
  ]
  writeFileSync(file, lines.join('\n'))
  const env = {PATH: process.env.PATH, HOME: folder, OTEL_TRACES_EXPORTER: 'none'}
  children.push(spawn(program, ['serve', file], {cwd: folder, env, stdio: 'ignore'}))
  const url = `http://127.0.0.1:${port}`
  for (let waited = 0; waited < 15_000; waited += 50) {
    const isReady = await fetch(`${url}/v2/`).then(
      ({ok}) => ok,
      () => false
    )
    if (isReady) return url
    await sleep(50)
  }
  throw new Error(`${program} did not start`)
}

async function startProxy(args, children) {
  const file = path.join(import.meta.dirname, 'proxy.mjs')
  const child = spawn(process.execPath, [file, ...args], {stdio: ['ignore', 'pipe', 'inherit']})
  children.push(child)
  const [line] = await once(child.stdout, 'data')
  return JSON.parse(line)
}

async function freePort() {
  const server = createServer()
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const {port} = server.address()
  await new Promise(resolve => server.close(resolve))
  return port
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
  await exited
  clearTimeout(timer)
}
