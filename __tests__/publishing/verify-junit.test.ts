import {execFileSync} from 'node:child_process'
import {describe, expect, it} from '@jest/globals'
import {parseDigest} from '../../src/oci/digest.js'
import {verifyJunit} from '../../src/publishing/verify/verify-junit.js'
import type {VerifiedTag} from '../../src/publishing/verify/verified-tag.js'
import {describeWith} from '../support/components.js'

const digest = parseDigest(`sha256:${'a'.repeat(64)}`)
const sound = (reference: string): VerifiedTag => ({
  reference,
  digest,
  platforms: ['linux/amd64', 'linux/arm64'],
  blobs: 4,
  faults: []
})
const broken = (reference: string, ...faults: string[]): VerifiedTag => ({
  reference,
  platforms: [],
  blobs: 0,
  faults
})

describe('verifyJunit', () => {
  it('has a suite for each repository and a case for each tag', () => {
    const reports = [
      sound('r:5000/o/app:1.0'),
      sound('ghcr.io/o/app:1.0'),
      broken('r:5000/o/app:1', 'is <gone>')
    ]
    expect(verifyJunit(reports).split('\n')).toEqual([
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<testsuites name="verify-release" tests="3" failures="1" errors="0" skipped="0">',
      '  <testsuite name="r:5000/o/app" tests="2" failures="1" errors="0" skipped="0">',
      '    <testcase classname="r:5000/o/app" name="1.0">',
      `      <system-out>${digest}&#10;linux/amd64, linux/arm64&#10;4 blobs</system-out>`,
      '    </testcase>',
      '    <testcase classname="r:5000/o/app" name="1">',
      '      <failure message="is &lt;gone&gt;">is &lt;gone&gt;</failure>',
      '      <system-out>not there&#10;0 blobs</system-out>',
      '    </testcase>',
      '  </testsuite>',
      '  <testsuite name="ghcr.io/o/app" tests="1" failures="0" errors="0" skipped="0">',
      '    <testcase classname="ghcr.io/o/app" name="1.0">',
      `      <system-out>${digest}&#10;linux/amd64, linux/arm64&#10;4 blobs</system-out>`,
      '    </testcase>',
      '  </testsuite>',
      '</testsuites>',
      ''
    ])
  })

  it.each([
    ['markup', '</failure>]]><!--&"\'', '&lt;/failure&gt;]]&gt;&lt;!--&amp;&quot;&apos;'],
    ['line breaks', 'a\r\nb\tc', 'a&#13;&#10;b&#9;c'],
    ['what XML cannot hold', 'a\u0000\u001B[31m\uFFFE\uD800b', 'a\uFFFD\uFFFD[31m\uFFFD\uFFFDb'],
    ['what is beyond the first plane', 'é 漢 😀', 'é 漢 😀']
  ])('writes %s so that it is text', (_, fault, expected) => {
    expect(verifyJunit([broken('r/a:1', fault)])).toContain(`<failure message="${expected}">${expected}<`)
  })

  it('says that nothing was there to be verified', () => {
    expect(verifyJunit([])).toContain('tests="0" failures="0"')
  })
})

describeWith(['python3'], 'verifyJunit, read by an XML parser of others', () => {
  it('gives back every fault as it was', () => {
    const fault = 'a<b>&"\'\r\n\té漢😀]]>'
    const script =
      'import sys,xml.etree.ElementTree as e;sys.stdout.buffer.write(e.fromstring(sys.stdin.buffer.read()).find(".//failure").text.encode())'
    const read = execFileSync('python3', ['-c', script], {input: verifyJunit([broken('r/a:1', fault)])})
    expect(read.toString()).toBe(fault)
  })
})
