// Runs the results service as a process: tsx __tests__/support/start-results-service.ts
// Prints the variables that an action needs to use it, one NAME=value a line, and serves until it is ended.
import {startResultsService} from './results-service.js'

const service = await startResultsService()
for (const [name, value] of Object.entries(service.env())) console.log(`${name}=${value}`)
