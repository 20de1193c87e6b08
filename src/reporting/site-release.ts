import type {SiteRelease} from '../contracts/site-document.js'
import type {ReportData} from './report-data.js'

/** What the index of all releases says of one, and the folder of its page. */
export function siteRelease(data: ReportData): SiteRelease {
  const {targets, builds, checks, source, made} = data
  const platforms = targets.flatMap(target => target.platforms)
  const sizes = platforms.flatMap(({size}) => size ?? [])
  const scanned = builds.flatMap(({findings}) => findings ?? [])
  const name = data.version ?? source?.ref.replace(/^refs\/(?:heads|tags)\//, '') ?? 'release'
  return {
    folder: folderOf([targets[0]?.name ?? 'images', name]),
    name: cut(name),
    created: source?.created ?? made,
    images: targets.slice(0, MAX_IMAGES).map(target => cut(target.name)),
    platforms: platforms.length,
    tags: targets.reduce((count, {tags}) => count + tags.length, 0),
    ...(sizes.length === 0 ? {} : {size: sum(sizes)}),
    ...(builds.length === 0 ? {} : {buildTime: Math.max(...builds.map(({buildTime}) => buildTime))}),
    ...(scanned.length === 0
      ? {}
      : {
          vulnerabilities: sum(
            scanned.map(({critical, high, medium, low, unknown}) => critical + high + medium + low + unknown)
          )
        }),
    faults: checks.reduce((count, {faults}) => count + faults.length, 0)
  }
}

const MAX_IMAGES = 100

function cut(text: string): string {
  return text.slice(0, 1000)
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0)
}

/** A name of letters, digits and few signs: it is a folder and a part of an address. */
function folderOf(parts: readonly string[]): string {
  const name = parts.join('-').replace(/[^A-Za-z0-9._-]+/g, '-')
  return name.replace(/^[^A-Za-z0-9]+/, '').slice(0, 120) || 'release'
}

/** The list with a release in it, the newest first. One of the same folder takes the place of another. */
export function withRelease(releases: readonly SiteRelease[], release: SiteRelease): SiteRelease[] {
  const others = releases.filter(({folder}) => folder !== release.folder)
  return [release, ...others].sort((a, b) => timeOf(b) - timeOf(a))
}

function timeOf({created}: SiteRelease): number {
  const time = Date.parse(created)
  return Number.isNaN(time) ? 0 : time
}
