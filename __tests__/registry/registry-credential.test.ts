import {describe, expect, it} from '@jest/globals'
import {computeTags} from '../../src/planning/compute-tags.js'
import {mergeManifest} from '../../src/publishing/merge-manifest.js'
import {assertLogins} from '../../src/registry/auth/logins.js'
import {parseInputs} from '../../src/command/input.js'
import {testPorts} from '../support/ports.js'
import {failureOf} from '../support/thrown.js'

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
