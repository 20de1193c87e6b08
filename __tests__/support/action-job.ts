import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, jest} from '@jest/globals'
import {type ResultsService, startResultsService} from './results-service.js'

/** The job of a workflow that a test is in, with a results service of its own. */
export interface ActionJob {
  readonly service: ResultsService
  /** An empty folder. */
  readonly temp: string
  /** Goes on as another job, or in another run. */
  enter(run: string, job?: string): void
}

/** Gives this process the variables of an action's for each test, and takes them away again. */
export function actionJob(): ActionJob {
  let service: ResultsService
  let temp: string

  beforeEach(async () => {
    service = await startResultsService()
    temp = mkdtempSync(path.join(tmpdir(), 'action-job-'))
    Object.assign(process.env, service.env())
    // The client writes workflow commands, which the log of this test run would obey.
    jest.spyOn(process.stdout, 'write').mockReturnValue(true)
  })
  afterEach(async () => {
    jest.restoreAllMocks()
    await service.stop()
    rmSync(temp, {recursive: true})
    for (const name of Object.keys(service.env())) Reflect.deleteProperty(process.env, name)
  })

  return {
    get service() {
      return service
    },
    get temp() {
      return temp
    },
    enter: (run, job) => void Object.assign(process.env, service.env(run, job))
  }
}
