import {type HierarchyRectangularNode, hierarchy, treemap} from 'd3-hierarchy'
import type {ReportData, ReportPlatform, ReportTarget} from '../src/reporting/report-data.js'
import {counted, formatChange, formatSize, total} from './amounts.js'
import {box, el, nothing, section, svg, table} from './dom.js'

/** What a layer is to the release before, and to the other images of this one. */
type Kind = 'new' | 'new-shared' | 'old' | 'old-shared'

const MEANINGS: Readonly<Record<Kind, string>> = {
  new: 'new, in one image',
  'new-shared': 'new, in several images',
  old: 'as before, in one image',
  'old-shared': 'as before, in several images'
}

interface Leaf {
  readonly name: string
  readonly size: number
  readonly kind: Kind
  readonly users: number
  readonly digest: string
}

/** Layers of each platform as a treemap, what they share, and what grew. */
export function layers(data: ReportData): HTMLElement {
  const shown = data.targets.filter(({platforms}) => platforms.some(platform => platform.layers.length > 0))
  if (shown.length === 0)
    return section(
      'layers',
      'Layers',
      nothing('No layers are known: no registry was asked, or none answered.')
    )
  const view = el('div', {})
  const select = el(
    'select',
    {id: 'layers-target'},
    ...shown.map((target, at) => el('option', {value: at}, target.name))
  )
  const users = usersOf(data)
  const show = (): void => {
    const target = shown[Number(select.value)]
    if (target !== undefined) view.replaceChildren(...viewOf(target, data, users))
  }
  select.addEventListener('change', show)
  addEventListener('resize', show)
  show()
  return section(
    'layers',
    'Layers',
    shown.length > 1 && el('p', {}, el('label', {for: 'layers-target'}, 'Image '), select),
    view
  )
}

/** How many platforms of the release have each layer. */
function usersOf({targets}: ReportData): ReadonlyMap<number, number> {
  const users = new Map<number, number>()
  for (const platform of targets.flatMap(target => target.platforms))
    for (const layer of new Set(platform.layers)) users.set(layer, (users.get(layer) ?? 0) + 1)
  return users
}

function viewOf(target: ReportTarget, data: ReportData, users: ReadonlyMap<number, number>): Element[] {
  const old = new Set(target.before?.platforms.flatMap(platform => platform.layers))
  const leaves = target.platforms.map(platform => ({
    platform,
    leaves: leavesOf(platform, data, {users, old})
  }))
  return [
    el(
      'p',
      {class: 'quiet'},
      target.before === undefined
        ? 'What was there before is not known: every layer counts as new.'
        : `Compared with ${target.before.version ?? target.before.digest.slice(0, 19)}.`
    ),
    el(
      'ul',
      {class: 'legend'},
      ...(Object.keys(MEANINGS) as Kind[]).map(kind =>
        el('li', {}, el('i', {class: `layer ${kind}`}), MEANINGS[kind])
      )
    ),
    map(target, leaves),
    sums(target, data),
    ...growth(target),
    box({
      key: target.name,
      title: 'All layers as a table',
      remark: '',
      isOpen: false,
      content: () => [all(leaves)]
    })
  ]
}

interface PlatformLeaves {
  readonly platform: ReportPlatform
  readonly leaves: readonly Leaf[]
}

function leavesOf(
  platform: ReportPlatform,
  data: ReportData,
  {users, old}: {readonly users: ReadonlyMap<number, number>; readonly old: ReadonlySet<number>}
): Leaf[] {
  return platform.layers.map(at => {
    const layer = data.layers[at]
    const count = users.get(at) ?? 1
    const age = old.has(at) ? 'old' : 'new'
    return {
      name: layer?.createdBy ?? 'no history',
      size: layer?.size ?? 0,
      kind: count > 1 ? `${age}-shared` : age,
      users: count,
      digest: layer?.digest ?? ''
    }
  })
}

const HEADER = 20

/** One unit is one pixel, so that texts have their size on each screen. */
function extent(): readonly [number, number] {
  const width = Math.max(280, Math.min(1400, document.documentElement.clientWidth - 32))
  return [width, width < 600 ? 320 : 420]
}

interface Node {
  readonly name: string
  readonly children?: readonly Node[]
  readonly leaf?: Leaf
}

/** Area is size. The table below says the same for those who do not see it. */
function map(target: ReportTarget, platforms: readonly PlatformLeaves[]): SVGSVGElement {
  const [width, height] = extent()
  const children = platforms.map(({platform, leaves}) => ({
    name: platform.platform,
    children: leaves.map(leaf => ({name: leaf.name, leaf}))
  }))
  const root = hierarchy<Node>({name: target.name, children}, node => node.children)
    .sum(node => node.leaf?.size ?? 0)
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0))
  const placed = treemap<Node>()
    .size([width, height])
    .paddingInner(2)
    .paddingOuter(1)
    .paddingTop(node => (node.depth === 1 ? HEADER : 0))
    .round(true)(root)
  const label = `Layers of ${target.name} by size; the table of all layers says the same`
  return svg(
    'svg',
    {class: 'treemap', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label},
    ...placed.descendants().map(drawn)
  )
}

function drawn({
  data,
  depth,
  value = 0,
  x0,
  y0,
  x1,
  y1
}: HierarchyRectangularNode<Node>): SVGElement | undefined {
  const [width, height] = [x1 - x0, y1 - y0]
  if (depth === 1) {
    const text = clipped(`${data.name} ${formatSize(value)}`, width)
    return svg('text', {x: x0 + 2, y: y0 + 14, class: 'platform'}, text)
  }
  const {leaf} = data
  if (leaf === undefined || width <= 0 || height <= 0) return undefined
  const among = leaf.users > 1 ? ` (${leaf.users} platforms)` : ''
  return svg(
    'g',
    {transform: `translate(${x0},${y0})`},
    svg('title', {}, `${leaf.name} — ${formatSize(leaf.size)}, ${MEANINGS[leaf.kind]}${among}`),
    svg('rect', {width, height, class: `layer ${leaf.kind}`}),
    width > 60 &&
      height > 18 &&
      svg('text', {x: 4, y: 14}, clipped(`${formatSize(leaf.size)} ${leaf.name}`, width))
  )
}

/** A character is about 6.6 units wide. */
function clipped(text: string, width: number): string {
  const most = Math.floor((width - 8) / 6.6)
  return text.length <= most ? text : `${text.slice(0, Math.max(0, most - 1))}…`
}

function sums(target: ReportTarget, data: ReportData): HTMLElement {
  const sizeOf = (places: Iterable<number>): number => total([...places], at => data.layers[at]?.size ?? 0)
  const others = new Set(
    data.targets
      .filter(one => one !== target)
      .flatMap(one => one.platforms.flatMap(platform => platform.layers))
  )
  return table(
    'Sizes and what is shared',
    [
      'Platform',
      'Size',
      'Before',
      'Change',
      'With other platforms',
      'With other images',
      'With the release before'
    ],
    target.platforms.map(platform => {
      const before = target.before?.platforms.find(one => one.platform === platform.platform)
      const siblings = new Set(target.platforms.filter(one => one !== platform).flatMap(one => one.layers))
      const earlier = new Set(before?.layers)
      const shared = (set: ReadonlySet<number>): string =>
        formatSize(sizeOf(platform.layers.filter(at => set.has(at))))
      return [
        platform.platform,
        formatSize(platform.size ?? 0),
        before?.size === undefined ? 'not known' : formatSize(before.size),
        before?.size === undefined ? '' : formatChange(before.size, platform.size ?? 0, formatSize),
        shared(siblings),
        shared(others),
        before === undefined ? 'not known' : shared(earlier)
      ]
    })
  )
}

function growth({platforms}: ReportTarget): HTMLElement[] {
  const grown = platforms.flatMap(({platform, grew}) => grew.map(one => ({platform, ...one})))
  if (grown.length === 0) return []
  return [
    table(
      `What grew or shrank: ${counted(grown.length, 'instruction')}`,
      ['Instruction', 'Platform', 'Before', 'Now', 'Change'],
      grown
        .slice(0, 200)
        .map(({platform, createdBy, before, now}) => [
          el('code', {}, createdBy),
          platform,
          before === 0 ? 'not there' : formatSize(before),
          now === 0 ? 'gone' : formatSize(now),
          formatChange(before, now, formatSize)
        ])
    )
  ]
}

function all(platforms: readonly PlatformLeaves[]): HTMLElement {
  const rows = platforms.flatMap(({platform, leaves}) =>
    leaves.map(leaf => ({platform: platform.platform, leaf}))
  )
  return table(
    counted(rows.length, 'layer'),
    ['Instruction', 'Platform', 'Size', 'What it is', 'Digest'],
    rows.map(({platform, leaf}) => [
      el('code', {}, leaf.name),
      platform,
      formatSize(leaf.size),
      MEANINGS[leaf.kind],
      leaf.digest.slice(0, 19)
    ])
  )
}
