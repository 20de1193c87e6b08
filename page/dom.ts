/** What an element is made of. Texts become text nodes: nothing here reads markup. */
export type Child = Node | string | undefined | false

/** Attributes by name; `true` sets one without a value, and `undefined` and `false` set none. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

const SVG = 'http://www.w3.org/2000/svg'

/** Makes an element of HTML. */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  return filled(document.createElement(tag), attributes, children)
}

/** Makes an element of SVG. */
export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] {
  return filled(document.createElementNS(SVG, tag), attributes, children)
}

function filled<T extends Element>(element: T, attributes: Attributes, children: readonly Child[]): T {
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? '' : visible(String(value)))
  for (const child of children)
    if (child !== undefined && child !== false)
      element.append(typeof child === 'string' ? visible(child) : child)
  return element
}

/** Characters that would turn the text around them, or hide, are shown by their numbers. */
export function visible(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  )
}

/** The start of a digest, whole in its title, with a button that copies it. */
export function digestOf(digest: string | undefined): HTMLElement {
  if (digest === undefined || digest === '') return el('span', {class: 'quiet'}, 'nothing')
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) return el('code', {}, digest)
  const short = digest.slice('sha256:'.length, 'sha256:'.length + 12)
  return el(
    'span',
    {class: 'digest'},
    el('code', {title: digest}, short),
    copyButton(digest, `Copy digest ${short}`)
  )
}

/** A button that copies a text. */
export function copyButton(text: string, label: string): HTMLElement {
  const button = el('button', {type: 'button', class: 'copy', 'aria-label': label, title: label}, 'copy')
  button.addEventListener('click', () => {
    void copy(text).then(done => {
      button.textContent = done ? 'copied' : 'press Ctrl+C'
      say(done ? 'Copied' : 'The text is selected: press Ctrl+C')
      setTimeout(() => (button.textContent = 'copy'), 1500)
    })
  })
  return button
}

/** A page that was opened from a file may not write to the clipboard everywhere: then a selection of old does it. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = el('textarea', {'aria-label': 'Text to copy', class: 'off-screen'})
    area.value = text
    document.body.append(area)
    area.select()
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const done = document.execCommand('copy')
    area.remove()
    return done
  }
}

/** Tells readers of the screen. */
export function say(text: string): void {
  const live = document.getElementById('live')
  if (live !== null) live.textContent = text
}

/** A table in a box that scrolls by itself, so that the page does not. */
export function table(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly Child[])[],
  keys: readonly string[] = []
): HTMLElement {
  const body = rows.map((cells, at) =>
    el(
      'tr',
      {'data-key': keys[at]?.toLowerCase()},
      ...cells.map((cell, column) =>
        column === 0 ? el('th', {scope: 'row'}, cell) : el('td', {'data-head': head[column]}, cell)
      )
    )
  )
  return el(
    'div',
    {class: 'scroll', role: 'region', tabindex: 0, 'aria-label': caption},
    el(
      'table',
      {},
      el('caption', {}, caption),
      el('thead', {}, el('tr', {}, ...head.map(name => el('th', {scope: 'col'}, name)))),
      el('tbody', {}, ...body)
    )
  )
}

/** What a box holds that is opened. */
export interface Box {
  /** What it is found by. */
  readonly key: string
  readonly title: string
  readonly remark: string
  readonly isOpen: boolean
  readonly content: () => readonly Child[]
}

/** A box that is filled when it is opened: a release may have hundreds of them. */
export function box({key, title, remark, isOpen, content}: Box): HTMLElement {
  const summary = el('summary', {}, el('strong', {}, title), ' ', el('span', {class: 'quiet'}, remark))
  const details = el('details', {'data-key': key.toLowerCase(), open: isOpen}, summary)
  const fill = (): void => {
    if (details.childElementCount === 1)
      details.append(...content().filter(child => child !== undefined && child !== false))
  }
  details.addEventListener('toggle', fill)
  // What is to be printed is to be seen.
  addEventListener('beforeprint', fill)
  if (isOpen) fill()
  return details
}

/** What a section says that has nothing to show. */
export function nothing(text: string): HTMLElement {
  return el('p', {class: 'quiet'}, text)
}

/** A section of the page. */
export function section(id: string, title: string, ...children: readonly Child[]): HTMLElement {
  return el(
    'section',
    {id, 'aria-labelledby': `${id}-title`},
    el('h2', {id: `${id}-title`}, title),
    ...children
  )
}

/** A word with a colour that says the same. */
export function badge(kind: 'good' | 'bad' | 'warn' | 'plain', text: string): HTMLElement {
  return el('span', {class: `badge ${kind}`}, text)
}

/** Several things with white space between them. */
export function row(...children: readonly Child[]): HTMLElement {
  return el('span', {class: 'row'}, ...children)
}
