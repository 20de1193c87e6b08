import {chmodSync, mkdirSync, mkdtempSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {dockerPlugin} from '../../src/building/builders/docker-plugin.js'

/** A machine with docker, and what its folders hold: names of files, and their text. Programs can be run. */
function machine(files: Readonly<Record<string, string>>) {
  const root = mkdtempSync(path.join(tmpdir(), 'plugin-'))
  const all = {'bin/docker': '\u007fELF', ...files}
  for (const [name, text] of Object.entries(all)) {
    const file = path.join(root, name)
    mkdirSync(path.dirname(file), {recursive: true})
    writeFileSync(file, text)
    chmodSync(file, name.endsWith('.json') ? 0o644 : 0o755)
  }
  const variables: Record<string, string> = {PATH: `/nowhere::${root}/bin`, HOME: `${root}/home`}
  const find = (further: Readonly<Record<string, string>> = {}): string | undefined => {
    const environment = {...variables, ...further}
    const found = dockerPlugin('buildx', {environment: name => environment[name]}, [
      `${root}/usr/local`,
      `${root}/usr/lib`
    ])
    return found === undefined ? undefined : path.relative(root, found)
  }
  return {root, find}
}

const OWN = 'home/.docker/cli-plugins/docker-buildx'

describe('dockerPlugin', () => {
  it.each<[string, Readonly<Record<string, string>>, string | undefined]>([
    ["the user's own first", {[OWN]: 'own', 'usr/local/docker-buildx': 'all'}, OWN],
    [
      'the first folder of the system',
      {'usr/lib/docker-buildx': 'b', 'usr/local/docker-buildx': 'a'},
      'usr/local/docker-buildx'
    ],
    ['none where there is none', {}, undefined],
    ['none beside a docker that is a script', {'bin/docker': '#!/bin/sh\n', [OWN]: 'own'}, undefined],
    [
      'none where further folders are named',
      {'home/.docker/config.json': '{"cliPluginsExtraDirs": ["/opt/plugins"]}', [OWN]: 'own'},
      undefined
    ],
    ['its own where the configuration names none', {'home/.docker/config.json': '{}', [OWN]: 'own'}, OWN]
  ])('finds %s', (_title, files, expected) => expect(machine(files).find()).toBe(expected))

  it('looks where DOCKER_CONFIG says', () => {
    const {root, find} = machine({'conf/cli-plugins/docker-buildx': 'own', [OWN]: 'other'})
    expect(find({DOCKER_CONFIG: `${root}/conf`})).toBe('conf/cli-plugins/docker-buildx')
  })

  it('finds none where there is no docker', () => {
    const {root, find} = machine({[OWN]: 'own'})
    expect(find({PATH: `${root}/home`})).toBeUndefined()
  })

  it('passes over what cannot be run', () => {
    const {root, find} = machine({[OWN]: 'own', 'usr/lib/docker-buildx': 'all'})
    chmodSync(path.join(root, OWN), 0o644)
    expect(find()).toBe('usr/lib/docker-buildx')
  })
})
