import {ReleaseError, messageOf} from '../errors.js'
import type {Plan} from '../contracts/plan.js'
import type {Ports} from '../ports.js'
import {pageHtml} from './page-html.js'
import type {ReportData} from './report-data.js'
import {reportSummary} from './report-summary.js'

/** What is made of a release, and where it is to lie. */
export interface KeptReport {
  readonly data: ReportData
  readonly plan: Plan | undefined
  /** A folder with the pages of other releases. */
  readonly site: string | undefined
}

/** Writes the page and its data, for later steps, for people and for a folder of pages, and says where they lie. */
export async function keepReport({data, plan, site}: KeptReport, ports: Ports) {
  const title = titleOf(data)
  const html = pageHtml(title, data)
  const text = `${JSON.stringify(data)}\n`
  const files = [
    {name: 'report.html', text: html},
    {name: 'report.json', text}
  ]
  const [page, dataFile] = [
    await ports.saveText('report.html', html),
    await ports.saveText('report.json', text)
  ]
  const name = artifactName(plan)
  const kept = await unlessFailed(ports, () => ports.artifacts.save(name, files))
  const address = await unlessFailed(
    ports,
    async () => (await ports.artifacts.saveAsIs?.({name: `${name}.html`, text: html})) ?? ''
  )
  if (site !== undefined) await addPage(site, {data, html}, ports)
  ports.reporter.info(`The page of the release: ${[address, kept, page].find(place => place !== '') ?? ''}`)
  ports.reporter.summary(reportSummary(title, data, address))
  return {page, data: dataFile, kept, address}
}

async function addPage(site: string, {data, html}: {data: ReportData; html: string}, ports: Ports) {
  const {addToSite} = await import('./site.js')
  const title = data.source?.repository ?? data.targets[0]?.images[0] ?? 'Releases'
  const page = await addToSite(site, {data, html, title})
  ports.reporter.info(`It is in the folder of all pages, too: ${page}`)
}

/** What the page is called. */
export function titleOf({version, source, targets}: ReportData): string {
  const name = source?.repository ?? targets[0]?.images[0] ?? 'Release'
  return version === undefined ? name : `${name} ${version}`
}

/** The same run may release several plans, each with a page of its own. */
function artifactName(plan: Plan | undefined): string {
  return ['report', plan?.version, plan?.id]
    .filter(part => part !== undefined)
    .join('-')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
}

/** Where nothing can be kept, later steps still have the page as a file. */
async function unlessFailed({reporter}: Ports, keep: () => Promise<string>): Promise<string> {
  try {
    return await keep()
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error
    reporter.warning(`The page is not kept: ${messageOf(error)}`)
    return ''
  }
}
