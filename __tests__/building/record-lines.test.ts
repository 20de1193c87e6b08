import {describe, expect, it} from '@jest/globals'
import {parseDigest} from '../../src/oci/digest.js'
import {parsePlatform} from '../../src/oci/platform.js'
import {parseRecordLines, recordOutputs} from '../../src/building/record-lines.js'
import {failureOf} from '../support/thrown.js'

const A = parseDigest(`sha256:${'a'.repeat(64)}`)
const B = parseDigest(`sha256:${'b'.repeat(64)}`)
const job = (target: string | undefined, platform: string, record: string) => ({
  ...(target === undefined ? {} : {target}),
  platform: parsePlatform(platform),
  record
})
const texts = (records: ReadonlyMap<string, Uint8Array>): Record<string, string> =>
  Object.fromEntries([...records].map(([name, bytes]) => [name, Buffer.from(bytes).toString()]))

describe('records as outputs of a step', () => {
  it('have names of their own, for jobs of a matrix write over what others wrote', () => {
    const outputs = recordOutputs([
      {job: job('app.web', 'linux/amd64', 'digest-1'), digest: A},
      {job: job('app.web', 'linux/arm/v7', 'digest-2'), digest: B}
    ])
    expect(outputs).toEqual({
      records: `digest-1=${A}\ndigest-2=${B}`,
      'record-linux-amd64': `digest-1=${A}`,
      'record-app-web-linux-amd64': `digest-1=${A}`,
      'record-linux-arm-v7': `digest-2=${B}`,
      'record-app-web-linux-arm-v7': `digest-2=${B}`
    })
  })

  it('are none where nothing is handed over', () => expect(recordOutputs([])).toEqual({records: ''}))

  it('come back from lines', () => {
    expect(texts(parseRecordLines(`# a remark\n\n digest-1=${A}\r\ndigest-2=${B}\n`))).toEqual({
      'digest-1': A,
      'digest-2': B
    })
  })

  it('come back from what a workflow knows of its jobs, in which much else stands', () => {
    const needs = {
      build: {
        result: 'success',
        outputs: {
          'record-linux-amd64': `digest-1=${A}`,
          records: `digest-1=${A}\ndigest-2=${B}`,
          digest: A,
          flag: 'NAME=value'
        }
      },
      other: {result: 'skipped', outputs: {}}
    }
    expect(texts(parseRecordLines(JSON.stringify(needs)))).toEqual({'digest-1': A, 'digest-2': B})
  })

  it.each([
    [`digest-1 ${A}`, 'is not NAME=sha256:…'],
    [A, 'is not NAME=sha256:…'],
    ['digest-1=', 'record digest-1: it is empty'],
    [`digest-1=${A.slice(0, -1)}`, 'record digest-1'],
    [`digest-1=${A.toUpperCase()}`, 'record digest-1'],
    [`../x=${A}`, 'is not NAME=sha256:…'],
    [`digest-1=${A}\ndigest-1=${B}`, 'digest-1 is there twice, with two digests'],
    ['{"a":', 'the records are not JSON'],
    [`{"a":"digest-1=${A}","b":"digest-1=${B}"}`, 'digest-1 is there twice, with two digests']
  ])('are refused: %j', async (text, message) => {
    const error = await failureOf(() => parseRecordLines(text))
    expect(error).toMatchObject({code: 'RECORD_INVALID', message: expect.stringContaining(message)})
  })
})
