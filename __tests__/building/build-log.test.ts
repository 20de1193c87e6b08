import {describe, expect, it} from '@jest/globals'
import {
  causeOf,
  hintFor,
  isRuntimeFailure,
  lastLines,
  withoutOwnNames
} from '../../src/building/builders/build-log.js'

describe('causeOf', () => {
  it.each([
    [
      'a',
      'Error: building at STEP "RUN false": exit status 1\n',
      'building at STEP "RUN false": exit status 1'
    ],
    [
      'of buildx',
      '#5 ERROR: process\n----\nERROR: failed to build: failed to solve: process "x" did not complete: exit code: 1\n',
      'process "x" did not complete: exit code: 1'
    ],
    ['after which more is said', 'Error: no such image\nbye\n', 'no such image'],
    ['without a mark', 'first\nlast\n\n', 'last'],
    ['of a silent program', '\n', 'it said nothing']
  ])('finds the error %s', (_title, log, cause) => expect(causeOf(log)).toBe(cause))
})

it('keeps the last lines that say something', () => expect(lastLines('a\n\nb\r\nc\n', 2)).toEqual(['b', 'c']))

describe('hintFor', () => {
  it.each([
    ['exec /bin/sh: exec format error', 'native runner'],
    ['toomanyrequests: You have reached your pull rate limit', 'limits how often'],
    ['pull access denied for x', 'Log in'],
    ['http: server gave HTTP response to HTTPS client', 'insecure'],
    ['write /x: no space left on device', 'disk is full'],
    [
      'setting "RLIMIT_NOFILE" limit to soft=1048576,hard=1048576: operation not permitted',
      'default_ulimits'
    ],
    ['Error: could not find "netavark" in one of [/usr/libexec/podman]', 'Install netavark'],
    ['Error: The target "nono" was not found in the provided Dockerfile', 'input target'],
    ['ERROR: target stage "nono" could not be found', 'input target']
  ])('%s', (log, part) => expect(hintFor(log)).toContain(part))

  it('has none for what it does not know', () => expect(hintFor('exit status 1')).toBeUndefined())
})

describe('isRuntimeFailure', () => {
  it.each([
    [
      true,
      'error running container: from /usr/bin/crun creating container for [/bin/sh -c x]: cgroups in hybrid mode'
    ],
    [true, 'level=error msg="did not get container create message from subprocess: EOF"'],
    [
      true,
      'runc create failed: unable to start container process: unable to apply caps: operation not permitted'
    ],
    [false, 'Error: building at STEP "RUN false": while running runtime: exit status 1'],
    [
      false,
      'runc create failed: unable to start container process: exec: "/bin/sh": no such file or directory'
    ],
    [false, 'from crun creating container for [/x]: executable file `/x` not found in $PATH: No such file']
  ])('%s: %s', (expected, log) => expect(isRuntimeFailure(log)).toBe(expected))
})

describe('what a person sees of a builder', () => {
  const image = 'localhost/image-release-build:1'
  it.each([
    ['a step', 'STEP 1/9: FROM scratch', 'STEP 1/9: FROM scratch'],
    ['no name that only this program uses', `Successfully tagged ${image}`, undefined],
    ['no local id', 'a1'.repeat(32), undefined],
    [
      'no argument that every build is given',
      '[Warning] one or more build args were not consumed: [SOURCE_DATE_EPOCH TARGETARCH TARGETOS TARGETPLATFORM]',
      undefined
    ],
    [
      'an argument of theirs that is not used',
      'one or more build args were not consumed: [TARGETARCH VERSOIN]',
      'Build arguments that are not used: VERSOIN'
    ]
  ])('is %s', (_, line, shown) => expect(withoutOwnNames(line, image)).toBe(shown))
})
