import {readdirSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {readDocument} from './documents.js'

const DOCS = path.resolve(import.meta.dirname, '../../docs')
const settings = readDocument('docs/.vitepress/config.mjs') ?? ''

describe('the documentation as a site', () => {
  it('leads to every page from its side', () => {
    const pages = readdirSync(DOCS, {recursive: true, encoding: 'utf8'})
      .filter(file => file.endsWith('.md') && !/^(\.|adr\/|index\.md)/.test(file))
      .map(file => file.slice(0, -'.md'.length))
    expect(pages.length).toBeGreaterThan(30)
    const isNamed = (page: string): boolean =>
      settings.includes(`'/${page}'`) || settings.includes(`'${page.replace(/^reference\//, '')}'`)
    expect(pages.filter(page => !isNamed(page))).toEqual([])
  })

  it('is served by one command, and made by the check', () => {
    const {scripts} = JSON.parse(readDocument('package.json') ?? '{}') as {scripts: Record<string, string>}
    expect(scripts['docs']).toBe('vitepress dev docs')
    expect(readDocument('script/check')).toContain('site) vitepress build docs')
  })
})
