import {counted} from './amounts.js'
import {el, say} from './dom.js'

/** A field that leaves only what has the words in its name: images, tags, builds, packages, checks. */
export function search(root: HTMLElement): HTMLElement {
  const field = el('input', {
    id: 'search',
    type: 'search',
    placeholder: 'image, tag, platform, package',
    autocomplete: 'off',
    spellcheck: 'false'
  })
  const count = el('span', {class: 'quiet'})
  const state = {frame: 0}
  field.addEventListener('input', () => {
    cancelAnimationFrame(state.frame)
    state.frame = requestAnimationFrame(() => {
      count.textContent = filter(root, field.value)
      say(count.textContent)
    })
  })
  return el(
    'form',
    {role: 'search', class: 'search'},
    el('label', {for: 'search'}, 'Show only'),
    field,
    count
  )
}

/** Hides what lacks one of the words, and says how much is left. A row that fits keeps the box around it open to see. */
export function filter(root: HTMLElement, text: string): string {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const entries = [...root.querySelectorAll<HTMLElement>('[data-key]')]
  const fits = entries.filter(entry => words.every(word => entry.dataset['key']?.includes(word)))
  const left = new Set(fits)
  for (const entry of entries) entry.hidden = !left.has(entry)
  return words.length === 0 ? '' : `${counted(fits.length, 'line')} of ${entries.length}`
}
