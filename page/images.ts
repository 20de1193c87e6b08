import type {ReportAttachment, ReportData, ReportTarget} from '../src/reporting/report-data.js'
import {counted, formatSize} from './amounts.js'
import {type Child, badge, box, copyButton, digestOf, el, nothing, section} from './dom.js'

/** The graph of each index: its platforms, and what refers to it and to them. */
export function images({targets}: ReportData): HTMLElement {
  if (targets.length === 0) return section('images', 'Images', nothing('The documents name no images.'))
  return section(
    'images',
    'Images',
    ...targets.map((target, at) => imageOf(target, at === 0 && targets.length < 9))
  )
}

function imageOf(target: ReportTarget, isOpen: boolean): HTMLElement {
  return box({
    key: `${target.name} ${target.images.join(' ')}`,
    title: target.name,
    remark: summaryOf(target),
    isOpen,
    content: () => [graph(target), pulls(target)]
  })
}

function summaryOf({platforms, attachments, digest}: ReportTarget): string {
  if (digest === undefined) return `${counted(platforms.length, 'platform')}, not published`
  const kinds = (['signature', 'provenance', 'sbom', 'attestation'] as const).flatMap(kind => {
    const count = attachments.filter(one => one.kind === kind).length
    return count === 0 ? [] : [counted(count, NAMES[kind][0], NAMES[kind][1])]
  })
  return [counted(platforms.length, 'platform'), ...kinds].join(', ')
}

const NAMES: Readonly<Record<ReportAttachment['kind'], readonly [string, string]>> = {
  signature: ['signature', 'signatures'],
  provenance: ['provenance', 'provenances'],
  sbom: ['SBOM', 'SBOMs'],
  metrics: ['record of metrics', 'records of metrics'],
  attestation: ['attestation', 'attestations'],
  other: ['referrer', 'referrers']
}

function graph({digest, platforms, attachments}: ReportTarget): HTMLElement {
  const named = new Set(platforms.map(platform => platform.digest))
  const rest = attachments.filter(({of}) => !named.has(of))
  return el(
    'ul',
    {class: 'graph'},
    el(
      'li',
      {},
      el(
        'span',
        {class: 'node'},
        badge('plain', 'index'),
        ' ',
        digest === undefined ? 'not published' : digestOf(digest)
      ),
      el(
        'ul',
        {},
        ...rest.map(leaf),
        ...platforms.map(platform =>
          el(
            'li',
            {},
            el(
              'span',
              {class: 'node'},
              badge('plain', platform.platform),
              ' ',
              platform.digest !== undefined && digestOf(platform.digest),
              platform.size !== undefined &&
                ` ${formatSize(platform.size)}, ${counted(platform.layers.length, 'layer')}`
            ),
            listOf(attachments.filter(({of}) => of === platform.digest).map(leaf))
          )
        )
      )
    )
  )
}

function leaf({kind, type, digest}: ReportAttachment): HTMLElement {
  return el(
    'li',
    {},
    el(
      'span',
      {class: 'node'},
      badge('good', NAMES[kind][0]),
      ' ',
      digestOf(digest),
      ' ',
      el('span', {class: 'quiet'}, type)
    )
  )
}

function listOf(items: readonly HTMLElement[]): Child {
  return items.length > 0 && el('ul', {}, ...items)
}

function pulls({images: names, digest}: ReportTarget): HTMLElement {
  if (digest === undefined) return nothing('Nothing to pull.')
  return el(
    'ul',
    {class: 'pulls', 'aria-label': 'Pull commands'},
    ...names.map(name => {
      const command = `docker pull ${name}@${digest}`
      return el(
        'li',
        {},
        el('code', {}, command),
        ' ',
        copyButton(command, `Copy the pull command for ${name}`)
      )
    })
  )
}
