import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {get} from 'node:http'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {afterAll, afterEach, beforeAll, expect, it} from '@jest/globals'
import {type Browser, type Page, chromium} from 'playwright-core'
import {parseInputs} from '../../src/command/input.js'
import {formatDigestRecord} from '../../src/contracts/digest-record.js'
import {formatRunNote} from '../../src/contracts/run-note.js'
import {parseDigest} from '../../src/oci/digest.js'
import {report} from '../../src/reporting/report.js'
import {component, describeWith} from '../support/components.js'
import {hostileTexts} from '../support/hostile-texts.js'
import {layerBytes} from '../support/images.js'
import type {TestPorts} from '../support/ports.js'
import {DISTRIBUTION_3, startDistribution3} from '../support/registries.js'
import {type TestRelease, layeredRelease, planOf, publishRelease} from '../support/releases.js'
import {suiteRegistries} from '../support/suite-registries.js'

describeWith(['chromium', ...DISTRIBUTION_3], 'report --serve', () => {
  const lab = suiteRegistries('served', async () => [await startDistribution3()])
  const folder = mkdtempSync(path.join(tmpdir(), 'follow-'))
  let browser: Browser
  let stop: AbortController
  let running: Promise<unknown>

  beforeAll(async () => {
    browser = await chromium.launch({executablePath: component('chromium'), args: ['--no-sandbox']})
  }, 60_000)
  afterAll(async () => {
    await browser.close()
    rmSync(folder, {recursive: true})
  })
  afterEach(async () => {
    stop.abort()
    await running
  })

  const releaseOf = (version: string, size: number): TestRelease =>
    layeredRelease(lab.images, version, () => [
      {createdBy: 'ADD base', bytes: layerBytes(5000, 1)},
      {createdBy: 'COPY app', bytes: layerBytes(size, size)}
    ])

  /** Starts the command, and gives the address that it says. */
  const serve = async (texts: Readonly<Record<string, string>> = {}): Promise<string> => {
    stop = new AbortController()
    const ports: TestPorts = {...lab.ports, signal: stop.signal}
    const said = lab.ports.reporter.lines.length
    running = report.run(parseInputs(report.inputs, {serve: 'true', follow: folder, ...texts}), ports)
    running.catch(() => undefined)
    for (;;) {
      const line = lab.ports.reporter.lines.slice(said).find(one => one.startsWith('Open http'))
      if (line !== undefined) return /http\S+/.exec(line)?.[0] ?? ''
      await delay(5)
    }
  }
  interface Seen {
    readonly page: Page
    readonly faults: readonly string[]
    readonly requests: readonly string[]
  }
  const open = async (address: string): Promise<Seen> => {
    const page = await browser.newPage()
    const [faults, requests]: [string[], string[]] = [[], []]
    page.on('console', message => faults.push(message.text()))
    page.on('pageerror', error => faults.push(String(error)))
    page.on('request', request => requests.push(request.url()))
    await page.goto(address)
    return {page, faults, requests}
  }
  const textOf = async (page: Page, selector: string): Promise<string> =>
    (await page.locator(selector).allTextContents()).join('\n')

  it('looks at any image: tags and platforms, the page of one, and the differences of two', async () => {
    await publishRelease(lab.ports, releaseOf('1.1.0', 3000))
    await publishRelease(lab.ports, releaseOf('1.2.0', 9000))
    const address = await serve()
    const {page, faults, requests} = await open(address)
    await page.locator('#image').fill(lab.images[0]!)
    await page.locator('button', {hasText: 'Look'}).click()
    await page.locator('table caption').waitFor()
    expect(await page.locator('tbody th a').allInnerTexts()).toEqual([
      'latest',
      '1.2.0',
      '1.2',
      '1.1.0',
      '1.1'
    ])
    expect(await textOf(page, 'tbody tr:nth-child(2)')).toContain('linux/amd64, linux/arm64')

    await page.locator('input[name=from][value="1.1.0"]').check()
    await page.locator('input[name=to][value="1.2.0"]').check()
    await page.locator('button', {hasText: 'Compare'}).click()
    await page.locator('#layers svg').waitFor()
    expect(await textOf(page, '#layers')).toMatch(/COPY applinux\/amd642\.9 KiB8\.8 KiB\+5\.9 KiB/)
    expect(await textOf(page, '#tags tbody th')).toBe(`${lab.images[0]!}:1.2.0`)
    expect(await textOf(page, '#notes')).toContain(`Compared with ${lab.images[0]!}:1.1.0`)

    await page.locator('nav a', {hasText: 'All tags'}).click()
    await page.locator('tbody th a', {hasText: /^latest$/}).click()
    await page.locator('#images details').waitFor()
    expect(await textOf(page, '#images summary')).toContain('2 platforms')
    await page.locator('#from').selectOption('1.1.0')
    await page.locator('button', {hasText: 'Compare'}).click()
    await page.locator('#notes').waitFor()
    expect(await textOf(page, '#layers')).toContain('+5.9 KiB')
    expect(requests.every(url => url.startsWith(address))).toBe(true)
    expect(faults).toEqual([])
    await page.close()
  }, 60_000)

  it('follows a release under way from its folder, until its tags stand at the new image', async () => {
    const release = releaseOf('1.3.0', 4000)
    const plan = planOf(release)
    const now = new Date().toISOString()
    const note = (state: 'running' | 'done'): void =>
      writeFileSync(
        path.join(folder, 'last-run.json'),
        formatRunNote({
          command: 'release',
          arguments: [],
          started: now,
          process: 1,
          machine: 'm',
          state,
          journals: []
        })
      )
    note('running')
    const address = await serve({plan: JSON.stringify(plan)})
    const {page, faults} = await open(`${address}release`)
    await page.locator('#progress caption', {hasText: '0 of 2 builds'}).waitFor()
    expect(await textOf(page, '#progress p')).toContain('under way')

    const [build] = plan.targets[0]!.builds
    mkdirSync(path.join(folder, 'records'))
    writeFileSync(
      path.join(folder, 'records', build!.record),
      formatDigestRecord(parseDigest(`sha256:${'b'.repeat(64)}`))
    )
    await page.locator('#progress caption', {hasText: '1 of 2 builds'}).waitFor()
    const published = await publishRelease(lab.ports, release)
    mkdirSync(path.join(folder, 'journal'))
    writeFileSync(path.join(folder, 'journal', '1.3.0.json'), published.journal)
    await page.locator('#progress caption', {hasText: '3 of 3 tags at the new image'}).waitFor()
    note('done')
    await page.locator('#progress .badge', {hasText: 'done'}).waitFor()
    expect(faults).toEqual([])
    await page.close()
  }, 60_000)

  it('says what it cannot show, as text, whatever is asked for', async () => {
    const address = await serve()
    const {page} = await open(address)
    for (const text of hostileTexts.filter(one => one.length < 1000)) {
      const answer = await page.goto(`${address}look?image=${encodeURIComponent(text)}`)
      expect(answer?.status()).toBe(502)
      expect(await page.evaluate('globalThis.hacked')).toBeUndefined()
      expect(await page.locator('script, img, iframe, svg, b').count()).toBe(0)
    }
    await page.goto(`${address}look?image=${lab.images[0]!}:none`)
    expect(await textOf(page, '[role=alert]')).toContain('has nothing at none')
    await page.close()
  }, 60_000)

  it.each<[string, Readonly<Record<string, string>>, string, number]>([
    ['another name that leads here', {host: 'evil.test'}, 'GET', 403],
    ['a page of another site', {'sec-fetch-site': 'cross-site'}, 'GET', 403],
    ['who writes', {}, 'POST', 403],
    ['its own page', {'sec-fetch-site': 'same-origin'}, 'GET', 200]
  ])('on the loopback address answers %s by its rule', async (_, headers, method, status) => {
    const address = await serve()
    const seen = await new Promise<number | undefined>((resolve, reject) => {
      const request = get(address, {method, headers}, answer => {
        answer.resume()
        resolve(answer.statusCode)
      })
      request.on('error', reject)
    })
    expect(seen).toBe(status)
    expect(new URL(address).hostname).toBe('127.0.0.1')
  })
})
