import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import os from 'node:os'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {parseBuildxInstance} from '../../src/building/builders/buildx-instance.js'
import {supportOfMachine, supportOfNodes} from '../../src/building/builders/platform-support.js'
import {parsePlatform} from '../../src/oci/platform.js'
import {findTargetStep} from '../../src/building/builders/run-platform.js'

const node = (name: string, platforms: string): string =>
  `Name:      ${name}\nEndpoint:  unix:///${name}.sock\nStatus:    running\nPlatforms: ${platforms}\n`
const instance = (...nodes: string[]): string => `Name:   b\nDriver: remote\n\nNodes:\n${nodes.join('\n')}`
const how = (answer: string, platform: string): string => {
  const {how: found, by} = supportOfNodes(parsePlatform(platform), parseBuildxInstance(answer).nodes)
  return `${found}: ${by}`
}

describe('what the nodes of buildx run', () => {
  const TWO = instance(
    node('intel', 'linux/amd64, linux/amd64/v2, linux/386'),
    node('arm', 'linux/arm64*, linux/arm/v7')
  )
  /** With emulators on both, as BuildKit's own image has them. */
  const ALL_EVERYWHERE = instance(
    node('intel', 'linux/amd64, linux/amd64/v2, linux/386, linux/arm64'),
    node('arm', 'linux/arm64, linux/arm/v7, linux/amd64')
  )
  it.each([
    [ALL_EVERYWHERE, 'linux/amd64', 'native: node intel'],
    [
      ALL_EVERYWHERE,
      'linux/arm64',
      'emulated: node intel; node arm is of that platform, and buildx takes it where it was made with docker buildx create --append --platform linux/arm64'
    ],
    [
      ALL_EVERYWHERE.replace('linux/arm64, linux/arm/v7', 'linux/arm64*, linux/arm/v7'),
      'linux/arm64',
      'native: node arm'
    ],
    [ALL_EVERYWHERE, 'linux/arm/v7', 'native: node arm'],
    [TWO, 'linux/amd64', 'native: node intel'],
    [TWO, 'linux/arm64', 'native: node arm'],
    [TWO, 'linux/386', 'native: node intel'],
    [TWO, 'linux/riscv64', 'none: none of the nodes intel, arm runs it'],
    [instance(node('one', 'linux/amd64, linux/arm64')), 'linux/arm64', 'emulated: node one'],
    [instance(node('win', 'windows/amd64(10.0.20348.1)')), 'windows/amd64', 'native: node win'],
    [instance(node('off', '')), 'linux/amd64', 'unknown: nodes that do not say what they run']
  ])('%#: %s', (answer, platform, expected) => expect(how(answer, platform)).toBe(expected))
})

describe('what this machine runs', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'binfmt-'))
  })
  afterEach(() => rmSync(folder, {recursive: true, force: true}))
  const support = (platform: string): string => supportOfMachine(parsePlatform(platform), folder).how

  it('is its own platform, and what an emulator is registered and enabled for', () => {
    expect(support(`linux/${os.machine()}`)).toBe('native')
    expect(support('linux/s390x')).toBe('none')
    writeFileSync(path.join(folder, 'qemu-s390x'), 'disabled\ninterpreter /usr/bin/qemu-s390x\n')
    expect(support('linux/s390x')).toBe('none')
    writeFileSync(path.join(folder, 'qemu-s390x'), 'enabled\ninterpreter /usr/bin/qemu-s390x\nflags: F\n')
    expect(support('linux/s390x')).toBe('emulated')
    expect(support('windows/amd64')).toBe('none')
  })
})

describe('the first step that runs a program of the platform', () => {
  it.each<[string, string, string | undefined, number | undefined]>([
    ['a RUN', 'FROM alpine\nCOPY a /\nRUN true', undefined, 3],
    ['none where it only copies', 'FROM scratch\nCOPY a /', undefined, undefined],
    [
      'none where it runs on the machine’s own platform and the rest is copied',
      'FROM --platform=$BUILDPLATFORM golang AS build\nRUN go build\nFROM scratch\nCOPY --from=build /a /',
      undefined,
      undefined
    ],
    [
      'one in a stage that is copied from',
      'FROM alpine AS tools\nRUN true\nFROM scratch\nCOPY --from=tools /a /',
      undefined,
      2
    ],
    [
      'one in a stage that is numbered',
      'FROM alpine\nRUN true\nFROM scratch\nCOPY --from=0 /a /',
      undefined,
      2
    ],
    [
      'one in a stage that is mounted',
      'FROM alpine AS tools\nRUN true\nFROM --platform=${BUILDPLATFORM} alpine\nRUN --mount=type=bind,from=tools,target=/t true',
      undefined,
      2
    ],
    [
      'one in a stage that is built upon',
      'FROM --platform=$TARGETPLATFORM alpine AS base\nRUN true\nFROM base\nCOPY a /',
      undefined,
      2
    ],
    [
      'none in a stage that stands on one of the machine’s own',
      'FROM --platform=$BUILDPLATFORM alpine AS base\nFROM base AS next\nRUN true\nFROM scratch\nCOPY --from=next /a /',
      undefined,
      undefined
    ],
    [
      'none in a stage that nobody takes from',
      'FROM alpine AS test\nRUN true\nFROM scratch\nCOPY a /',
      undefined,
      undefined
    ],
    ['one in the stage that is named', 'FROM alpine AS Test\nRUN true\nFROM scratch\nCOPY a /', 'test', 2]
  ])('is %s', async (_, text, target, line) => {
    expect((await findTargetStep(text, target))?.line).toBe(line)
  })
})
