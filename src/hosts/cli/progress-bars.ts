import type CliProgress from 'cli-progress'
import type {MultiBar, SingleBar} from 'cli-progress'
import type {Progress} from '../../ports.js'
import {formatSize} from '../../reports/markdown.js'

/** Bars at the foot of a terminal, one for each upload under way. */
export interface ProgressBars {
  readonly open: (title: string, bytes: number) => Progress
  /** Writes above the bars; false where none is shown, so that there is nothing to be careful of. */
  readonly write: (text: string) => boolean
}

/** What is drawn now; a new one is begun after the last bar of one came to its end. */
interface Drawing {
  readonly bars: MultiBar
  /** How many uploads are under way. */
  open: number
}

interface DrawingState {
  drawing?: Drawing | undefined
}

/** Bars on this stream. What draws them is loaded with the first of them. */
export function progressBars(stream: NodeJS.WriteStream): ProgressBars {
  const state: DrawingState = {}
  return {
    open: (title, bytes) => openBar({title, bytes, stream}, state),
    write(text) {
      state.drawing?.bars.log(text)
      return state.drawing !== undefined
    }
  }
}

interface BarWish {
  readonly title: string
  readonly bytes: number
  readonly stream: NodeJS.WriteStream
}

function openBar({title, bytes, stream}: BarWish, state: DrawingState): Progress {
  const own: {arrived: number; isOver: boolean; bar?: SingleBar} = {arrived: 0, isOver: false}
  void import('cli-progress').then(({default: library}) => {
    if (own.isOver) return
    state.drawing ??= {bars: newBars(library, stream), open: 0}
    state.drawing.open += 1
    own.bar = state.drawing.bars.create(bytes, own.arrived, {title, size: formatSize(bytes)})
  })
  return {
    advance(more) {
      own.arrived += more
      own.bar?.update(own.arrived)
    },
    end() {
      own.isOver = true
      if (own.bar !== undefined) leave(state)
    }
  }
}

/** The last one that leaves takes the bars away; what was written meanwhile stays. */
function leave(state: DrawingState): void {
  const {drawing} = state
  if (drawing === undefined) return
  drawing.open -= 1
  if (drawing.open > 0) return
  state.drawing = undefined
  drawing.bars.update()
  drawing.bars.stop()
}

function newBars(library: typeof CliProgress, stream: NodeJS.WriteStream): MultiBar {
  return new library.MultiBar(
    {
      stream,
      format: '{bar} {percentage} % of {size}  {title}',
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      // A signal ends the run in its own way, which puts back what was moved.
      gracefulExit: false
    },
    library.Presets.shades_classic
  )
}
