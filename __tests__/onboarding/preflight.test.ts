import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {preflight} from '../../src/onboarding/preflight.js'
import {parseInputs} from '../../src/command/input.js'
import {formatPlan} from '../../src/contracts/plan-format.js'
import type {PreflightReport} from '../../src/onboarding/preflight-report.js'
import type {Exec, GithubApi, Ports} from '../../src/ports.js'
import {closedAfterEach} from '../support/closing.js'
import {describeWith} from '../support/components.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {
  DISTRIBUTION_2,
  DISTRIBUTION_3,
  READER,
  type RunningRegistry,
  startDistribution2,
  startDistribution3,
  startEmbedded,
  startEmbeddedWith
} from '../support/registries.js'
import {planOf, releaseTags} from '../support/releases.js'
import {failureOf} from '../support/thrown.js'

const closing = closedAfterEach()

async function setUp(starts: readonly (() => Promise<RunningRegistry>)[], overrides: Partial<Ports> = {}) {
  const registries = await Promise.all(starts.map(start => start()))
  for (const registry of registries) closing.push(() => registry.stop())
  const ports = testPorts(registries, {environment: () => undefined, ...overrides})
  closing.push(() => ports.close())
  return {registries, ports, images: registries.map(({host}) => `${host}/org/app`)}
}

const run = async (ports: TestPorts, texts: Readonly<Record<string, string>>) =>
  await preflight.run(parseInputs(preflight.inputs, texts), ports)

/** `registry right: answer`, in order. */
function answersOf(report: string): string[] {
  const {checks} = JSON.parse(report) as PreflightReport
  return checks.map(({where, right, answer}) => `${where} ${right}: ${answer}`)
}

describe('preflight', () => {
  it('finds what all registries let this job do, and leaves nothing there', async () => {
    const {images, ports, registries} = await setUp([() => startEmbedded(), () => startEmbeddedWith('token')])
    const outputs = await run(ports, {images: images.join(','), rights: 'pull,push,delete,artifacts'})
    expect(outputs.missing).toBe('')
    expect(answersOf(outputs.report)).toEqual([
      ...images.flatMap(image => ['pull', 'push', 'delete'].map(right => `${image} ${right}: yes`)),
      'this job artifacts: yes'
    ])
    expect(ports.reporter.summaries[0]).toContain('## Preflight: nothing is missing')
    for (const {host} of registries) {
      const answer = await fetch(`http://${host}/v2/org/app/tags/list`)
      expect([401, 404]).toContain(answer.status)
    }
  })

  it('names the setting to change for what is refused, asks all the same for the rest, and fails', async () => {
    const {images, ports, registries} = await setUp([() => startEmbedded(), () => startEmbeddedWith('token')])
    const login = `${registries[1]!.host}=${READER.username}:${READER.password}`
    const error = await failureOf(() =>
      run(ports, {images: images.join(','), rights: 'pull,push,delete', 'registry-credentials': login})
    )
    expect(error.code).toBe('RIGHT_MISSING')
    expect(error.message.split('\n')).toEqual([
      expect.stringMatching(`^${images[1]!} may not push: POST .* (401|403) `),
      expect.stringMatching(`^${images[1]!} may not delete: DELETE .* (401|403) `)
    ])
    expect(error.hint).toMatch(/^Log in to .* again: .* wrong, has expired, or lacks the permission\.$/)
    expect(error.outputs?.['missing']).toBe(`${images[1]!} push\n${images[1]!} delete`)
    expect(answersOf(error.outputs?.['report'] ?? '')).toEqual([
      `${images[0]!} pull: yes`,
      `${images[0]!} push: yes`,
      `${images[0]!} delete: yes`,
      `${images[1]!} pull: yes`,
      `${images[1]!} push: no`,
      `${images[1]!} delete: no`
    ])
    expect(ports.reporter.lines.join('\n')).toContain('has expired, or lacks the permission.')
    expect(ports.reporter.summaries[0]).toContain('2 of 6 rights missing')
    expect(JSON.stringify([error.message, error.outputs, ports.reporter])).not.toContain(READER.password)
  })

  it('does not know what a registry cannot say now, and does not fail for it', async () => {
    const {images, ports} = await setUp([
      () => startEmbedded({faults: [{method: 'POST', action: {kind: 'status', status: 503}}]})
    ])
    const outputs = await run(ports, {images: images.join(',')})
    expect(answersOf(outputs.report)).toEqual([`${images[0]!} pull: yes`, `${images[0]!} push: unknown`])
    expect(outputs.missing).toBe('')
  })

  it('asks only for what a plan does that builds only', async () => {
    const {images, ports} = await setUp([() => startEmbedded()])
    const plan = {...planOf({images, version: '1.0.0', tags: releaseTags('1.0.0')}), push: false}
    const outputs = await run(ports, {plan: formatPlan(plan), rights: 'pull,push,release'})
    expect(answersOf(outputs.report)).toEqual([`${images[0]!} pull: yes`])
  })

  it('says all wrong words, and which is near', () => {
    expect(() => parseInputs(preflight.inputs, {images: 'o/a', rights: 'pul,release'})).toThrow(
      'rights: "pul" is not one of pull, push, delete, login, artifacts, sign, sign-with-key, release; did you mean pull?'
    )
  })

  it('needs an image or a plan', async () => {
    const {ports} = await setUp([])
    expect(await failureOf(() => run(ports, {}))).toMatchObject({code: 'INPUT_INVALID'})
  })

  it('warns of base images that move and of root, by file and line', async () => {
    const {images, ports} = await setUp([() => startEmbedded()])
    const folder = await mkdtemp(path.join(tmpdir(), 'preflight-'))
    closing.push(() => rm(folder, {recursive: true}))
    await writeFile(path.join(folder, 'Containerfile'), 'FROM alpine:3\nRUN true\n')
    await run(ports, {images: images.join(','), context: folder})
    const file = path.join(folder, 'Containerfile')
    expect(ports.reporter.warnings).toEqual([
      `${file}:1: the base image alpine:3 may be another tomorrow: name a whole version or a digest`,
      `${file}:1: the image runs as root, unless its base image says otherwise: add USER`
    ])
    await expect(run(ports, {images: images.join(','), context: '/no/such/folder'})).rejects.toThrow(
      'context: "/no/such/folder" is not a folder'
    )
  })
})

describe('what this job can do beside', () => {
  const cosign: Exec = () => Promise.resolve({exitCode: 0, stdout: '{"gitVersion":"v3.1.3"}', stderr: ''})
  const noCosign: Exec = () => Promise.reject(new Error('ENOENT'))
  const answering = (status: number) => (): GithubApi => () =>
    Promise.resolve({status, headers: {}, body: undefined})
  const runner = {GITHUB_ACTIONS: 'true'}
  const artifacts = {ACTIONS_RUNTIME_TOKEN: 't', ACTIONS_RESULTS_URL: 'https://results.example.com/'}

  it.each<[string, string, Partial<Ports>, Readonly<Record<string, string>>, string | undefined]>([
    ['keep artifacts', 'artifacts', {}, {...runner, ...artifacts}, undefined],
    ['not keep artifacts on a runner without', 'artifacts', {}, runner, 'output records'],
    ['sign', 'sign', {exec: cosign}, {ACTIONS_ID_TOKEN_REQUEST_URL: 'https://x'}, undefined],
    ['sign in GitLab CI', 'sign', {exec: cosign}, {SIGSTORE_ID_TOKEN: 'x'}, undefined],
    ['not sign without an identity', 'sign', {exec: cosign}, runner, '"id-token: write"'],
    ['sign with a key', 'sign-with-key', {exec: cosign}, {}, undefined],
    ['not sign without cosign', 'sign-with-key', {exec: noCosign}, {}, 'Install cosign'],
    ['make releases', 'release', {github: answering(200)}, {}, undefined],
    ['not make releases', 'release', {github: answering(403)}, {}, '"contents: write"']
  ])('may %s', async (...[, right, overrides, variables, hint]) => {
    const {images, ports} = await setUp([() => startEmbedded()], {
      ...overrides,
      environment: name => variables[name]
    })
    const work = (): Promise<unknown> => run(ports, {images: images.join(','), rights: right})
    if (hint === undefined) {
      await work()
      return
    }
    const error = await failureOf(work)
    expect(error.code).toBe('RIGHT_MISSING')
    expect(error.message).toMatch(`this job may not ${right}: `)
    expect(error.hint).toContain(hint)
  })
})

/** A registry whose repositories do not delete says so, and nothing is left of the asking. */
function deletionSuite(start: (allowDelete: boolean) => Promise<RunningRegistry>): void {
  it.each([true, false])('where it deletes: %s', async allowDelete => {
    const {images, ports} = await setUp([() => start(allowDelete)])
    const work = () => run(ports, {images: images.join(','), rights: 'push,delete'})
    if (allowDelete) expect((await work()).missing).toBe('')
    else expect((await failureOf(work)).message).toMatch(/may not delete: DELETE .*405 UNSUPPORTED/)
    expect(ports.reporter.lines.join('\n').includes('Turn deletion on')).toBe(!allowDelete)
  })
}

describeWith(DISTRIBUTION_3, 'on distribution 3', () =>
  deletionSuite(allowDelete => startDistribution3({allowDelete}))
)
describeWith(DISTRIBUTION_2, 'on distribution 2.8', () =>
  deletionSuite(allowDelete => startDistribution2({allowDelete}))
)

describe('preflight, asked whether there are logins', () => {
  const login = async (
    images: string,
    texts: Readonly<Record<string, string>> = {},
    more: Partial<Ports> = {}
  ) => {
    // Nothing is asked of any registry: the ports of a test would reach none of these.
    const {ports} = await setUp([], {
      send: () => Promise.reject(new Error('no request is for this test')),
      ...more
    })
    return await run(ports, {images, rights: 'login', ...texts})
  }

  it('finds those of inputs and of the configuration of docker and podman', async () => {
    const credentials: Ports['credentials'] = host =>
      Promise.resolve(host === 'quay.io' ? {username: 'me', password: 'p'} : undefined)
    const texts = {'registry-credentials': 'docker.io=me:token'}
    const {report} = await login('docker.io/o/a,quay.io/o/a,quay.io/o/b', texts, {credentials})
    expect(answersOf(report)).toEqual(['docker.io login: yes', 'quay.io login: yes'])
  })

  it('names the registry and the secret to set where one is missing', async () => {
    const error = await failureOf(() => login('docker.io/o/a', {'registry-credentials': 'docker.io=:'}))
    expect(error).toMatchObject({code: 'RIGHT_MISSING'})
    expect(error.message).toContain('there is no login for docker.io')
    expect(error.hint).toMatch(/DOCKERHUB_USERNAME.*DOCKERHUB_TOKEN.*REGISTRY_CREDENTIALS/)
  })

  it('leaves open whether a registry of somebody’s own needs one', async () => {
    expect(answersOf((await login('registry.example.org/o/a')).report)).toEqual([
      'registry.example.org login: unknown'
    ])
  })

  it('asks for none in a run that publishes nothing, even if half of one is given', async () => {
    const plan = {...planOf({images: ['docker.io/o/a'], version: '1.0.0', tags: []}), push: false}
    const {ports} = await setUp([], {send: () => Promise.reject(new Error('no request is for this test'))})
    const texts = {plan: formatPlan(plan), rights: 'login', 'registry-credentials': 'docker.io=me:'}
    expect(answersOf((await run(ports, texts)).report)).toEqual([])
    expect(ports.reporter.notices.join('\n')).toContain('docker.io is left out')
  })
})
