// A registry of distribution as a process of its own, on a free loopback port.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

/** Starts the program with everything in this folder, which is made if it is not there. `stop` ends it. */
export async function startRegistry(program, folder) {
  mkdirSync(folder, {recursive: true})
  const host = `127.0.0.1:${await freePort()}`
  const file = path.join(folder, 'config.yml')
  const lines = [
    'version: 0.1',
    'log: {level: error, accesslog: {disabled: true}}',
    `storage: {filesystem: {rootdirectory: ${folder}/data}, delete: {enabled: true}}`,
    `http: {addr: "${host}", secret: bench}`
  ]
  writeFileSync(file, lines.join('\n'))
  const env = {PATH: process.env.PATH, HOME: folder, OTEL_TRACES_EXPORTER: 'none'}
  const child = spawn(program, ['serve', file], {cwd: folder, env, stdio: 'ignore'})
  const stop = () => end(child)
  for (let waited = 0; waited < 15_000; waited += 50) {
    if (await answers(host)) return {host, stop}
    await sleep(50)
  }
  await stop()
  throw new Error(`${program} did not start`)
}

/** Ends a process, by force where it does not go by itself. */
export async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
  await exited
  clearTimeout(timer)
}

async function answers(host) {
  return await fetch(`http://${host}/v2/`).then(
    ({ok}) => ok,
    () => false
  )
}

async function freePort() {
  const server = createServer()
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const {port} = server.address()
  await new Promise(resolve => server.close(resolve))
  return port
}
