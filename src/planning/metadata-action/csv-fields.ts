import {PeerFault} from './peer-fault.js'

/**
 * The lines of an input as docker/metadata-action takes them in (`Util.getInputList` of docker/actions-toolkit): read as CSV
 * once, so that quotes around a field are gone before the line is read again.
 */
export function peerLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map(line => (line.trimStart().startsWith('#') ? '' : splitFields(line, true).join(',').trim()))
    .filter(line => line !== '')
}

/**
 * The fields of a line, as csv-parse has them.
 * @throws PeerFault for a quote where csv-parse takes none
 */
export function peerFields(line: string): string[] {
  return splitFields(line, false)
}

function splitFields(line: string, isRelaxed: boolean): string[] {
  const fields: string[] = []
  for (let position = 0; position <= line.length;) {
    const quoted = /^"((?:[^"]|"")*)"(?=,|$)/.exec(line.slice(position))
    const plain = quoted === null ? /^[^,]*/.exec(line.slice(position))?.[0] : undefined
    if (plain?.includes('"') === true && !isRelaxed)
      throw new PeerFault(`a quote that CSV does not allow in ${JSON.stringify(line)}`)
    fields.push(quoted?.[1]?.replaceAll('""', '"') ?? plain ?? '')
    position += (quoted?.[0] ?? plain ?? '').length + 1
  }
  return fields
}
