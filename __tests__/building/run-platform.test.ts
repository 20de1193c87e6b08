import {describe, expect, it} from '@jest/globals'
import {findTargetStep} from '../../src/building/builders/run-platform.js'

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
