import type {AuthOptions, EmbeddedRegistry, User, UserRight} from './embedded-registry.js'
import {diskStorage, memoryStorage, startEmbeddedRegistry} from './embedded-registry.js'
import {InputError, type InputIssue, messageOf} from '../errors.js'
import {type InputValues, InputFaults, choice, count, flag, lines, text} from '../command/input.js'
import {isLoopback} from '../oci/reference.js'
import type {Reporter} from '../ports.js'
import {command} from '../command/command.js'

const inputs = {
  port: count({
    summary: 'The port to listen on; 0 takes a free one.',
    default: '5000',
    min: 0,
    max: 65_535
  }),
  host: text({
    summary: 'The address to listen on. Without it only this machine can reach the registry (127.0.0.1).',
    placeholder: 'ADDRESS'
  }),
  dir: text({
    summary:
      'The folder that holds what is pushed, made if need be. Without it all is kept in memory and gone at the end.',
    placeholder: 'FOLDER'
  }),
  auth: choice(['none', 'basic', 'token'], {
    summary:
      'How users sign in: not at all, with name and password at each request, or with tokens that the registry gives out.',
    default: 'none'
  }),
  users: lines(
    {
      summary:
        'One user a line: `name:password`, or `name:password:rights` with some of pull, push and delete, separated by commas.',
      placeholder: 'NAME:PASSWORD',
      secret: true
    },
    parseUser
  ),
  'anonymous-pull': flag({summary: 'Lets everyone pull, also without a user name.'}),
  'read-only': flag({
    summary: 'Refuses all changes: what is in `dir` can be pulled, nothing pushed or deleted.'
  })
}

type Inputs = InputValues<typeof inputs>

/** `registry`: the embedded registry as a program of its own, until it is stopped. */
export const registry = command({
  name: 'registry',
  summary: 'Run an OCI registry on this machine until you stop it.',
  description:
    'A small, strict registry by the OCI distribution specification: pull, push, tags, referrers and deletion. ' +
    'It is for trying a release, for tests and for builds on one machine. It speaks plain HTTP, ' +
    'so it listens on the loopback address unless you name another.',
  inputs,
  outputs: {},
  examples: [
    {line: 'image-release registry', remark: 'in memory, on 127.0.0.1:5000'},
    {
      line: 'IMAGE_RELEASE_USERS=ci:secret image-release registry --dir ./registry --auth token',
      remark: 'on disk, with a user who signs in'
    }
  ],
  async run(given, ports) {
    checkTogether(given)
    const running = await start(given, ports.reporter)
    try {
      explain(given, running, ports.reporter)
      await untilAborted(ports.signal)
    } finally {
      await running.close()
    }
    ports.reporter.info('The registry has stopped.')
    return {}
  }
})

function checkTogether(given: Inputs): void {
  const issues: InputIssue[] = []
  if (given.auth !== 'none' && given.users.length === 0)
    issues.push({input: 'users', message: `is required where auth is ${given.auth}`})
  if (given.auth === 'none' && given.users.length > 0)
    issues.push({
      input: 'auth',
      message: 'is none, so nobody would be asked who they are; users needs basic or token'
    })
  if (given['read-only'] && given.dir === undefined)
    issues.push({input: 'read-only', message: 'needs dir: in memory there is nothing to pull'})
  if (issues.length > 0) throw new InputError(issues)
}

async function start(given: Inputs, reporter: Reporter): Promise<EmbeddedRegistry> {
  try {
    return await startEmbeddedRegistry({
      storage: given.dir === undefined ? memoryStorage() : diskStorage(given.dir),
      host: given.host ?? '127.0.0.1',
      port: given.port,
      auth: authOf(given),
      readOnly: given['read-only'],
      record: false,
      log: line => reporter.info(line)
    })
  } catch (cause) {
    const issue = issueOf(given, cause)
    if (issue === undefined) throw cause
    throw new InputError([issue], {cause})
  }
}

/** What the operating system says of an address or a folder, said of the input that it came from. */
function issueOf(given: Inputs, cause: unknown): InputIssue | undefined {
  const host = given.host ?? '127.0.0.1'
  const code = propertyOf(cause, 'code')
  const isAddress = propertyOf(cause, 'syscall') === 'listen' || code === 'ENOTFOUND'
  if (code === 'EADDRINUSE')
    return {
      input: 'port',
      message: `${given.port} is taken by another program; give another, or 0 for a free one`
    }
  if (isAddress && code === 'EACCES')
    return {input: 'port', message: `${given.port} is not open to this user; give one above 1023`}
  if (isAddress) return {input: 'host', message: `${host} is not an address of this machine (${code})`}
  if (given.dir === undefined) return undefined
  return {input: 'dir', message: `${given.dir} cannot be used: ${messageOf(cause)}`}
}

/** A field of an error of the operating system; empty where it has none. */
function propertyOf(cause: unknown, name: 'code' | 'syscall'): string {
  const holder: object = typeof cause === 'object' && cause !== null ? cause : {}
  return String(Object.getOwnPropertyDescriptor(holder, name)?.value ?? '')
}

function authOf(given: Inputs): AuthOptions {
  if (given.auth === 'none') return {kind: 'none'}
  return {
    kind: given.auth,
    users: given.users,
    anonymous: given['anonymous-pull'] ? ['pull'] : []
  }
}

function explain(given: Inputs, running: EmbeddedRegistry, reporter: Reporter): void {
  const image = `${running.host}/my/image:1.0`
  reporter.notice(`The registry listens on ${running.url} and keeps everything ${placeOf(given)}.`)
  if (given.auth !== 'none') reporter.info(`Sign in:  docker login ${running.host}`)
  if (given['read-only']) reporter.info(`Pull:     docker pull ${image}`)
  else {
    reporter.info(`docker:   docker tag IMAGE ${image} && docker push ${image}`)
    reporter.info(`podman:   podman push --tls-verify=false IMAGE ${image}`)
  }
  if (!isLoopback(running.host)) warnOfNetwork(given, reporter)
  reporter.info('Stop it with Ctrl-C.')
}

function warnOfNetwork(given: Inputs, reporter: Reporter): void {
  const who = given.auth === 'none' && !given['read-only'] ? ' and everyone there may push and delete' : ''
  reporter.warning(`Other machines can reach this registry, nothing is encrypted${who}.`)
}

function placeOf(given: Inputs): string {
  return given.dir === undefined ? 'in memory' : `in ${given.dir}`
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), {once: true})
  })
}

/** The password may hold colons: rights are what stands last, if they are rights. */
function parseUser(line: string): User {
  const match = /^([^:\s]+):(.+?)(?::((?:pull|push|delete)(?:,(?:pull|push|delete))*))?$/.exec(line)
  if (match === null) throw new InputFaults(['this is not name:password or name:password:rights'])
  const [, username = '', password = '', rights] = match
  return {username, password, ...(rights === undefined ? {} : {rights: rights.split(',').filter(isRight)})}
}

function isRight(word: string): word is UserRight {
  return word === 'pull' || word === 'push' || word === 'delete'
}
