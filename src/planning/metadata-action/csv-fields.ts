import {splitCsvLine} from '../../shared/csv-line.js'
import {PeerFault} from './peer-fault.js'

/**
 * The lines of an input as docker/metadata-action takes them in (`Util.getInputList` of docker/actions-toolkit): read as CSV
 * once, so that quotes around a field are gone before the line is read again.
 */
export function peerLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map(line => (line.trimStart().startsWith('#') ? '' : textsOf(line).join(',').trim()))
    .filter(line => line !== '')
}

/**
 * The fields of a line, as csv-parse has them.
 * @throws PeerFault for a quote where csv-parse takes none
 */
export function peerFields(line: string): string[] {
  const isOdd = splitCsvLine(line).some(({text, isQuoted}) => !isQuoted && text.includes('"'))
  if (isOdd) throw new PeerFault(`a quote that CSV does not allow in ${JSON.stringify(line)}`)
  return textsOf(line)
}

function textsOf(line: string): string[] {
  return splitCsvLine(line).map(({text}) => text)
}
