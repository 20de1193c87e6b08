import {BELOW_ALL, ROOMS} from './rooms.js'

const SECTION = /<!-- rooms -->\n[^]*?<!-- \/rooms -->/

/** Rooms of types, tables and vocabulary: most rooms use them, and arrows to them would hide the others. */
const VOCABULARY = ['command', 'ports', 'contracts', 'versions', 'patterns', 'ci', 'version', ...BELOW_ALL]

/** Fills `<!-- rooms -->` up to `<!-- /rooms -->` with the picture and the table of the rooms, and of what each may use. */
export function fillRoomsSection(document: string): string {
  return document.replace(SECTION, () => `<!-- rooms -->\n\n${picture()}\n\n${table()}\n\n<!-- /rooms -->`)
}

/** Arrows that others imply are left out: where a room uses another, and that one a third, the third is not drawn. */
function picture(): string {
  const drawn = Object.keys(ROOMS).filter(room => !VOCABULARY.includes(room))
  const arrows = drawn.flatMap(from => {
    const uses = usesOf(from).filter(to => drawn.includes(to))
    return uses.filter(to => !uses.some(other => reachable(other).has(to))).map(to => `  ${from} --> ${to}`)
  })
  return ['```mermaid', 'flowchart TD', ...drawn.map(room => `  ${room}["${room}"]`), ...arrows, '```'].join(
    '\n'
  )
}

function usesOf(room: string): readonly string[] {
  return ROOMS[room]?.uses ?? []
}

function reachable(room: string): Set<string> {
  return new Set(usesOf(room).flatMap(to => [to, ...reachable(to)]))
}

function table(): string {
  const rows = [
    ['room', 'holds', 'read first', 'may use'],
    ...Object.entries(ROOMS)
      .filter(([room]) => room !== 'version')
      .map(([room, {head, holds, uses}]) => [
        head.length === 0 ? `\`${room}.ts\`` : `\`${room}/\``,
        holds,
        head.map(file => `\`${file}.ts\``).join(', '),
        uses.filter(to => to !== 'version').join(', ')
      ])
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  return [line(rows[0]!), line(widths.map(width => '-'.repeat(width))), ...rows.slice(1).map(line)].join('\n')
}
