import {describe, expect, it} from '@jest/globals'
import {type ContainerfileUse, adviseContainerfile} from '../../src/building/builders/containerfile-advice.js'

const DIGEST = `sha256:${'a'.repeat(64)}`
const MOVES = 'may be another tomorrow: name a whole version or a digest'
const NO_TAG = 'has no tag, which means latest: name a whole version or a digest'

/** `3: message` for each, without what is said of the user. */
async function pins(text: string, use: ContainerfileUse = {}): Promise<string[]> {
  const advice = await adviseContainerfile(`${text}\nUSER app\n`, use)
  return advice.map(({line, message}) => `${line}: ${message.replace('the base image ', '')}`)
}

describe('base images', () => {
  it.each<[string, string[]]>([
    ['FROM python:3.13.0-alpine3.19', []],
    [`FROM python:3.13-alpine@${DIGEST}`, []],
    ['FROM debian:bookworm-20261101', []],
    ['FROM scratch', []],
    ['FROM python:3.13-alpine', [`1: python:3.13-alpine ${MOVES}`]],
    ['FROM python', [`1: python ${NO_TAG}`]],
    ['FROM localhost:5000/python', [`1: localhost:5000/python ${NO_TAG}`]],
    ['FROM --platform=$BUILDPLATFORM node:22 AS b\nFROM b', [`1: node:22 ${MOVES}`]],
    ['from alpine:3.20.1 as Base\nFROM base', []],
    ['ARG V=3.13\nFROM python:${V}-slim', [`2: python:3.13-slim ${MOVES}`]],
    ['ARG V=3.13.1\nFROM python:$V', []],
    ['ARG V\nFROM python:${V}', []],
    ['FROM python:${V:-3}', [`1: python:3 ${MOVES}`]],
    ['# escape=`\nFROM alpine:3.20.1\nRUN <<E\nFROM no:1\nE', []]
  ])('of %j', async (text, expected) => expect(await pins(text)).toEqual(expected))

  it('are those that the arguments of the build name', async () => {
    expect(await pins('ARG V=3.13\nFROM python:${V}', {args: ['V=3.13.1']})).toEqual([])
    expect(await pins('ARG V\nFROM python:${V}', {args: ['V=3']})).toEqual([`2: python:3 ${MOVES}`])
  })
})

describe('the user', () => {
  const PERHAPS = 'the image runs as root, unless its base image says otherwise: add USER'
  it.each<[string, string | undefined, string[]]>([
    ['FROM scratch\nUSER app', undefined, []],
    ['FROM scratch\nUSER 1000:1000', undefined, []],
    ['FROM scratch\nUSER root', undefined, ['2: the image runs as root']],
    ['FROM scratch\nUSER app\nUSER 0:0', undefined, ['3: the image runs as root']],
    ['FROM scratch', undefined, [`1: ${PERHAPS}`]],
    ['FROM scratch AS a\nUSER app\nFROM a', undefined, []],
    ['FROM scratch AS a\nUSER app\nFROM scratch AS b', undefined, [`3: ${PERHAPS}`]],
    ['FROM scratch AS a\nUSER app\nFROM scratch AS b', 'a', []],
    ['FROM scratch AS a\nUSER app\nFROM scratch AS b', 'none', []],
    ['', undefined, []]
  ])('of %j, stage %s', async (text, target, expected) => {
    const advice = await adviseContainerfile(text, {target})
    expect(advice.map(({line, message}) => `${line}: ${message}`)).toEqual(expected)
  })
})
