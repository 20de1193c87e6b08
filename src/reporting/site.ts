import {mkdir, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {type SiteRelease, formatSite, parseSite} from '../contracts/site-document.js'
import {ReleaseError, messageOf, systemCodeOf} from '../errors.js'
import {readForeignFile} from '../shared/foreign-file.js'
import type {ReportData} from './report-data.js'
import {siteHtml} from './site-html.js'
import {siteRelease, withRelease} from './site-release.js'

/** Bytes of the list: more than ten thousand releases have. */
const MAX_LIST = 8 * 1024 * 1024

/** The page of a release, and what its folder is to hold beside it. */
export interface SitePage {
  readonly html: string
  readonly data: ReportData
  /** What the index is called. */
  readonly title: string
}

/**
 * Adds the page of a release to a folder with those of others, and makes the index of all anew. The folder can be served as it
 * is, by GitHub Pages or any server of files.
 * @returns the path of the page
 * @throws ReleaseError ARTIFACT_FAILED where it cannot be written; PLAN_INVALID for a list that is none
 */
export async function addToSite(folder: string, {html, data, title}: SitePage): Promise<string> {
  const release = siteRelease(data)
  const releases = withRelease(await listIn(folder), release)
  const page = path.join(folder, release.folder, 'index.html')
  try {
    await mkdir(path.dirname(page), {recursive: true})
    await writeFile(page, html)
    await writeFile(path.join(folder, release.folder, 'report.json'), `${JSON.stringify(data)}\n`)
    await writeFile(path.join(folder, 'releases.json'), formatSite(releases))
    await writeFile(path.join(folder, 'index.html'), siteHtml(title, releases))
  } catch (cause) {
    throw new ReleaseError('ARTIFACT_FAILED', `${folder} cannot be written: ${messageOf(cause)}`, {
      cause,
      hint: 'Name a folder with site that can be written to.'
    })
  }
  return page
}

async function listIn(folder: string): Promise<SiteRelease[]> {
  const file = path.join(folder, 'releases.json')
  try {
    return parseSite((await readForeignFile(file, MAX_LIST)).toString('utf8')).releases
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return []
    throw error
  }
}
