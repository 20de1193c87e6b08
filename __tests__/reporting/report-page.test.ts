import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {pathToFileURL} from 'node:url'
import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {type Browser, type Page, chromium} from 'playwright-core'
import {parseInputs} from '../../src/command/input.js'
import {pageHtml} from '../../src/reporting/page-html.js'
import {report} from '../../src/reporting/report.js'
import type {ReportData} from '../../src/reporting/report-data.js'
import {component, describeWith} from '../support/components.js'
import {EXAMPLES, examplePlan, planBefore, releasePlan} from '../support/example-release.js'
import {hostileTexts} from '../support/hostile-texts.js'
import {joinReports, sampleReport} from '../support/sample-report.js'
import {suiteRegistries, twoEmbedded} from '../support/suite-registries.js'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const LARGE = {
  targets: 64,
  platforms: ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/riscv64'],
  registries: ['ghcr.io', 'docker.io', 'quay.io']
}

/** What axe says of a page. */
interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly {readonly html: string; readonly failureSummary: string}[]
}

/** Code of the page has types of its own: here it is text. */
const SECTION = (id: string): string => `document.querySelector('#${id}').textContent`

describeWith(['chromium'], 'the page of a release in a browser', () => {
  const lab = suiteRegistries('pages', twoEmbedded)
  const folder = mkdtempSync(path.join(tmpdir(), 'report-page-'))
  let browser: Browser

  beforeAll(async () => {
    browser = await chromium.launch({executablePath: component('chromium'), args: ['--no-sandbox']})
  })
  afterAll(async () => {
    await browser.close()
    rmSync(folder, {recursive: true})
  })

  interface Opened {
    readonly page: Page
    readonly requests: readonly string[]
    readonly faults: readonly string[]
  }

  const open = async (html: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Opened> => {
    const page = await browser.newPage({viewport: {width: 1280, height: 900}, ...options})
    const [requests, faults]: [string[], string[]] = [[], []]
    page.on('request', request => requests.push(request.url()))
    page.on('console', message => faults.push(message.text()))
    page.on('pageerror', error => faults.push(String(error)))
    mkdirSync(folder, {recursive: true})
    const file = path.join(folder, 'report.html')
    writeFileSync(file, html)
    await page.goto(pathToFileURL(file).href)
    await page.waitForSelector('footer')
    return {page, requests, faults}
  }
  const ask = async <T>(page: Page, code: string): Promise<T> => await page.evaluate<T>(code)
  /** Everything is drawn and opened first: what nobody sees is not judged. */
  const judge = async (page: Page): Promise<string[]> => {
    await ask(page, "document.querySelectorAll('details').forEach(box => (box.open = true))")
    await ask(
      page,
      "document.querySelectorAll('section').forEach(one => (one.style.contentVisibility = 'visible'))"
    )
    // The policy of the page allows no other script: it is run from outside, as its own tools do.
    await ask(page, `${AXE}; void 0`)
    const violations = await ask<Violation[]>(page, 'axe.run().then(({violations}) => violations)')
    return violations
      .filter(({impact}) => impact === 'serious' || impact === 'critical')
      .map(({id, nodes}) => `${id}: ${nodes[0]?.html ?? ''} ${nodes[0]?.failureSummary ?? ''}`)
  }
  const keepPicture = async (page: Page, name: string): Promise<void> => {
    const to = process.env['SCREENSHOTS']
    if (to !== undefined) await page.screenshot({path: path.join(to, `${name}.png`), fullPage: true})
  }

  it.each(EXAMPLES)(
    'shows the figures of %s, asks for nothing, fits 360 px and dark, and is accessible',
    async example => {
      const {ports} = lab
      const plan = examplePlan(
        example,
        lab.registries.map(({host}) => host)
      )
      const before = await releasePlan(ports, planBefore(plan), 9000)
      const now = await releasePlan(ports, plan, 12_345)
      const given = {...now, 'metrics-baseline': before.metrics}
      await report.run(parseInputs(report.inputs, given), ports)
      const html = ports.files.get('report.html') ?? ''
      const data = JSON.parse(ports.files.get('report.json') ?? '') as ReportData

      const {page, requests, faults} = await open(html)
      const builds = plan.targets.flatMap(target => target.builds)
      const references = plan.targets.flatMap(({images, tags}) =>
        images.flatMap(image => tags.map(tag => `${image}:${tag.name}`))
      )
      expect(await page.title()).toContain(plan.version)
      expect(await page.locator('#journey tbody tr').count()).toBe(builds.length)
      expect(await page.locator('#tags tbody th').allInnerTexts()).toEqual(references)
      expect(await page.locator('#images details').count()).toBe(plan.targets.length)
      expect(await page.locator('#findings tbody tr').count()).toBe(builds.length)
      expect(await page.locator('#checks tbody tr').count()).toBe(references.length + builds.length)
      expect(await ask<string>(page, SECTION('layers'))).toContain('12.1 KiB')
      expect(await page.locator('#layers rect').count()).toBe(3 * (plan.targets[0]?.builds.length ?? 0))
      expect(await ask<string>(page, SECTION('packages'))).toContain('No bill of materials')
      expect(await ask<string>(page, SECTION('cleanup'))).toContain('No report of a clean-up')
      expect(await page.locator('#history svg').count()).toBe(6)
      expect(data.notes).toEqual(plan.notes)
      expect(await judge(page)).toEqual([])
      await keepPicture(page, example)
      await page.close()

      const small = await open(html, {viewport: {width: 360, height: 800}, colorScheme: 'dark'})
      expect(await ask<number>(small.page, 'document.documentElement.scrollWidth')).toBe(360)
      expect(await judge(small.page)).toEqual([])
      await keepPicture(small.page, `${example}-small-dark`)
      await small.page.close()
      expect([...requests, ...small.requests].filter(url => !url.startsWith('file:'))).toEqual([])
      expect([...faults, ...small.faults]).toEqual([])
    },
    120_000
  )

  it('has something in every section that documents are given for', async () => {
    const {page, faults} = await open(pageHtml('sample', sampleReport()))
    expect(await page.locator('#packages details').count()).toBe(4)
    expect(await ask<string>(page, SECTION('packages'))).toContain('before 3: 1 added, 1 removed, 1 changed')
    expect(await ask<string>(page, SECTION('cleanup'))).toContain('up to 60.0 MiB freed')
    expect(await ask<string>(page, SECTION('layers'))).toContain('+7.0 MiB (+78 %)')
    expect(await ask<string>(page, SECTION('history'))).toContain('1.0.0')
    expect(await ask<string>(page, SECTION('images'))).toContain(
      `@${sampleReport().targets[0]?.digest ?? ''}`
    )
    expect(await judge(page)).toEqual([])
    expect(faults).toEqual([])
    await page.close()
  })

  it('says in each section that it has nothing, where that is so', async () => {
    const empty: ReportData = {
      schema: 1,
      made: '2026-11-28T10:00:00Z',
      program: '0',
      targets: [],
      layers: [],
      builds: [],
      steps: [],
      checks: [],
      history: [],
      notes: []
    }
    const {page, faults} = await open(pageHtml('empty', empty))
    expect(await page.locator('section').count()).toBe(9)
    for (const text of await page.locator('section p').allInnerTexts())
      expect(text).toMatch(/^(No|The documents name no) /)
    expect(await page.locator('section p').count()).toBe(9)
    expect(faults).toEqual([])
    await page.close()
  })

  it('is used by keys alone: search, boxes, tables and copying', async () => {
    const {page} = await open(pageHtml('sample', sampleReport()), {
      permissions: ['clipboard-read', 'clipboard-write']
    })
    await page.keyboard.press('Tab')
    expect(await ask<string>(page, 'document.activeElement.hash')).toBe('#journey')
    await page.locator('#search').focus()
    await page.keyboard.type('service-2 arm64')
    await page.locator('#live').filter({hasText: /\S/u}).waitFor({state: 'attached'})
    expect(await page.locator('#journey tbody tr:visible').allInnerTexts()).toHaveLength(1)
    await page.keyboard.press('Control+A')
    await page.keyboard.press('Delete')
    await page.locator('#images summary').nth(1).focus()
    await page.keyboard.press('Enter')
    await page.locator('#images details').nth(1).locator('.pulls li').first().waitFor()
    const button = page.locator('#images details').nth(1).locator('.pulls button').first()
    await button.focus()
    await page.keyboard.press('Enter')
    await page.locator('#live', {hasText: /^Copied$/u}).waitFor({state: 'attached'})
    await page.close()
  })

  it('shows hostile texts as text, wherever they stand', async () => {
    // One page for all of them: each is in names, tags, instructions, packages, findings and notes of a release of its own.
    const all = hostileTexts.map(spice =>
      sampleReport({targets: 1, platforms: ['linux/amd64'], registries: ['ghcr.io'], spice})
    )
    const {page, requests, faults} = await open(pageHtml(hostileTexts.join(' '), joinReports(all)))
    await ask(page, "document.querySelectorAll('details').forEach(box => (box.open = true))")
    expect(await ask(page, 'globalThis.hacked')).toBeUndefined()
    const kinds = await ask<string>(
      page,
      "[...new Set([...document.querySelectorAll('body *')].map(one => one.localName))].sort().join()"
    )
    const drawn =
      'a,button,caption,circle,code,dd,details,div,dl,dt,figcaption,figure,footer,form,g,h1,h2,header,i,input,label,li,line,main,nav,noscript,option,p,path,rect,script,section,select,span,strong,summary,svg,table,tbody,td,text,th,thead,title,tr,ul'
    expect(kinds.split(',').filter(kind => !drawn.split(',').includes(kind))).toEqual([])
    expect(await page.locator('script, img, iframe, [onclick], [onload], [onerror]').count()).toBe(2)
    expect(await page.locator('#layers-target option').count()).toBe(hostileTexts.length)
    for (const at of hostileTexts.keys()) {
      await page.locator('#layers-target').selectOption(String(at))
      expect(await ask(page, 'globalThis.hacked')).toBeUndefined()
    }
    const shown = await ask<string>(
      page,
      "[...document.querySelectorAll('header, main')].map(one => one.textContent).join()"
    )
    const texts = hostileTexts.filter(text => /^[\x20-\x7e]+$/.test(text))
    expect(texts.filter(text => !shown.includes(text))).toEqual([])
    // In each section, and not only somewhere.
    expect(texts.filter(text => !shown.slice(0, shown.indexOf('page made')).includes(text))).toEqual([])
    for (const id of ['journey', 'tags', 'images', 'packages', 'checks', 'cleanup', 'notes', 'findings']) {
      const section = await ask<string>(page, SECTION(id))
      expect([id, texts.filter(text => !section.includes(text))]).toEqual([id, []])
    }
    expect(shown).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/)
    expect(requests.filter(url => !url.startsWith('file:'))).toEqual([])
    expect(faults).toEqual([])
    await page.close()
  })

  it('draws 64 images of 4 platforms on 3 registries by a bounded number of elements, and is searched', async () => {
    const html = pageHtml('large', sampleReport(LARGE))
    const {page} = await open(html)
    await page.waitForSelector('main section')
    const devtools = await page.context().newCDPSession(page)
    await devtools.send('Performance.enable')
    const {metrics} = await devtools.send('Performance.getMetrics')
    const countOf = (wanted: string): number => metrics.find(({name}) => name === wanted)?.value ?? Infinity
    // What the time to draw grows with, counted, whatever else the machine does.
    expect(countOf('Nodes')).toBeLessThan(45_000)
    expect(countOf('LayoutObjects')).toBeLessThan(20_000)
    await page.locator('#search').fill('service-17 linux/arm/v7')
    await page.locator('#live').filter({hasText: /\S/u}).waitFor({state: 'attached'})
    expect(await page.locator('#journey tbody tr:visible').count()).toBe(1)
    await page.locator('#layers-target').selectOption({label: 'service-64'})
    expect(await page.locator('#layers svg').getAttribute('aria-label')).toContain('service-64')
    await page.close()
  })
})
