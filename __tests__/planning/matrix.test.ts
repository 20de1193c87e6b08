import {describe, expect, it} from '@jest/globals'
import {parsePlatform} from '../../src/oci/platform.js'
import {buildMatrix, mergeMatrix} from '../../src/planning/jobs/matrix.js'
import type {PlannedTarget} from '../../src/contracts/plan.js'
import {recordName, slugOf} from '../../src/contracts/record-name.js'
import {chooseRunner, parseRunnerEntry} from '../../src/planning/jobs/runner-map.js'

function target(name: string, platforms: readonly string[]): PlannedTarget {
  return {
    name,
    images: [`ghcr.io/octo/${name}`, `docker.io/octo/${name}`],
    tags: [],
    builds: platforms.map(platform => ({
      platform,
      runner: 'ubuntu-24.04',
      record: recordName('0a1b2c3d4e5f', name, parsePlatform(platform))
    })),
    labels: {},
    annotations: {}
  }
}

describe('the matrices', () => {
  const targets = [target('a', ['linux/amd64', 'linux/arm/v7']), target('b', ['linux/amd64'])]

  it('have one build job for each target and platform', () => {
    expect(
      buildMatrix({targets}).include.map(job => [job.target, job.platform, job['platform-pair']])
    ).toEqual([
      ['a', 'linux/amd64', 'linux-amd64'],
      ['a', 'linux/arm/v7', 'linux-arm-v7'],
      ['b', 'linux/amd64', 'linux-amd64']
    ])
  })

  it('have one merge job for each target', () => {
    expect(mergeMatrix({targets}).include).toEqual([
      {target: 'a', images: 'ghcr.io/octo/a,docker.io/octo/a', platforms: 'linux/amd64,linux/arm/v7'},
      {target: 'b', images: 'ghcr.io/octo/b,docker.io/octo/b', platforms: 'linux/amd64'}
    ])
  })

  it('are refused where GitHub would refuse them', () => {
    const many = Array.from({length: 129}, (_, index) => target(`t${index}`, ['linux/amd64', 'linux/arm64']))
    expect(() => buildMatrix({targets: many})).toThrow(
      'the build matrix has 258 jobs (129 targets of up to 2 platforms); GitHub allows 256'
    )
    expect(buildMatrix({targets: many.slice(1)}).include).toHaveLength(256)
  })

  it('name the axis that makes them too large', () => {
    const many = ['cpu', 'cuda'].flatMap(runtime =>
      Array.from({length: 70}, (_, index) => ({
        ...target(`${runtime}${index}`, ['linux/amd64', 'linux/arm64']),
        variant: {runtime, python: `3.${index}`}
      }))
    )
    expect(() => buildMatrix({targets: many})).toThrow(
      'the build matrix has 280 jobs (140 targets of up to 2 platforms); GitHub allows 256; the axis python has 70 values'
    )
    expect(buildMatrix({targets: many}, 'joined').include).toHaveLength(140)
    expect(() => mergeMatrix({targets: [...many, ...many]})).toThrow('the merge matrix has 280 jobs')
  })

  it('have one build job for all platforms where jobs are joined, and the axes of the variant beside', () => {
    const [first] = targets
    expect(buildMatrix({targets: [{...first!, variant: {python: '3.10'}}]}, 'joined').include).toEqual([
      {
        python: '3.10',
        target: 'a',
        platform: 'linux/amd64,linux/arm/v7',
        'platform-pair': 'linux-amd64-linux-arm-v7',
        emulated: true,
        runner: 'ubuntu-24.04',
        record: first!.builds.map(({record}) => record).join(',')
      }
    ])
  })
})

describe('the name of a record', () => {
  const arm = parsePlatform('linux/arm/v7')

  it('says the plan, the target and the platform', () => {
    expect(recordName('0a1b2c3d4e5f', 'app', arm)).toBe('digest-0a1b2c3d4e5f-app-linux-arm-v7')
  })

  it.each([
    ['App/API: x', 'app-api-x'],
    ['python3.13', 'python3.13'],
    ['..', 'image'],
    ['"<>|*?\r\n', 'image'],
    ['x'.repeat(200), 'x'.repeat(60)]
  ])('is safe for %j: %s', (name, slug) => {
    expect(slugOf(name)).toBe(slug)
    expect(recordName('app', name, arm)).toMatch(/^[a-z0-9._-]+$/)
  })
})

describe('the runner of a platform', () => {
  it.each([
    ['linux/amd64', '', 'ubuntu-24.04', false],
    ['linux/386', '', 'ubuntu-24.04', false],
    ['linux/arm64', '', 'ubuntu-24.04-arm', false],
    ['linux/s390x', '', 'ubuntu-24.04', true],
    ['linux/arm64', 'linux/arm64/v8=big-arm', 'big-arm', false],
    ['linux/arm64', 'linux/arm64=self-hosted+arm64', ['self-hosted', 'arm64'], false],
    ['linux/arm64', 'linux/arm64=["self-hosted", "arm64"]', ['self-hosted', 'arm64'], false],
    ['linux/arm64', 'linux/arm64=group:big', {group: 'big'}, false],
    ['linux/arm64', 'linux/arm64=group:big+arm64', {group: 'big', labels: ['arm64']}, false],
    [
      'linux/arm64',
      'linux/arm64={"group": "big", "labels": ["a", "b"]}',
      {group: 'big', labels: ['a', 'b']},
      false
    ],
    ['linux/arm64', '*=any', 'any', false],
    ['linux/arm64', 'linux/amd64=other', 'ubuntu-24.04-arm', false]
  ])('%s with %j: %j', (platform, entry, runner, isEmulated) => {
    const entries = entry === '' ? [] : [parseRunnerEntry(entry)]
    expect(chooseRunner(parsePlatform(platform), entries)).toEqual({runner, isEmulated})
  })

  it.each([
    ['ubuntu', '"ubuntu" is not of the form platform=runner'],
    ['linux/arm64=', '"" names no runner'],
    ['linux/arm64=a+', '"a+" names no runner'],
    ['linux/arm64=[1]', '[1] is not a JSON list of labels'],
    ['linux/arm64=[]', '"[]" names no runner'],
    ['linux/arm64=group:', '"group:" names no group'],
    ['linux/arm64={"labels": "a"}', 'is not a JSON map of group and labels'],
    ['linux/arm64={"group": "a", "lables": "a"}', 'is not a JSON map of group and labels'],
    ['linux/arm64={', 'is not a JSON map of group and labels'],
    ['linux/x=a', '"linux/x": unknown architecture x']
  ])('is refused: %s', (entry, fault) => {
    expect(() => parseRunnerEntry(entry)).toThrow(fault)
  })
})
