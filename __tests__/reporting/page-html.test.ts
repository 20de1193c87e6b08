import {createHash} from 'node:crypto'
import {describe, expect, it} from '@jest/globals'
import {pageHtml, scriptJson} from '../../src/reporting/page-html.js'
import {hostileTexts} from '../support/hostile-texts.js'
import {sampleReport} from '../support/sample-report.js'

describe('the page of a release', () => {
  it.each(hostileTexts)('keeps %j as text, in its title and in its data', text => {
    const html = pageHtml(text, {name: text})
    const json = /<script type="application\/json" id="report">(.*?)<\/script>/s.exec(html)?.[1] ?? ''
    expect(JSON.parse(json)).toEqual({name: text})
    expect(json).not.toMatch(/[<>&\u2028\u2029]/)
    expect(html.match(/<\/?[a-z!][^\s>]*/gi)).toEqual(pageHtml('', {}).match(/<\/?[a-z!][^\s>]*/gi))
  })

  it('allows its own script and style by their hashes, and nothing else', () => {
    const html = pageHtml('a', {})
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1]
    const hashOf = (text: string | undefined) =>
      createHash('sha256')
        .update(text ?? '')
        .digest('base64')
    const script = /<script>(.*?)<\/script>/s.exec(html)?.[1]
    const style = /<style>(.*?)<\/style>/s.exec(html)?.[1]
    expect(policy?.split('; ')).toEqual([
      "default-src 'none'",
      `script-src 'sha256-${hashOf(script)}'`,
      `style-src 'sha256-${hashOf(style)}'`,
      "base-uri 'none'",
      "form-action 'none'"
    ])
  })

  it('names no address to fetch from', () => {
    expect(pageHtml('a', {})).not.toMatch(/\b(?:src|href)=["']?(?!#)/)
  })

  it('stays below 1.5 MB for 64 images of 4 platforms on 3 registries', () => {
    const data = sampleReport({
      targets: 64,
      platforms: ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/riscv64'],
      registries: ['ghcr.io', 'docker.io', 'quay.io']
    })
    expect(Buffer.byteLength(pageHtml('large', data))).toBeLessThan(1.5e6)
  })

  it('escapes only what HTML would read', () => {
    expect(scriptJson({a: 'é "<&>"'})).toBe('{"a":"é \\"\\u003c\\u0026\\u003e\\""}')
  })
})
